"""Finding e-mail content by its properties: the reference's advanced query, and filters of its list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waystage.ground.errors import ValueNotAllowed
from waystage.operations.property_filters import Scalar, Values, fits, rank
from waystage.spec import criteria_tree as c
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
    dates = {name for name, place in places.items() if place in _DATES}
    paths = sorted({place for place in places.values() if isinstance(place, tuple)})
    found: list[tuple[int, Values]] = []
    for columns, members in assets.properties(tx, account, paths):
        known: dict[str | tuple[str, ...], Scalar] = dict(zip(paths, members, strict=True))
        known.update(columns)
        values = {name: known[place] for name, place in places.items()}
        if fits(query.tree, values, dates, offset_minutes):
            found.append((int(columns["number"]), values))
    for name, descending in reversed(query.order):
        found.sort(key=lambda one, name=name: rank(one[1][name]), reverse=descending)  # type: ignore[misc]  # mypy cannot type a lambda's default
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
