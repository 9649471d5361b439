"""Finding folders by their properties, in the names of both of the reference's category resources."""

from __future__ import annotations

from typing import Final

from waystage.ground.errors import ValueNotAllowed
from waystage.operations.property_filters import Scalar, fits
from waystage.spec import criteria_tree as c
from waystage.store import folders
from waystage.store.folders import Folder
from waystage.store.sql import Tx

#: The properties that filters name, in lower case.
_PLACES: Final = {
    "id": "number",
    "categoryid": "number",
    "parentid": "parent",
    "parentcatid": "parent",
    "name": "name",
    "categorytype": "content_type",
    "cattype": "content_type",
    "customerkey": "key",
    "description": "description",
}


def find(tx: Tx, account: int, tree: c.Node, content_type: str | None = None) -> list[Folder]:
    """The folders that a filter means, of one content type or all of them, by number. ValueNotAllowed."""
    places = {name: _place(name) for name in (one.source.key for one in c.conditions(tree))}
    wanted = None if content_type is None else content_type.lower()
    found = []
    for folder in folders.list_folders(tx, account):
        values: dict[str, Scalar] = {name: getattr(folder, place) for name, place in places.items()}
        if wanted in {None, folder.content_type} and fits(tree, values):
            found.append(folder)
    return found


def _place(name: str) -> str:
    place = _PLACES.get(name.strip().lower())
    if place is None:
        raise ValueNotAllowed(f"{name[:60]!r} is no property of a folder.")
    return place
