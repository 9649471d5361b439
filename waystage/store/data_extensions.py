"""Data extensions: named tables whose typed fields never change after they were made (design 8.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from waystage.spec.fields import Field, Schema, read_schema
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Row, Tx

_COLUMNS = "number, account, guid, key, name, schema, document, created, modified"


@dataclass(frozen=True, slots=True)
class DataExtension:
    """One stored data extension; times in ms UTC.

    `declared` is the schema as sent, every field with its `id`; `document` is the rest of the body.
    """

    number: int
    account: int
    guid: str
    key: str
    name: str
    declared: dict[str, Any]
    schema: Schema
    document: dict[str, Any]
    created: int
    modified: int

    @property
    def contact_field(self) -> Field | None:
        """The field that holds the contact key, if rows belong to contacts."""
        name = self.schema.contact_field
        return None if name is None else self.schema.find(name)

    @property
    def needs_directory(self) -> bool:
        """Whether rows have contacts but the primary key does not name them (design 8.14)."""
        key = self.schema.primary_key
        return bool(key) and self.contact_field is not None and self.contact_field not in key


@lru_cache(maxsize=2048)
def _schema(text: str) -> Schema:
    """Compiled once for each stored text: schemas are immutable."""
    return read_schema(msgspec.json.decode(text))


def _read(row: Row) -> DataExtension:
    values = list(row)
    values[5:7] = [msgspec.json.decode(row[5]), _schema(row[5]), msgspec.json.decode(row[6])]
    return DataExtension(*values)


def _one(tx: Tx, condition: str, **values: int | str) -> DataExtension | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM data_extension WHERE {condition} AND deleted IS NULL", **values)
    return None if row is None else _read(row)


def find(tx: Tx, account: int, guid: str) -> DataExtension | None:
    """The data extension with this id, unless it was deleted."""
    return _one(tx, "account = :account AND guid = :guid", account=account, guid=guid.lower())


def find_by_key(tx: Tx, account: int, key: str) -> DataExtension | None:
    """The data extension with this key in any letter case (contract 10)."""
    return _one(tx, "account = :account AND key_folded = :folded", account=account, folded=key.casefold())


def find_by_name(tx: Tx, account: int, name: str) -> DataExtension | None:
    """The data extension with this name in any letter case; names are those of attribute sets (contract 18)."""
    return _one(tx, "account = :account AND name_folded = :folded", account=account, folded=name.casefold())


def find_numbers(tx: Tx, account: int, numbers: Sequence[int]) -> dict[int, DataExtension]:
    """The data extensions among these numbers that were not deleted."""
    found: dict[int, DataExtension] = {}
    for chunk in chunks(sorted(set(numbers))):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT {_COLUMNS} FROM data_extension"
            f" WHERE account = :account AND number IN {listed} AND deleted IS NULL",
            account=account,
            **values,
        )
        found.update((row[0], _read(row)) for row in rows)
    return found


def sendable(tx: Tx, account: int) -> list[DataExtension]:
    """Every data extension whose rows belong to contacts: the attribute sets (contract 18), in the order of making."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM data_extension"
        " WHERE account = :account AND contact_field IS NOT NULL AND deleted IS NULL ORDER BY number",
        account=account,
    )
    return [_read(row) for row in rows]


def search(tx: Tx, account: int, name: str, limit: int, offset: int) -> tuple[int, list[DataExtension]]:
    """How many data extensions have `name` in their names, and one page of them, by name."""
    condition = f"account = :account AND deleted IS NULL AND {tx.dialect.contains('name_folded', ':part')}"
    folded = name.casefold()
    total = tx.one(f"SELECT count(*) FROM data_extension WHERE {condition}", account=account, part=folded)
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM data_extension WHERE {condition}"
        " ORDER BY name_folded, number LIMIT :limit OFFSET :offset",
        account=account,
        part=folded,
        limit=limit,
        offset=offset,
    )
    return (total[0] if total else 0), [_read(row) for row in rows]


def following(tx: Tx, account: int, after: int, limit: int) -> list[DataExtension]:
    """At most `limit` data extensions with numbers greater than `after`, in the order of making."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM data_extension"
        " WHERE account = :account AND number > :after AND deleted IS NULL ORDER BY number LIMIT :limit",
        account=account,
        after=after,
        limit=limit,
    )
    return [_read(row) for row in rows]


def insert(tx: Tx, extension: DataExtension) -> int:
    """Store a new data extension; returns its number (the one in `extension` is ignored)."""
    row = tx.rows(
        """
        INSERT INTO data_extension (account, guid, key, key_folded, name, name_folded, schema, contact_field,
            document, created, modified)
        VALUES (:account, :guid, :key, :key_folded, :name, :name_folded, :schema, :contact_field,
            :document, :created, :modified)
        RETURNING number
        """,
        account=extension.account,
        guid=extension.guid,
        key=extension.key,
        key_folded=extension.key.casefold(),
        name=extension.name,
        name_folded=extension.name.casefold(),
        schema=msgspec.json.encode(extension.declared).decode(),
        contact_field=extension.schema.contact_field,
        document=msgspec.json.encode(extension.document).decode(),
        created=extension.created,
        modified=extension.modified,
    )[0]
    return int(row[0])


def update(tx: Tx, extension: DataExtension) -> None:
    """Store key, name and document of a data extension anew; its fields never change."""
    tx.run(
        """
        UPDATE data_extension SET key = :key, key_folded = :key_folded, name = :name, name_folded = :name_folded,
            document = :document, modified = :modified
        WHERE account = :account AND number = :number
        """,
        account=extension.account,
        number=extension.number,
        key=extension.key,
        key_folded=extension.key.casefold(),
        name=extension.name,
        name_folded=extension.name.casefold(),
        document=msgspec.json.encode(extension.document).decode(),
        modified=extension.modified,
    )


def remove(tx: Tx, account: int, number: int, now: int) -> None:
    """Mark a data extension as deleted at `now`; its rows are cleared by `store.rows`."""
    tx.run(
        "UPDATE data_extension SET deleted = :now WHERE account = :account AND number = :number",
        account=account,
        number=number,
        now=now,
    )
