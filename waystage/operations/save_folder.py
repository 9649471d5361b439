"""Making, renaming and moving folders (clients.md 5): one tree for each content type, whose root nobody makes."""

from __future__ import annotations

from dataclasses import replace

from waystage.ground.errors import AlreadyExists, FolderNotFound, ValueNotAllowed
from waystage.ground.ids import new_guid
from waystage.store import audit, folders
from waystage.store.audit import Kind
from waystage.store.folders import Folder
from waystage.store.sql import Tx

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 4_000


def create(
    tx: Tx,
    account: int,
    name: str,
    parent: int,
    *,
    content_type: str = "",
    description: str = "",
    key: str = "",
    user: int,
    now: int,
) -> Folder:
    """Make a folder inside another one, of its content type; ValueNotAllowed, AlreadyExists.

    `content_type` may be left out, and is in any letter case.
    """
    above = _parent(tx, account, parent, content_type)
    _refuse_taken(tx, account, parent, name, 0)
    guid = new_guid()
    made = folders.insert(
        tx, account,
        Folder(0, guid, key or guid, parent, above.content_type, name, description, now, user, now, user),
    )  # fmt: skip
    audit.record(tx, account, Kind.FOLDER, "Create", str(made.number), made.key, name=name)
    return made


def update(
    tx: Tx,
    account: int,
    number: int,
    *,
    name: str | None = None,
    parent: int | None = None,
    description: str | None = None,
    key: str | None = None,
    user: int,
    now: int,
) -> Folder:
    """Change a folder; None leaves as it is. FolderNotFound, ValueNotAllowed (roots, circles), AlreadyExists."""
    before = read(tx, account, number)
    if not before.parent:
        raise ValueNotAllowed(f"The folder {before.name!r} is a root and cannot be changed.")
    above = before.parent if parent is None else parent
    if above != before.parent:
        _parent(tx, account, above, before.content_type)
        _refuse_circle(tx, account, number, above)
    after = replace(
        before,
        name=name or before.name,
        parent=above,
        description=before.description if description is None else description,
        key=key or before.key,
        modified=max(now, before.modified),
        modified_by=user,
    )
    _refuse_taken(tx, account, after.parent, after.name, number)
    folders.update(tx, account, after)
    if changes := audit.changed(_words(before), _words(after)):
        audit.record(tx, account, Kind.FOLDER, "Modify", str(number), after.key, name=after.name, changed=changes)
    return after


def read(tx: Tx, account: int, number: int) -> Folder:
    """The folder with this number; FolderNotFound."""
    found = folders.find(tx, account, number)
    if found is None:
        raise FolderNotFound
    return found


def _parent(tx: Tx, account: int, number: int, content_type: str) -> Folder:
    above = folders.find(tx, account, number)
    if above is None:
        raise ValueNotAllowed(f"There is no folder {number} to lie in.")
    if content_type and content_type.lower() != above.content_type:
        raise ValueNotAllowed(f"The folder {number} is for {above.content_type}, not for {content_type[:60]!r}.")
    return above


def _refuse_taken(tx: Tx, account: int, parent: int, name: str, number: int) -> None:
    there = folders.find_child(tx, account, parent, name)
    if there is not None and there.number != number:
        raise AlreadyExists(f"The folder {parent} has a folder {there.name!r} already.")


def _refuse_circle(tx: Tx, account: int, number: int, parent: int) -> None:
    above = {folder.number: folder.parent for folder in folders.list_folders(tx, account)}
    while parent:
        if parent == number:
            raise ValueNotAllowed("A folder cannot lie in itself.")
        parent = above[parent]


def _words(folder: Folder) -> dict[str, str | int]:
    """What can be changed of a folder, as the audit names it."""
    return {
        "name": folder.name,
        "parentId": folder.parent,
        "description": folder.description,
        "customerKey": folder.key,
    }
