"""What the documents of one business unit may refer to, read from the definition tables for the compiler."""

from __future__ import annotations

import msgspec

from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.plan.effects import Content
from waystage.spec import moments
from waystage.spec.fields import read_schema
from waystage.store.sql import Row, Tx

#: An e-mail is old when its content was not changed for so many months.
_OLD_MONTHS = 6
#: The folded type of event definitions that rows fire (journey-spec 2.2, ContactEvent).
ROW_EVENT = "contactevent"
#: What exists comes before what was deleted, and of that the newest first.
_ORDER = "CASE WHEN deleted IS NULL THEN 0 ELSE 1 END, deleted DESC, number"


def read(tx: Tx, account: int, offset_minutes: int, *, with_deleted: bool = False, now: int | None = None) -> Catalog:
    """The catalog of a business unit; `offset_minutes` is the account's zone.

    `with_deleted`: what was deleted is found too, behind what was not; versions that run may still name it. `now` tells
    which e-mails are old; without it none is.
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
        _emails(tx, account, which, _old_before(now, offset_minutes)),
        *_messages(tx, account, which),
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
    number, guid, key, type_, extension, text = row
    document = msgspec.json.decode(text)
    logs_rows = not document.get("disableDEDataLogging", False)
    return EventDefinition(number, guid, key, type_, extensions.get(extension), logs_rows, document)


def _old_before(now: int | None, offset_minutes: int) -> int | None:
    """An e-mail whose content was stored before this instant is old (journey-spec 3.10: six months)."""
    if now is None:
        return None
    return moments.add(now, -_OLD_MONTHS, moments.Unit.MONTHS, moments.fixed_zone(offset_minutes))


def _emails(tx: Tx, account: int, which: str, old_before: int | None) -> dict[int, Content]:
    rows = tx.rows(
        "SELECT a.legacy_id, c.created, c.number, c.subject, c.html, c.text"
        " FROM (SELECT legacy_id, content, deleted, number FROM asset"
        f" WHERE account = :account AND is_email = 1{which}) a JOIN content c ON c.number = a.content"
        " ORDER BY CASE WHEN a.deleted IS NULL THEN 0 ELSE 1 END, a.deleted DESC, a.number",
        account=account,
    )
    found: dict[int, Content] = {}
    for legacy_id, created, number, subject, html, text in rows:
        is_old = old_before is not None and created < old_before
        found.setdefault(legacy_id, Content(number, subject, html, text, is_old))
    return found


def _messages(tx: Tx, account: int, which: str) -> tuple[dict[int, Content], dict[int, int]]:
    """Stored messages that are no e-mails, by id, and their ids by legacyId; what exists before what was deleted."""
    rows = tx.rows(
        "SELECT a.number, a.legacy_id, c.number, c.subject, c.html, c.text FROM asset a"
        f" JOIN content c ON c.number = a.content WHERE a.account = :account AND a.is_email = 0{which}"
        " ORDER BY CASE WHEN a.deleted IS NULL THEN 0 ELSE 1 END, a.deleted DESC, a.number",
        account=account,
    )
    found = {row[0]: Content(row[2], row[3], row[4], row[5]) for row in rows}
    return found, {legacy_id: number for number, legacy_id, *_ in reversed(rows)}


def event_extension(tx: Tx, number: int) -> tuple[Extension | None, bool]:
    """The data extension of an event definition, deleted ones included, and whether its events are written there.

    Contact events are fired by rows that are written already.
    """
    row = tx.one("SELECT data_extension, document, type FROM event_definition WHERE number = :number", number=number)
    if row is None:
        return None, False
    found = tx.one(
        "SELECT number, guid, key, name, schema FROM data_extension WHERE number = :number AND deleted IS NULL",
        number=row[0],
    )
    logs_rows = not msgspec.json.decode(row[1]).get("disableDEDataLogging", False) and row[2].casefold() != ROW_EVENT
    return (_extension(found) if found else None), logs_rows
