"""Filters of SOAP retrieves: tests that a row of named values passes or fails (clients.md 5, "SOAP details").

Texts compare without regard to case, numbers, dates and truth values as what they are; a value that cannot be read as
what the property is fits nothing. A property without a value is null: only `isNull` and the negations pass it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element

import msgspec

from waystage.spec.envelopes import kind_of, text_of
from waystage.spec.moments import parse_date

MAX_DEPTH: Final = 32
MAX_TESTS: Final = 200
MAX_VALUES: Final = 10_000

Scalar: TypeAlias = str | int | bool | None
Row: TypeAlias = Mapping[str, Scalar]
Passes: TypeAlias = Callable[[Row], bool]


class Kind(StrEnum):
    """What a property holds, by the names of the reference."""

    TEXT = "String"
    NUMBER = "Int32"
    DATE = "DateTime"
    FLAG = "Boolean"


class Operator(StrEnum):
    """What a simple filter may ask."""

    EQUALS = "equals"
    NOT_EQUALS = "notEquals"
    IS_NULL = "isNull"
    IS_NOT_NULL = "isNotNull"
    GREATER = "greaterThan"
    GREATER_OR_EQUAL = "greaterThanOrEqual"
    LESS = "lessThan"
    LESS_OR_EQUAL = "lessThanOrEqual"
    BETWEEN = "between"
    IN = "IN"
    LIKE = "like"
    CONTAINS = "contains"
    EXISTS_IN_STRING = "existsInString"
    NOT_CONTAINS = "notContains"
    NOT_EXISTS_IN_STRING = "notExistsInString"
    EXISTS_AS_WORD = "existsInStringAsAWord"
    BEGINS_WITH = "beginsWith"
    ENDS_WITH = "endsWith"


class Simple(msgspec.Struct, frozen=True, tag=True):
    """One property under test."""

    property: str
    operator: Operator
    values: tuple[str, ...] = ()


class Joined(msgspec.Struct, frozen=True, tag=True):
    """Parts of which every one must pass, or any."""

    every: bool
    parts: tuple[Simple | Joined, ...]


Filter: TypeAlias = Simple | Joined


class FilterError(ValueError):
    """A filter that cannot be carried out; says why."""


_OPERATORS: Final = {operator.value.casefold(): operator for operator in Operator}
_NO_VALUE: Final = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL})
_NEGATIVE: Final = {
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_EXISTS_IN_STRING: Operator.CONTAINS,
    Operator.IS_NOT_NULL: Operator.IS_NULL,
}


def parse(element: Element) -> Filter:
    """The filter that a `Filter` element is; FilterError."""
    found = _part(element, 1)
    tests = list(simple_tests(found))
    if len(tests) > MAX_TESTS:
        raise FilterError(f"A filter must have at most {MAX_TESTS} simple parts.")
    if sum(len(test.values) for test in tests) > MAX_VALUES:
        raise FilterError(f"A filter must have at most {MAX_VALUES} values.")
    return found


def simple_tests(found: Filter) -> list[Simple]:
    """Every simple part."""
    if isinstance(found, Simple):
        return [found]
    return [test for part in found.parts for test in simple_tests(part)]


def _part(element: Element, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise FilterError(f"A filter must not be nested deeper than {MAX_DEPTH} parts.")
    kind = kind_of(element) or ("ComplexFilterPart" if element.find("LeftOperand") is not None else "SimpleFilterPart")
    if kind == "SimpleFilterPart":
        return _simple(element)
    if kind != "ComplexFilterPart":
        raise FilterError(f"A filter must be a SimpleFilterPart or a ComplexFilterPart, not {kind[:60]!r}.")
    word = text_of(element, "LogicalOperator").strip().upper()
    if word not in {"AND", "OR"}:
        raise FilterError(f"LogicalOperator must be AND or OR, not {word[:60]!r}.")
    sides = [element.find("LeftOperand"), element.find("RightOperand"), *element.findall("AdditionalOperands/Operand")]
    parts = [_part(side, depth + 1) for side in sides if side is not None]
    if len(parts) < len(sides):
        raise FilterError("A ComplexFilterPart must have a LeftOperand and a RightOperand.")
    return Joined(word == "AND", tuple(parts))


def _simple(element: Element) -> Simple:
    name = text_of(element, "Property").strip()
    word = text_of(element, "SimpleOperator").strip()
    if not name:
        raise FilterError("A SimpleFilterPart must have a Property.")
    operator = _OPERATORS.get(word.casefold())
    if operator is None:
        raise FilterError(f"SimpleOperator must be one of {', '.join(Operator)}, not {word[:60]!r}.")
    values = tuple(child.text or "" for child in element if child.tag in {"Value", "DateValue"})
    if operator is Operator.BETWEEN and len(values) != 2:
        raise FilterError(f"between needs two values for {name[:60]!r}, not {len(values)}.")
    if operator not in _NO_VALUE and not values:
        raise FilterError(f"{operator} needs a value for {name[:60]!r}.")
    return Simple(name, operator, values)


def prepared(found: Filter, kinds: Mapping[str, Kind], offset: int) -> Passes:
    """The filter as a function of a row; `kinds` by property, dates without a zone are `offset` minutes from UTC.

    FilterError for a property that is not among the kinds, in any letter case.
    """
    spelled = {name.casefold(): name for name in kinds}
    return _prepared(found, kinds, spelled, offset)


def _prepared(found: Filter, kinds: Mapping[str, Kind], spelled: Mapping[str, str], offset: int) -> Passes:
    if isinstance(found, Joined):
        parts = [_prepared(part, kinds, spelled, offset) for part in found.parts]
        if found.every:
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)
    name = spelled.get(found.property.casefold())
    if name is None:
        raise FilterError(f"{found.property[:60]!r} is no property to filter by.")
    positive = _NEGATIVE.get(found.operator)
    test = _test(positive or found.operator, kinds[name], found.values, offset)
    if positive is None:
        return lambda row: test(row.get(name))
    return lambda row: not test(row.get(name))


def _test(operator: Operator, kind: Kind, texts: Sequence[str], offset: int) -> Callable[[Scalar], bool]:
    if operator is Operator.IS_NULL:
        return lambda value: value is None
    if operator in _TEXTUAL:
        textual, wanted = _TEXTUAL[operator], texts[0].casefold()
        return lambda value: value is not None and textual(_written(value), wanted)
    operands = [operand for text in texts if (operand := _read(kind, text, offset)) is not None]
    if operator in {Operator.EQUALS, Operator.IN}:
        known = set(operands)
        return lambda value: value is not None and _comparable(value) in known
    if len(operands) < len(texts):
        return lambda value: False
    return _ordered(operator, operands)


def _ordered(operator: Operator, operands: Sequence[str | int]) -> Callable[[Scalar], bool]:
    """Operands and values are of one kind, so that they have an order."""
    low, high = operands[0], operands[-1]
    tests: dict[Operator, Callable[[str | int], bool]] = {
        Operator.GREATER: lambda value: value > low,  # type: ignore[operator]
        Operator.GREATER_OR_EQUAL: lambda value: value >= low,  # type: ignore[operator]
        Operator.LESS: lambda value: value < low,  # type: ignore[operator]
        Operator.LESS_OR_EQUAL: lambda value: value <= low,  # type: ignore[operator]
        Operator.BETWEEN: lambda value: low <= value <= high,  # type: ignore[operator]
    }
    test = tests[operator]
    return lambda value: value is not None and test(_comparable(value))


def _comparable(value: str | int) -> str | int:
    return value.casefold() if isinstance(value, str) else int(value)


def _written(value: str | int) -> str:
    return str(value).casefold()


def _read(kind: Kind, text: str, offset: int) -> str | int | None:
    """A value of a filter as the property's are; None for what none of them can be."""
    word = text.strip().casefold()
    if kind is Kind.TEXT:
        return text.casefold()
    if kind is Kind.FLAG:
        return {"true": 1, "1": 1, "false": 0, "0": 0}.get(word)
    try:
        return parse_date(text.strip(), offset) if kind is Kind.DATE else _whole(word)
    except ValueError:
        return None


def _whole(word: str) -> int | None:
    return int(word) if re.fullmatch("[+-]?[0-9]{1,18}", word, re.ASCII) else None


def _like(text: str, pattern: str) -> bool:
    """Whether a text has the pattern's parts in order, `%` standing for anything; without one it is looked for."""
    if "%" not in pattern:
        return pattern in text
    first, *middle, last = pattern.split("%")
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def _has_word(text: str, word: str) -> bool:
    words = "".join(sign if sign.isalnum() else " " for sign in text).split()
    return word.strip() in words


_TEXTUAL: Final[Mapping[Operator, Callable[[str, str], bool]]] = {
    Operator.LIKE: _like,
    Operator.CONTAINS: lambda text, part: part in text,
    Operator.EXISTS_IN_STRING: lambda text, part: part in text,
    Operator.EXISTS_AS_WORD: _has_word,
    Operator.BEGINS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}
