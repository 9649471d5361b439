"""What the documents of one business unit may refer to, read from the definition tables for the compiler."""

from __future__ import annotations

import msgspec

from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.plan.effects import Content
from waystage.spec.fields import read_schema
from waystage.store.sql import Row, Tx

#: What exists comes before what was deleted, and of that the newest first.
_ORDER = "CASE WHEN deleted IS NULL THEN 0 ELSE 1 END, deleted DESC, number"


def read(tx: Tx, account: int, offset_minutes: int, *, with_deleted: bool = False) -> Catalog:
    """The catalog of a business unit; `offset_minutes` is the account's zone.

    `with_deleted`: what was deleted is found too, behind what was not; versions that run may still name it.
    """
    which = "" if with_deleted else " AND deleted IS NULL"
    rows = tx.rows(
        f"SELECT number, guid, key, name, schema FROM data_extension WHERE account = :account{which} ORDER BY {_ORDER}",
        account=account,
    )
    extensions = {row[0]: _extension(row) for row in rows}
    return Catalog(
        offset_minutes,
        _events(tx, account, extensions, which),
        tuple(extensions.values()),
        _emails(tx, account, which),
    )


def _extension(row: Row) -> Extension:
    number, guid, key, name, text = row
    declared = msgspec.json.decode(text)
    field_ids = {str(entry.get("id", "")).lower(): entry["name"] for entry in declared["fields"]}
    return Extension(number, guid, key, name, read_schema(declared), field_ids)


def _events(tx: Tx, account: int, extensions: dict[int, Extension], which: str) -> tuple[EventDefinition, ...]:
    rows = tx.rows(
        "SELECT number, guid, key, type, data_extension, document FROM event_definition"
        f" WHERE account = :account{which} ORDER BY {_ORDER}",
        account=account,
    )
    return tuple(_event(row, extensions) for row in rows)


def _event(row: Row, extensions: dict[int, Extension]) -> EventDefinition:
    number, guid, key, type_, extension, document = row
    logs_rows = not msgspec.json.decode(document).get("disableDEDataLogging", False)
    return EventDefinition(number, guid, key, type_, extensions.get(extension), logs_rows)


def _emails(tx: Tx, account: int, which: str) -> dict[int, Content]:
    rows = tx.rows(
        "SELECT a.legacy_id, c.number, c.subject, c.html, c.text"
        f" FROM (SELECT legacy_id, content, deleted, number FROM asset WHERE account = :account{which}) a"
        " JOIN content c ON c.number = a.content"
        " ORDER BY CASE WHEN a.deleted IS NULL THEN 0 ELSE 1 END, a.deleted DESC, a.number",
        account=account,
    )
    found: dict[int, Content] = {}
    for legacy_id, *content in rows:
        found.setdefault(legacy_id, Content(*content))
    return found


def event_extension(tx: Tx, number: int) -> tuple[Extension | None, bool]:
    """The data extension of an event definition and whether its rows are written there, deleted ones included."""
    row = tx.one("SELECT data_extension, document FROM event_definition WHERE number = :number", number=number)
    if row is None:
        return None, False
    found = tx.one(
        "SELECT number, guid, key, name, schema FROM data_extension WHERE number = :number AND deleted IS NULL",
        number=row[0],
    )
    logs_rows = not msgspec.json.decode(row[1]).get("disableDEDataLogging", False)
    return (_extension(found) if found else None), logs_rows
