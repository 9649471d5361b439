"""Reading filter criteria from their XML (journey-spec 4.1 to 4.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from waystage.spec.bindings import BindingError
from waystage.spec.bindings import parse as parse_binding
from waystage.spec.criteria_tree import (
    EVERYBODY,
    LISTS,
    NEGATIVE,
    UNARY,
    All,
    Any,
    AttributeField,
    Condition,
    CriteriaError,
    EventField,
    Literal,
    Node,
    Operand,
    Operator,
    OutputField,
    Reference,
    Related,
    RelativeMoment,
    Source,
    conditions,
    describe,
)
from waystage.spec.moments import Unit, unit_of

__all__ = [
    "EVERYBODY",
    "LISTS",
    "NEGATIVE",
    "UNARY",
    "All",
    "Any",
    "AttributeField",
    "Condition",
    "CriteriaError",
    "EventField",
    "Literal",
    "Node",
    "Operand",
    "Operator",
    "OutputField",
    "Reference",
    "Related",
    "RelativeMoment",
    "Source",
    "conditions",
    "describe",
    "parse",
]

MAX_TEXT: Final = 500_000
MAX_DEPTH: Final = 32
MAX_CONDITIONS: Final = 2_000
MAX_DAYS: Final = 366_000  # so that a relative date, whenever it is asked for, stays inside the calendar

_DAYS: Final = {Unit.WEEKS: 7, Unit.MONTHS: 31, Unit.YEARS: 366}

_OPERATORS: Final = {operator.value.casefold(): operator for operator in Operator} | {
    "equals": Operator.EQUAL,
    "notequals": Operator.NOT_EQUAL,
    "doesnotequal": Operator.NOT_EQUAL,
    "doesnotcontain": Operator.NOT_CONTAINS,
    "startswith": Operator.BEGINS_WITH,
    "greaterthanorequalto": Operator.GREATER_THAN_OR_EQUAL,
    "lessthanorequalto": Operator.LESS_THAN_OR_EQUAL,
}
_RELATIVE: Final = re.compile(r";\s*([+-])\s*;\s*([0-9]{1,9})\s*;\s*([a-z]+)\s*;?", re.IGNORECASE)


def parse(text: str) -> Node:
    """The tree of a filter; an empty text and an empty set are EVERYBODY. Raises CriteriaError with a clear message."""
    if not text.strip():
        return EVERYBODY
    if len(text) > MAX_TEXT:
        raise CriteriaError(f"The criteria must have at most {MAX_TEXT} characters, not {len(text)}.")
    root = _element(text)
    if root.tag != "FilterDefinition":
        raise CriteriaError(f"The criteria must be a FilterDefinition, not {_shown(root.tag)}.")
    if sum(1 for _ in root.iter("Condition")) > MAX_CONDITIONS:
        raise CriteriaError(f"The criteria must have at most {MAX_CONDITIONS} conditions.")
    return _joined("AND", [_node(child, 1) for child in root])


def _element(text: str) -> Element:
    try:
        root: Element = fromstring(text.strip(), forbid_dtd=True)
    except DefusedXmlException as error:
        raise CriteriaError("The criteria must not contain a document type or entities.") from error
    except (ParseError, ValueError) as error:
        raise CriteriaError(f"The criteria are no well-formed XML: {error}.") from error
    return root


def _node(element: Element, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise CriteriaError(f"The criteria must not be nested deeper than {MAX_DEPTH} sets.")
    if element.tag == "Condition":
        return _condition(element)
    if element.tag != "ConditionSet":
        raise CriteriaError(f"Expected a ConditionSet or Condition, not {_shown(element.tag)}.")
    word = element.get("Operator", "AND").strip().upper()
    if word not in {"AND", "OR"}:
        raise CriteriaError(f"The Operator of a ConditionSet must be AND or OR, not {_shown(word)}.")
    return _joined(word, _by_relationship([_node(child, depth + 1) for child in element], every=word == "AND"))


def _joined(word: str, parts: Sequence[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    return Any(tuple(parts)) if word == "OR" and parts else All(tuple(parts))


def _by_relationship(parts: Sequence[Node], *, every: bool) -> list[Node]:
    """Conditions of one set on one relationship speak of the same row: one Related, at the first's place."""
    rows: dict[str, list[Condition]] = {}
    for part in parts:
        if isinstance(part, Condition) and part.relationship:
            rows.setdefault(part.relationship, []).append(part)
    grouped: list[Node] = []
    for part in parts:
        if not isinstance(part, Condition) or not part.relationship:
            grouped.append(part)
        elif rows[part.relationship][0] is part:
            grouped.append(Related(part.relationship, tuple(rows[part.relationship]), every))
    return grouped


def _condition(element: Element) -> Condition:
    key = element.get("Key", "").strip()
    source = _source(key, is_journey_data=element.get("IsEphemeralAttribute", "").strip().lower() == "true")
    name = element.get("Operator", "").strip()
    operator = _OPERATORS.get(name.casefold())
    if operator is None:
        raise CriteriaError(f"The condition on {_shown(key)} has the unknown operator {_shown(name)}.")
    relationship, texts = _values(element)
    return Condition(source, operator, _operands(key, operator, texts), relationship)


def _source(key: str, *, is_journey_data: bool) -> Source:
    """What a Key names. Event keys contain no dots; everything else is cut at the last dot (journey-spec 4.2)."""
    names = [name.strip('"') for name in key.split(".")]
    if len(names) < 2 or not all(names):
        raise CriteriaError(f"The Key of a condition must be names with a dot between them, not {_shown(key)}.")
    root = names[0].casefold()
    # A third name tells journey data from an attribute set called Event, whoever forgot the flag.
    if root == "event" and (is_journey_data or len(names) > 2):
        return EventField("" if len(names) == 2 else names[1], ".".join(names[1 if len(names) == 2 else 2 :]), key)
    if root == "interaction" and (is_journey_data or len(names) > 2):
        return OutputField(".".join(names[1:-1]), names[-1], key)
    if is_journey_data:
        raise CriteriaError(f"Journey data must begin with Event or Interaction, not {_shown(key)}.")
    return AttributeField(".".join(names[:-1]), names[-1], key)


def _values(element: Element) -> tuple[str | None, list[str]]:
    """The relationship of a condition, if it has one, and the texts of its Values."""
    path = element.find("AttributePath")
    relationship = None if path is None else path.get("RelationshipID", "").strip().lower() or None
    return relationship, ["".join(value.itertext()).strip() for value in element.iter("Value")]


def _operands(key: str, operator: Operator, texts: Sequence[str]) -> tuple[Operand, ...]:
    if operator in UNARY:
        return ()
    parts = _split(texts[0]) if operator in LISTS and len(texts) == 1 else list(texts)
    expected = 2 if operator is Operator.BETWEEN else 1
    if len(parts) != expected and (operator not in LISTS or operator is Operator.BETWEEN or not parts):
        raise CriteriaError(
            f"{operator.value} on {_shown(key)} needs {expected} value{'s' if expected > 1 else ''}, not {len(parts)}."
        )
    return tuple(_operand(part) for part in parts)


def _split(text: str) -> list[str]:
    """The items of a list in one Value; commas inside an expression do not count."""
    if "{{" not in text:
        return [item.strip() for item in text.split(",")]
    return [item.strip() for item in re.findall(r"(?:\{\{[^{}]*\}\}|[^,])+|(?<![^,])(?=,|$)", text)]


def _operand(text: str) -> Operand:
    if "{{" in text:
        try:
            return Reference(parse_binding(text))
        except BindingError as error:
            raise CriteriaError(str(error)) from error
    if text.casefold() == "today":
        return RelativeMoment(0, Unit.DAYS, text)
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return Literal(text)
    try:
        unit = unit_of(found.group(3))
    except ValueError as error:
        raise CriteriaError(f"The relative date {_shown(text)} has an unknown unit: {error}") from error
    amount = int(found.group(2))
    if amount * _DAYS.get(unit, 1) > MAX_DAYS:
        raise CriteriaError(f"The relative date {_shown(text)} must lie within a thousand years.")
    return RelativeMoment(-amount if found.group(1) == "-" else amount, unit, text)


def _shown(text: object) -> str:
    shown = str(text)
    return f'"{shown}"' if len(shown) <= 80 else f'"{shown[:77]}..."'
