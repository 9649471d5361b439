"""Event definitions: named kinds of events, kept as posted beside the columns that are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.store.sql import Row, Tx

_COLUMNS = """number, account, guid, key, type, name, data_extension, from_schema, document,
    created, created_by, modified, modified_by, deleted"""


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One stored event definition; times in ms UTC, `document` is the body without what the server owns."""

    number: int
    account: int
    guid: str
    key: str
    type: str
    name: str
    data_extension: int
    from_schema: bool
    document: dict[str, Any]
    created: int
    created_by: int
    modified: int
    modified_by: int
    deleted: int | None = None


def _read(row: Row) -> EventDefinition:
    values = list(row)
    values[7:9] = [bool(row[7]), msgspec.json.decode(row[8])]
    return EventDefinition(*values)


def _one(tx: Tx, condition: str, **values: int | str) -> EventDefinition | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM event_definition WHERE {condition}", **values)
    return None if row is None else _read(row)


def find(tx: Tx, account: int, guid: str) -> EventDefinition | None:
    """The definition with this id, unless it was deleted."""
    return _one(tx, "account = :account AND guid = :guid AND deleted IS NULL", account=account, guid=guid.lower())


def find_by_key(tx: Tx, account: int, key: str) -> EventDefinition | None:
    """The definition with this key in any letter case (contract 10), unless it was deleted."""
    return _one(
        tx, "account = :account AND key_folded = :folded AND deleted IS NULL", account=account, folded=key.casefold()
    )


def find_number(tx: Tx, number: int) -> EventDefinition | None:
    """The definition with this number, deleted ones included: versions and inbox rows name it by number."""
    return _one(tx, "number = :number", number=number)


def search(tx: Tx, account: int, name: str, limit: int, offset: int) -> tuple[int, list[EventDefinition]]:
    """How many definitions have `name` in their names (any letter case), and one page of them, last modified first."""
    part = tx.dialect.contains("name_folded", ":part")
    condition = f"account = :account AND deleted IS NULL AND {part}"
    folded = name.casefold()
    total = tx.one(f"SELECT count(*) FROM event_definition WHERE {condition}", account=account, part=folded)
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM event_definition WHERE {condition}"
        " ORDER BY modified DESC, number DESC LIMIT :limit OFFSET :offset",
        account=account,
        part=folded,
        limit=limit,
        offset=offset,
    )
    return (total[0] if total else 0), [_read(row) for row in rows]


def mentioning(tx: Tx, account: int, text: str) -> list[EventDefinition]:
    """The definitions with this text, in small letters, anywhere in their documents."""
    part = tx.dialect.contains(tx.dialect.fold("document"), ":part")
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM event_definition"
        f" WHERE account = :account AND deleted IS NULL AND {part} ORDER BY number",
        account=account,
        part=text,
    )
    return [_read(row) for row in rows]


def using(tx: Tx, account: int, data_extension: int) -> int:
    """How many event definitions write into this data extension."""
    row = tx.one(
        "SELECT count(*) FROM event_definition"
        " WHERE account = :account AND data_extension = :extension AND deleted IS NULL",
        account=account,
        extension=data_extension,
    )
    return row[0] if row else 0


def _values(definition: EventDefinition) -> dict[str, int | str]:
    return {
        "account": definition.account,
        "key": definition.key,
        "key_folded": definition.key.casefold(),
        "type": definition.type,
        "name": definition.name,
        "name_folded": definition.name.casefold(),
        "data_extension": definition.data_extension,
        "from_schema": int(definition.from_schema),
        "document": msgspec.json.encode(definition.document).decode(),
        "modified": definition.modified,
        "modified_by": definition.modified_by,
    }


def insert(tx: Tx, definition: EventDefinition) -> int:
    """Store a new definition; returns its number (the one in `definition` is ignored)."""
    row = tx.rows(
        """
        INSERT INTO event_definition (account, guid, key, key_folded, type, name, name_folded, data_extension,
            from_schema, document, created, created_by, modified, modified_by)
        VALUES (:account, :guid, :key, :key_folded, :type, :name, :name_folded, :data_extension,
            :from_schema, :document, :created, :created_by, :modified, :modified_by)
        RETURNING number
        """,
        guid=definition.guid,
        created=definition.created,
        created_by=definition.created_by,
        **_values(definition),
    )[0]
    return int(row[0])


def update(tx: Tx, definition: EventDefinition) -> None:
    """Store everything but id and creation of a definition anew."""
    tx.run(
        """
        UPDATE event_definition SET key = :key, key_folded = :key_folded, type = :type, name = :name,
            name_folded = :name_folded, data_extension = :data_extension, from_schema = :from_schema,
            document = :document, modified = :modified, modified_by = :modified_by
        WHERE account = :account AND number = :number
        """,
        number=definition.number,
        **_values(definition),
    )


def remove(tx: Tx, account: int, number: int, now: int) -> None:
    """Mark a definition as deleted at `now`; its key is free again, its number stays known."""
    tx.run(
        "UPDATE event_definition SET deleted = :now WHERE account = :account AND number = :number",
        account=account,
        number=number,
        now=now,
    )
