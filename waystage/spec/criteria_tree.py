"""Filter criteria as a tree: what the XML of a decision, goal, exit or entry filter asks for (journey-spec 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from waystage.spec.bindings import Template
from waystage.spec.moments import Unit


class CriteriaError(ValueError):
    """Criteria that cannot be read; the message names the part and what was expected."""


class Operator(Enum):
    """The comparisons of journey-spec 4.3 by their wire names."""

    EQUAL = "Equal"
    NOT_EQUAL = "NotEqual"
    GREATER_THAN = "GreaterThan"
    GREATER_THAN_OR_EQUAL = "GreaterThanOrEqual"
    LESS_THAN = "LessThan"
    LESS_THAN_OR_EQUAL = "LessThanOrEqual"
    CONTAINS = "Contains"
    NOT_CONTAINS = "NotContains"
    BEGINS_WITH = "BeginsWith"
    ENDS_WITH = "EndsWith"
    IN = "In"
    NOT_IN = "NotIn"
    BETWEEN = "Between"
    IS = "Is"
    IS_NOT = "IsNot"
    IS_NULL = "IsNull"
    IS_NOT_NULL = "IsNotNull"
    IS_EMPTY = "IsEmpty"
    IS_NOT_EMPTY = "IsNotEmpty"
    AFTER = "After"
    AT_OR_AFTER = "AtOrAfter"
    BEFORE = "Before"
    AT_OR_BEFORE = "AtOrBefore"


UNARY: Final = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL, Operator.IS_EMPTY, Operator.IS_NOT_EMPTY})
LISTS: Final = frozenset({Operator.IN, Operator.NOT_IN, Operator.BETWEEN})
NEGATIVE: Final = frozenset({Operator.NOT_EQUAL, Operator.NOT_CONTAINS, Operator.NOT_IN, Operator.IS_NOT})
"""Operators that are true of a null in a single linked row, and false where a to-many set has no row."""


@dataclass(frozen=True, slots=True)
class EventField:
    """A field of the entry or awaited event; an empty `event_key` means the entry event."""

    event_key: str
    field: str
    key: str


@dataclass(frozen=True, slots=True)
class OutputField:
    """An output of an earlier activity; an empty `activity_key` means the most recent one that has it."""

    activity_key: str
    argument: str
    key: str


@dataclass(frozen=True, slots=True)
class AttributeField:
    """A field of contact data, cut at the last dot of `key`; a set's name may itself contain dots."""

    set_name: str
    field: str
    key: str


@dataclass(frozen=True, slots=True)
class Literal:
    """An operand that stands for itself; the field's declared type says how to read it (contract 37)."""

    text: str


@dataclass(frozen=True, slots=True)
class RelativeMoment:
    """Now plus `amount` (signed) units; `text` is what was written, for a field that is no date."""

    amount: int
    unit: Unit
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An operand with bindings, resolved before the comparison."""

    binding: Template


Source = EventField | OutputField | AttributeField
Operand = Literal | RelativeMoment | Reference


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: no operand for UNARY, two for Between, one or more for In and NotIn, else one."""

    source: Source
    operator: Operator
    operands: tuple[Operand, ...] = ()
    relationship: str | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """True if one and the same row of a to-many related set satisfies every (or, if not `every`, any) part."""

    relationship: str
    parts: tuple[Condition, ...]
    every: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """True if every part is; `All(())` is true: no filter."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True if some part is; never empty."""

    parts: tuple[Node, ...]


Node = All | Any | Related | Condition

EVERYBODY: Final = All(())


def conditions(node: Node) -> Iterator[Condition]:
    """Every comparison of a tree, from left to right."""
    if isinstance(node, Condition):
        yield node
        return
    for part in node.parts:
        yield from conditions(part)


def describe(node: Node) -> str:
    """The tree in words, for explain, diff and messages: one line, the same for the same tree."""
    if isinstance(node, Condition):
        return _condition_in_words(node)
    if isinstance(node, Related):
        return f"a related row has ({_joined(node.parts, ' and ' if node.every else ' or ')})"
    if not node.parts:
        return "everybody"
    return _joined(node.parts, " and " if isinstance(node, All) else " or ")


def _joined(parts: Sequence[Node], word: str) -> str:
    words = (f"({describe(part)})" if isinstance(part, All | Any) and part.parts else describe(part) for part in parts)
    return word.join(words)


def _condition_in_words(condition: Condition) -> str:
    words = [condition.source.key, condition.operator.value]
    words.append(", ".join(operand_in_words(operand) for operand in condition.operands))
    return " ".join(filter(None, words))


def operand_in_words(operand: Operand) -> str:
    """One operand in words, as `describe` has it."""
    if isinstance(operand, Literal):
        return f'"{operand.text}"'
    if isinstance(operand, Reference):
        return str(operand.binding)
    if not operand.amount:
        return "now" if operand.unit.is_shorter_than_a_day else "today"
    side = "from now" if operand.amount > 0 else "ago"
    return f"{abs(operand.amount)} {operand.unit.value.lower()} {side}"
