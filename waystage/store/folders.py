"""Folders of a business unit, by content type: the roots, which nobody makes, and those that were made below them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from waystage.ground.ids import guid_from
from waystage.store.sql import Row, Tx

#: The root of journeys; documents that name no folder lie in it.
JOURNEYS = 1
#: Every content type and the name of its root, as files that were exported from the hosted product name it. They are
#: numbered from 1 in this order: append only, documents hold the numbers.
ROOTS: tuple[tuple[str, str], ...] = (
    ("journey", "my journeys"),
    ("dataextension", "Data Extensions"),
    ("asset", "Content Builder"),
    ("email", "my emails"),
    ("list", "my lists"),
    ("mysubs", "my subscribers"),
    ("publication", "Publication Lists"),
    ("suppression_list", "Suppression Lists"),
    ("contextual_suppression_list", "Auto-Suppression Configuration"),
    ("triggered_send", "Triggered Sends"),
    ("triggered_send_journeybuilder", "Journey Builder Sends"),
    ("automations", "my automations"),
    ("queryactivity", "Query"),
    ("ssjsactivity", "Scripts"),
    ("filterdefinition", "Data Filters"),
)
CONTENT_TYPES = tuple(content_type for content_type, _ in ROOTS)
#: What was made is numbered behind every root there may ever be.
_FIRST_MADE = 1_000

_COLUMNS = "number, guid, key, parent, content_type, name, description, created, created_by, modified, modified_by"


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder; `parent` is the number of another one, 0 for a root. Times in ms UTC."""

    number: int
    guid: str
    key: str
    parent: int
    content_type: str
    name: str
    description: str
    created: int
    created_by: int
    modified: int
    modified_by: int


def _roots(tx: Tx, account: int) -> list[Folder]:
    """One for each content type, as old as the business unit."""
    row = tx.one("SELECT created FROM business_unit WHERE account = :account", account=account)
    at = int(row[0]) if row else 0
    return [
        Folder(
            number, guid_from(account, "folder", content_type), f"{content_type}_default", 0, content_type, name, "",
            created=at, created_by=0, modified=at, modified_by=0,
        )
        for number, (content_type, name) in enumerate(ROOTS, 1)
    ]  # fmt: skip


def _read(row: Row) -> Folder:
    folder = Folder(*row)
    return replace(folder, number=folder.number + _FIRST_MADE)


def list_folders(tx: Tx, account: int) -> list[Folder]:
    """Every folder by its number, the roots first; a parent always stands before what lies in it."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM folder WHERE account = :account ORDER BY number", account=account)
    return [*_roots(tx, account), *map(_read, rows)]


def find(tx: Tx, account: int, number: int) -> Folder | None:
    """The folder with this number."""
    if number <= _FIRST_MADE:
        return next((root for root in _roots(tx, account) if root.number == number), None)
    row = tx.one(
        f"SELECT {_COLUMNS} FROM folder WHERE account = :account AND number = :number",
        account=account,
        number=number - _FIRST_MADE,
    )
    return None if row is None else _read(row)


def find_child(tx: Tx, account: int, parent: int, name: str) -> Folder | None:
    """What lies in a folder under this name in any letter case."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM folder WHERE account = :account AND parent = :parent AND name_folded = :folded",
        account=account,
        parent=parent,
        folded=name.casefold(),
    )
    return None if row is None else _read(row)


def insert(tx: Tx, account: int, folder: Folder) -> Folder:
    """Store a new folder; its number is given by the database."""
    row = tx.rows(
        """
        INSERT INTO folder (account, guid, key, parent, content_type, name, name_folded, description,
            created, created_by, modified, modified_by)
        VALUES (:account, :guid, :key, :parent, :content_type, :name, :folded, :description,
            :created, :created_by, :modified, :modified_by)
        RETURNING number
        """,
        account=account,
        guid=folder.guid,
        key=folder.key,
        parent=folder.parent,
        content_type=folder.content_type,
        name=folder.name,
        folded=folder.name.casefold(),
        description=folder.description,
        created=folder.created,
        created_by=folder.created_by,
        modified=folder.modified,
        modified_by=folder.modified_by,
    )[0]
    return replace(folder, number=int(row[0]) + _FIRST_MADE)


def update(tx: Tx, account: int, folder: Folder) -> None:
    """Store name, place, key and description of a folder anew."""
    tx.run(
        """
        UPDATE folder SET key = :key, parent = :parent, name = :name, name_folded = :folded,
            description = :description, modified = :modified, modified_by = :modified_by
        WHERE account = :account AND number = :number
        """,
        account=account,
        number=folder.number - _FIRST_MADE,
        key=folder.key,
        parent=folder.parent,
        name=folder.name,
        folded=folder.name.casefold(),
        description=folder.description,
        modified=folder.modified,
        modified_by=folder.modified_by,
    )
