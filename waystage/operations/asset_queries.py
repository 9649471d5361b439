"""Finding e-mail content by its properties: the reference's advanced query, and filters of its list.

Properties are compared by their own type: numbers by size, dates as instants, texts with the letters A-Z folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final, TypeAlias

from waystage.ground.errors import ValueNotAllowed, WrongFormat
from waystage.spec import criteria_tree as c
from waystage.spec import moments
from waystage.store import assets
from waystage.store.assets import Asset
from waystage.store.sql import Tx

#: Properties that lie in columns of their own, and how other spellings lie in the document; names in lower case.
_COLUMNS: Final = {
    "id": "number",
    "customerkey": "key",
    "objectid": "guid",
    "name": "name",
    "legacydata.legacyid": "legacy_id",
    "data.email.legacy.legacyid": "legacy_id",
    "createddate": "created",
    "modifieddate": "modified",
    "createdby.id": "created_by",
    "modifiedby.id": "modified_by",
}
_DATES: Final = frozenset({"created", "modified"})
_SPELLINGS: Final = {
    "assettype.id": "assetType.id",
    "assettype.name": "assetType.name",
    "category.id": "category.id",
    "description": "description",
    "content": "views.html.content",
}
#: How deep a property may lie, and how long its name may be.
_DEEPEST, _LONGEST = 8, 200
_FOLD: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_SIZES: Final[Mapping[c.Operator, Callable[[Any, Any], bool]]] = {
    c.Operator.GREATER_THAN: gt,
    c.Operator.GREATER_THAN_OR_EQUAL: ge,
    c.Operator.LESS_THAN: lt,
    c.Operator.LESS_THAN_OR_EQUAL: le,
}

Scalar: TypeAlias = str | int | float | bool | None
Values: TypeAlias = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class AssetQuery:
    """Which assets are meant, and in which order: properties and whether they descend; () is as they were made."""

    tree: c.Node
    order: tuple[tuple[str, bool], ...] = ()


def search(
    tx: Tx, account: int, query: AssetQuery, limit: int, offset: int, offset_minutes: int
) -> tuple[int, list[Asset]]:
    """How many assets are meant, and one page of them. ValueNotAllowed, WrongFormat.

    What is not asked for is not read: contents are large.
    """
    names = [one.source.key for one in c.conditions(query.tree)] + [name for name, _ in query.order]
    places = {name: _place(name) for name in names}
    paths = sorted({place for place in places.values() if isinstance(place, tuple)})
    found: list[tuple[int, Values]] = []
    for columns, members in assets.properties(tx, account, paths):
        known: dict[str | tuple[str, ...], Scalar] = dict(zip(paths, members, strict=True))
        known.update(columns)
        values = {name: known[place] for name, place in places.items()}
        if _fits(query.tree, values, places, offset_minutes):
            found.append((int(columns["number"]), values))
    for name, descending in reversed(query.order):
        found.sort(key=lambda one, name=name: _rank(one[1][name]), reverse=descending)  # type: ignore[misc]  # mypy cannot type a lambda's default
    numbers = [number for number, _ in found[offset : offset + limit]]
    stored = assets.find_numbers(tx, account, numbers)
    return len(found), [stored[number] for number in numbers if number in stored]


def _place(name: str) -> str | tuple[str, ...]:
    """The column of a property, or its way through the document."""
    folded = name.strip().lower()
    if folded in _COLUMNS:
        return _COLUMNS[folded]
    path = tuple(_SPELLINGS.get(folded, name.strip()).split("."))
    if len(name) > _LONGEST or len(path) > _DEEPEST or not all(path) or "\0" in name:
        raise ValueNotAllowed(f"{name[:60]!r} is no property of an asset.")
    return path


def _fits(node: c.Node, values: Values, places: Mapping[str, str | tuple[str, ...]], offset_minutes: int) -> bool:
    match node:
        case c.All(parts):
            return all(_fits(part, values, places, offset_minutes) for part in parts)
        case c.Any(parts):
            return any(_fits(part, values, places, offset_minutes) for part in parts)
        case c.Condition():
            name = node.source.key
            return _tested(node, values[name], offset_minutes if places[name] in _DATES else None)
        case c.Related():
            raise TypeError("a query of assets has no related rows")


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


def _rank(value: Scalar) -> tuple[int, Any]:
    """Nothing comes first, then numbers by size, then texts."""
    if value is None:
        return (0, 0)
    return (2, value.translate(_FOLD)) if isinstance(value, str) else (1, value)


def ordered(names: Sequence[tuple[str, str]]) -> tuple[tuple[str, bool], ...]:
    """An order from pairs of property and direction; ValueNotAllowed."""
    for name, direction in names:
        if direction.lower() not in {"", "asc", "desc"}:
            raise ValueNotAllowed(f"The direction of {name[:60]!r} must be ASC or DESC, not {direction[:20]!r}.")
    return tuple((name, direction.lower() == "desc") for name, direction in names)
