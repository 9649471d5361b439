"""The body of an advanced asset query (reference, POST content/assets/query): query, page, sort, fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from waystage.ground.errors import MissingValue, ValueNotAllowed, WrongFormat, WrongType
from waystage.operations.asset_queries import AssetQuery
from waystage.operations.body_check import as_object
from waystage.operations.property_filters import ordered
from waystage.spec import filter_text
from waystage.spec.criteria_tree import All, AttributeField, Condition, Literal, Node, Operator
from waystage.spec.criteria_tree import Any as Either

#: Comparisons that one query may have.
MOST_TERMS: Final = 200
#: Values of a list, and properties of an order.
MOST_VALUES, MOST_ORDERED = 500, 10

_SIMPLE: Final = {
    "equal": Operator.EQUAL,
    "equals": Operator.EQUAL,
    "notequal": Operator.NOT_EQUAL,
    "notequals": Operator.NOT_EQUAL,
    "lessthan": Operator.LESS_THAN,
    "lessthanorequal": Operator.LESS_THAN_OR_EQUAL,
    "lessthanorequals": Operator.LESS_THAN_OR_EQUAL,
    "greaterthan": Operator.GREATER_THAN,
    "greaterthanorequal": Operator.GREATER_THAN_OR_EQUAL,
    "greaterthanorequals": Operator.GREATER_THAN_OR_EQUAL,
    "startswith": Operator.BEGINS_WITH,
    "beginswith": Operator.BEGINS_WITH,
    "endswith": Operator.ENDS_WITH,
}
_LISTS: Final = {"in": Operator.IN, "notin": Operator.NOT_IN}
_UNARY: Final = {"isnull": Operator.IS_NULL, "isnotnull": Operator.IS_NOT_NULL}
#: Operators that look for the words of their value.
_WORDS: Final[Mapping[str, Callable[[tuple[Node, ...]], Node]]] = {"contains": Either, "mustcontain": All}
_KNOWN: Final = (*_SIMPLE, *_LISTS, *_UNARY, *_WORDS, "like")


def read_query(body: Mapping[str, Any]) -> AssetQuery:
    """The query of a body; MissingValue, WrongType, ValueNotAllowed name the place."""
    if body.get("query") is None:
        raise MissingValue("query is required.")
    tree = _node(body["query"], "query", [0])
    return AssetQuery(tree, _order(body.get("sort")))


def read_fields(body: Mapping[str, Any]) -> list[str]:
    """The properties that are to be shown; WrongType."""
    fields = body.get("fields")
    if fields is None:
        return []
    if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
        raise WrongType("fields must be an array of texts.")
    return fields


def _order(sort: object) -> tuple[tuple[str, bool], ...]:
    entries = [sort] if isinstance(sort, dict) else sort or []
    if not isinstance(entries, list):
        raise WrongType("sort must be an array of {property, direction} objects.")
    if len(entries) > MOST_ORDERED:
        raise ValueNotAllowed(f"sort must not name more than {MOST_ORDERED} properties.")
    pairs = []
    for place, entry in enumerate(entries):
        named = as_object(entry, f"sort[{place}]")
        pairs.append((_text(named, "property", f"sort[{place}]"), str(named.get("direction") or "")))
    return ordered(pairs)


def _node(given: object, place: str, terms: list[int]) -> Node:
    """One part of the tree; `terms` counts the comparisons."""
    node = as_object(given, place)
    if "logicalOperator" not in node and "leftOperand" not in node:
        terms[0] += 1
        if terms[0] > MOST_TERMS:
            raise ValueNotAllowed(f"query has more than {MOST_TERMS} comparisons.")
        return _comparison(node, place)
    word = _text(node, "logicalOperator", place).upper()
    if word not in {"AND", "OR"}:
        raise ValueNotAllowed(f"{place}.logicalOperator must be AND or OR, not {word[:20]!r}.")
    for side in ("leftOperand", "rightOperand"):
        if node.get(side) is None:
            raise MissingValue(f"{place}.{side} is required.")
    parts = tuple(_node(node[side], f"{place}.{side}", terms) for side in ("leftOperand", "rightOperand"))
    return All(parts) if word == "AND" else Either(parts)


def _comparison(node: Mapping[str, Any], place: str) -> Node:
    name = _text(node, "property", place)
    field = AttributeField("", name, name)
    word = _text(node, "simpleOperator", place).lower()
    if word not in _KNOWN:
        raise ValueNotAllowed(f"{place}.simpleOperator must be one of {', '.join(_KNOWN)}, not {word[:20]!r}.")
    if word in _UNARY:
        return Condition(field, _UNARY[word])
    if word in _LISTS:
        return Condition(field, _LISTS[word], tuple(Literal(value) for value in _listed(node, place)))
    value = _scalar(node.get("value"), f"{place}.value")
    if word == "like":
        try:
            return filter_text.like(field, value)
        except filter_text.FilterError as error:
            raise WrongFormat(f"{place}.value: {error}") from error
    if word in _WORDS:
        parts = tuple(Condition(field, Operator.CONTAINS, (Literal(part),)) for part in value.split() or [""])
        return _WORDS[word](parts)
    return Condition(field, _SIMPLE[word], (Literal(value),))


def _listed(node: Mapping[str, Any], place: str) -> Sequence[str]:
    """A list of values: `values`, a list as `value`, or a text with commas."""
    values = node.get("values", node.get("value"))
    if isinstance(values, str):
        values = [part.strip() for part in values.split(",")]
    if not isinstance(values, list):
        values = [values]
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueNotAllowed(f"{place}.values must have 1 to {MOST_VALUES} entries.")
    return [_scalar(value, f"{place}.values") for value in values]


def _scalar(value: object, place: str) -> str:
    if value is None:
        raise MissingValue(f"{place} is required.")
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise WrongType(f"{place} must be text, a number, true or false.")
    return str(value)


def _text(node: Mapping[str, Any], name: str, place: str) -> str:
    value = node.get(name)
    if value is None or value == "":
        raise MissingValue(f"{place}.{name} is required.")
    if not isinstance(value, str):
        raise WrongType(f"{place}.{name} must be text.")
    return value
