"""Writing rows after the answer (api.md 11.5): accepted as they are, then row by row; a bad row spoils no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from waystage.ground.errors import (
    AlreadyExists,
    DataExtensionNotFound,
    MissingValue,
    ValueNotAllowed,
    WaystageError,
    WrongType,
)
from waystage.ground.ids import new_guid
from waystage.operations.define_data_extension import select
from waystage.operations.row_events import RowEvents
from waystage.operations.write_rows import (
    LONGEST_CONTACT_KEY,
    GivenRow,
    check_contact_key,
    contact_key_of,
    present_rows,
    refuse_incomplete,
    row_key,
    typed,
)
from waystage.spec.fields import Stored, fill
from waystage.store import data_extensions, row_requests, rows
from waystage.store.data_extensions import DataExtension
from waystage.store.row_requests import Refusal, RowRequest
from waystage.store.rows import RowWrite
from waystage.store.sql import Tx

INSERT, UPSERT = "insert", "upsert"
PENDING, COMPLETE, FAILED = "Pending", "Complete", "Error"
#: Rows of one request at most (api.md 1.9), and how many of them are carried out in one transaction.
MOST = 32_000
PIECE = 500


def read_items(body: Mapping[str, Any]) -> list[Any]:
    """The rows of a body; what each of them is, is looked at later. MissingValue, WrongType, ValueNotAllowed."""
    items = body.get("items")
    if items is None:
        raise MissingValue("items is required.")
    if not isinstance(items, list):
        raise WrongType("items must be an array of objects.")
    if not 1 <= len(items) <= MOST:
        raise ValueNotAllowed(f"items must have 1 to {MOST} rows, not {len(items)}.")
    return items


def pieces_of(items: Sequence[Any]) -> list[tuple[int, str]]:
    """Rows in pieces: the place of the first, and their JSON."""
    encode = msgspec.json.encode
    return [(first, encode(items[first : first + PIECE]).decode()) for first in range(0, len(items), PIECE)]


def request(
    tx: Tx,
    account: int,
    selector: Mapping[str, str],
    kind: str,
    total: int,
    pieces: Sequence[tuple[int, str]],
    now: int,
) -> str:
    """Store a request to insert or upsert rows; returns its id. DataExtensionNotFound."""
    extension = select(tx, account, selector)
    guid = new_guid()
    asked = RowRequest(guid, account, extension.number, kind, PENDING, total, 0, 0, now)
    row_requests.add(tx, asked, pieces)
    return guid


def carry_out(tx: Tx, guid: str, events: RowEvents, now: int, offset: int) -> bool:
    """Carry out the next piece of a request; whether there is more of it. Running it twice does nothing twice."""
    asked = row_requests.find(tx, guid)
    if asked is None or asked.completed is not None:
        return False
    extension = data_extensions.find_numbers(tx, asked.account, [asked.extension]).get(asked.extension)
    text = row_requests.piece(tx, guid, asked.done)
    if extension is None or text is None:
        fail(tx, guid, DataExtensionNotFound(), now)
        return False
    given: list[Any] = msgspec.json.decode(text)
    refused = _store_each(tx, asked, extension, given, events, now=now, offset=offset)
    done = asked.done + len(given)
    row_requests.note(tx, asked, done, refused, now)
    if done >= asked.total:
        row_requests.end(tx, guid, COMPLETE, now)
    return done < asked.total


def fail(tx: Tx, guid: str, error: WaystageError, now: int) -> None:
    """End a request whose further rows cannot be carried out; every one of them is refused for the same reason."""
    asked = row_requests.find(tx, guid)
    if asked is None or asked.completed is not None:
        return
    refused = [Refusal(place, None, error.errorcode, error.message) for place in range(asked.done, asked.total)]
    row_requests.note(tx, asked, asked.total, refused, now)
    row_requests.end(tx, guid, FAILED, now)


@dataclass(slots=True)
class _Row:
    """One row on its way: its typed values, its key, and what is wrong with it."""

    place: int
    given: GivenRow
    errors: list[WaystageError] = field(default_factory=list)
    key: str = ""


def _store_each(
    tx: Tx,
    asked: RowRequest,
    extension: DataExtension,
    given: Sequence[Any],
    events: RowEvents,
    *,
    now: int,
    offset: int,
) -> list[Refusal]:
    """Store the good rows, in their order, and fire their events; returns the bad ones."""
    schema = extension.schema
    found = [_row(extension, asked.done + place, one, offset) for place, one in enumerate(given)]
    sound = [row for row in found if not row.errors]
    holders = _known(tx, asked, extension, sound)
    writes: list[RowWrite] = []
    for row in sound:
        values = row.given.values
        if asked.kind == INSERT and row.key in holders:
            row.errors.append(AlreadyExists("A row with this primary key exists already."))
            continue
        refuse_incomplete(schema, row.given, row.errors, known=row.key in holders)
        holder = holders.get(row.key)
        if schema.contact_field in values or row.key not in holders:
            holder = contact_key_of(values, schema.contact_field)
            check_contact_key(holder, row.given, row.errors)
        if not row.errors:
            holders[row.key] = holder
            writes.append(RowWrite(row.key, holder, values, fill(schema, values, now, offset)))
    if writes:
        rows.upsert(tx, asked.account, extension, writes, now)
        events.fire(tx, asked.account, extension, {write.key: holders[write.key] for write in writes})
    return [_refusal(extension, row) for row in found if row.errors]


def _row(extension: DataExtension, place: int, sent: object, offset: int) -> _Row:
    errors: list[WaystageError] = []
    values: dict[str, Stored] = {}
    if isinstance(sent, dict):
        values = typed(extension.schema, sent, "", errors, offset)
    else:
        errors.append(WrongType("A row must be an object of fields and values."))
    given = GivenRow("", values)
    return _Row(place, given, errors, "" if errors else row_key(extension.schema, given, errors))


def _known(tx: Tx, asked: RowRequest, extension: DataExtension, sound: Sequence[_Row]) -> dict[str, str | None]:
    """Whose the rows are that exist already among these keys; an upsert asks only where that matters."""
    schema, keys, given = extension.schema, [row.key for row in sound], [row.given for row in sound]
    if asked.kind == INSERT and schema.primary_key:
        wanted = {key: contact_key_of(row.values, schema.contact_field) for key, row in zip(keys, given, strict=True)}
        present = rows.stored(tx, asked.account, extension, wanted) if wanted else {}
    else:
        present = present_rows(tx, asked.account, extension, keys, given)
    return {key: contact_key_of(row, schema.contact_field) for key, row in present.items()}


def _refusal(extension: DataExtension, row: _Row) -> Refusal:
    holder = contact_key_of(row.given.values, extension.schema.contact_field)
    usable = holder is not None and len(holder) <= LONGEST_CONTACT_KEY
    message = " ".join(error.message for error in row.errors).replace("\0", "")
    return Refusal(row.place, holder if usable else None, row.errors[0].errorcode, message)
