"""Properties compared with what a query says: numbers by size, dates as instants, texts with the letters A-Z folded."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from operator import ge, gt, le, lt
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final, TypeAlias

from waystage.ground.errors import ValueNotAllowed, WrongFormat
from waystage.spec import criteria_tree as c
from waystage.spec import moments

_FOLD: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_SIZES: Final[Mapping[c.Operator, Callable[[Any, Any], bool]]] = {
    c.Operator.GREATER_THAN: gt,
    c.Operator.GREATER_THAN_OR_EQUAL: ge,
    c.Operator.LESS_THAN: lt,
    c.Operator.LESS_THAN_OR_EQUAL: le,
}

Scalar: TypeAlias = str | int | float | bool | None
Values: TypeAlias = Mapping[str, Scalar]


def fits(node: c.Node, values: Values, dates: Container[str] = (), zone: int = 0) -> bool:
    """Whether properties, by their names in the query, are as it says; those named in `dates` are ms UTC. WrongFormat.

    `zone` is the offset in minutes of dates without one.
    """
    match node:
        case c.All(parts):
            return all(fits(part, values, dates, zone) for part in parts)
        case c.Any(parts):
            return any(fits(part, values, dates, zone) for part in parts)
        case c.Condition():
            name = node.source.key
            return _tested(node, values[name], zone if name in dates else None)
        case c.Related():
            raise TypeError("a query of properties has no related rows")


_NEGATIVE: Final = {
    c.Operator.NOT_EQUAL: c.Operator.EQUAL,
    c.Operator.NOT_IN: c.Operator.IN,
    c.Operator.IS_NOT_NULL: c.Operator.IS_NULL,
}


def _tested(node: c.Condition, value: Scalar, zone: int | None) -> bool:
    """One comparison; `zone` is the offset of a date without one, None where the value is no date."""
    if node.operator in _NEGATIVE:
        return not _positive(_NEGATIVE[node.operator], node, value, zone)
    return _positive(node.operator, node, value, zone)


def _positive(operator: c.Operator, node: c.Condition, value: Scalar, zone: int | None) -> bool:
    if operator is c.Operator.IS_NULL:
        return value is None
    operands = [_operand(node.source.key, operand.text, value, zone) for operand in _literals(node)]
    if value is None:
        return False
    left = _folded(value)
    if operator in {c.Operator.EQUAL, c.Operator.IN}:
        return any(operand is not None and left == operand for operand in operands)
    (right,) = operands
    if operator in _SIZES:
        return right is not None and _SIZES[operator](left, right)
    text, part = str(left), _literals(node)[0].text.translate(_FOLD)
    if operator is c.Operator.BEGINS_WITH:
        return text.startswith(part)
    return text.endswith(part) if operator is c.Operator.ENDS_WITH else part in text


def _literals(node: c.Condition) -> list[c.Literal]:
    return [operand for operand in node.operands if isinstance(operand, c.Literal)]


def _operand(name: str, text: str, value: Scalar, zone: int | None) -> Scalar:
    """What is compared with a value, in the value's own type; None where it cannot be read as that."""
    if zone is not None:
        try:
            return moments.parse_date(text, zone)
        except (ValueError, OverflowError) as error:
            raise WrongFormat(f"{name}: {error}") from error
    if isinstance(value, bool):
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
    if isinstance(value, int | float):
        try:
            return float(text)
        except ValueError:
            return None
    return text.translate(_FOLD)


def _folded(value: Scalar) -> Scalar:
    return value.translate(_FOLD) if isinstance(value, str) else value


def rank(value: Scalar) -> tuple[int, Any]:
    """Where a value stands in an order: nothing comes first, then numbers by size, then texts."""
    if value is None:
        return (0, 0)
    return (2, value.translate(_FOLD)) if isinstance(value, str) else (1, value)


def ordered(names: Sequence[tuple[str, str]]) -> tuple[tuple[str, bool], ...]:
    """An order from pairs of property and direction; ValueNotAllowed."""
    for name, direction in names:
        if direction.lower() not in {"", "asc", "desc"}:
            raise ValueNotAllowed(f"The direction of {name[:60]!r} must be ASC or DESC, not {direction[:20]!r}.")
    return tuple((name, direction.lower() == "desc") for name, direction in names)
