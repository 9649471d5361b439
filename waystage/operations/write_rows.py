"""Writing rows of data extensions, all of a request or none (api.md 11.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waystage.ground.errors import (
    MissingValue,
    ValidationErrors,
    ValueNotAllowed,
    WaystageError,
    WrongFormat,
    WrongType,
)
from waystage.ground.ids import new_guid
from waystage.operations.body_check import as_object, error_of
from waystage.operations.define_data_extension import select
from waystage.operations.row_events import RowEvents
from waystage.spec.fields import FieldError, Schema, Stored, convert, fill, render
from waystage.store import rows
from waystage.store.data_extensions import DataExtension
from waystage.store.rows import RowWrite
from waystage.store.sql import Tx

#: More findings than this help nobody.
_MOST_FINDINGS = 50
LONGEST_CONTACT_KEY = 254


@dataclass(frozen=True, slots=True)
class GivenRow:
    """The typed values that a caller gave for one row; `place` names the row in messages."""

    place: str
    values: dict[str, Stored]


def upsert_rowset(
    tx: Tx, account: int, selector: Mapping[str, str], body: object, events: RowEvents, *, now: int, offset: int
) -> None:
    """Upsert `[{keys, values}]`; ValidationErrors names row and field of all that is wrong. `offset` in minutes."""
    if not isinstance(body, list):
        raise WrongType("The body must be an array of {keys, values} objects.")
    extension = select(tx, account, selector)
    items: list[WaystageError] = []
    given = [
        GivenRow(f"[{place}]", _values(extension.schema, entry, place, items, offset))
        for place, entry in enumerate(body)
    ]
    store_rows(tx, account, extension, given, items, events, now=now, offset=offset)


def upsert_row(
    tx: Tx,
    account: int,
    selector: Mapping[str, str],
    named: str,
    body: object,
    events: RowEvents,
    *,
    now: int,
    offset: int,
) -> dict[str, dict[str, object]]:
    """Upsert the row whose primary key the path names, `pk:value` or `pk1:value1,pk2:value2`; the stored row."""
    values = as_object(as_object(body).get("values") or {}, "values")
    extension = select(tx, account, selector)
    items: list[WaystageError] = []
    keys = _named_keys(extension.schema, named)
    given = GivenRow("", typed(extension.schema, values, "values", items, offset))
    key_values = typed(extension.schema, keys, "", items, offset)
    items.extend(
        ValueNotAllowed(f"values.{name} contradicts the primary key in the path.")
        for name in key_values
        if name in given.values and given.values[name] != key_values[name]
    )
    (key,) = store_rows(
        tx, account, extension, [GivenRow("", given.values | key_values)], items, events, now=now, offset=offset
    )
    contact = extension.contact_field
    contact_key = contact_key_of(given.values | key_values, contact.name) if contact is not None else None
    return rendered(extension.schema, rows.stored(tx, account, extension, {key: contact_key})[key], offset)


def rendered(schema: Schema, row: Mapping[str, Stored], offset: int) -> dict[str, dict[str, object]]:
    """A stored row on the wire: its primary key and its other columns."""
    values = {field: render(field, row.get(field.name), offset) for field in schema.fields}
    return {
        "keys": {field.name: value for field, value in values.items() if field.is_primary_key},
        "values": {field.name: value for field, value in values.items() if not field.is_primary_key},
    }


def store_rows(
    tx: Tx,
    account: int,
    extension: DataExtension,
    given: Sequence[GivenRow],
    items: list[WaystageError],
    events: RowEvents,
    *,
    now: int,
    offset: int,
) -> list[str]:
    """Upsert typed rows, and fire their events, unless `items` has findings; returns their keys. ValidationErrors."""
    keys = [row_key(extension.schema, row, items) for row in given]
    _settle(items)
    present = present_rows(tx, account, extension, keys, given)
    writes: list[RowWrite] = []
    holders = {key: contact_key_of(row, extension.schema.contact_field) for key, row in present.items()}
    for key, row in zip(keys, given, strict=True):
        refuse_incomplete(extension.schema, row, items, known=key in holders)
        if extension.schema.contact_field in row.values or key not in holders:
            holders[key] = contact_key_of(row.values, extension.schema.contact_field)
            check_contact_key(holders[key], row, items)
        writes.append(RowWrite(key, holders[key], row.values, fill(extension.schema, row.values, now, offset)))
    _settle(items)
    rows.upsert(tx, account, extension, writes, now)
    events.fire(tx, account, extension, {key: holders[key] for key in keys})
    return keys


def _settle(items: list[WaystageError]) -> None:
    if items:
        raise ValidationErrors(items[:_MOST_FINDINGS])


def _values(schema: Schema, entry: object, place: int, items: list[WaystageError], offset: int) -> dict[str, Stored]:
    """The typed values of one `{keys, values}` object."""
    values: dict[str, Stored] = {}
    if not isinstance(entry, dict):
        items.append(WrongType(f"[{place}] must be an object with keys and values."))
        return values
    for part in ("keys", "values"):
        sent = entry.get(part)
        if isinstance(sent, dict):
            values |= typed(schema, sent, f"[{place}].{part}", items, offset)
        elif sent is not None:
            items.append(WrongType(f"[{place}].{part} must be an object."))
    return values


def typed(
    schema: Schema, sent: Mapping[str, Any], place: str, items: list[WaystageError], offset: int
) -> dict[str, Stored]:
    """Sent values by declared name; a column that does not exist is a finding, unlike in events (api.md 11.5)."""
    values: dict[str, Stored] = {}
    lead = f"{place}." if place else ""
    for name, value in sent.items():
        field = schema.find(name)
        if field is None:
            items.append(ValueNotAllowed(f"{lead}{name} is no field of the data extension."))
        elif value is not None or field.is_nullable or field.default is None:
            try:
                values[field.name] = convert(field, value, offset)
            except FieldError as error:
                items.append(_placed(error, lead))
    return values


def _placed(error: FieldError, lead: str) -> WaystageError:
    return type(error_of(error.finding))(f"{lead}{error.field.name}: {error}")


def row_key(schema: Schema, row: GivenRow, items: list[WaystageError]) -> str:
    """The row's primary key, a fresh one without a primary key; absent parts are findings."""
    absent = [field.name for field in schema.primary_key if row.values.get(field.name) is None]
    if absent:
        items.extend(
            MissingValue(f"{row.place} {name} is required: it is part of the primary key.".lstrip()) for name in absent
        )
        return ""
    return rows.key_of(schema, row.values) or new_guid()


def present_rows(
    tx: Tx, account: int, extension: DataExtension, keys: Sequence[str], given: Sequence[GivenRow]
) -> dict[str, dict[str, Stored]]:
    """The stored rows behind incomplete ones; complete rows need no look-up."""
    schema = extension.schema
    wanted = {
        key: contact_key_of(row.values, schema.contact_field)
        for key, row in zip(keys, given, strict=True)
        if _absent(schema, row) or (extension.needs_directory and schema.contact_field not in row.values)
    }
    return rows.stored(tx, account, extension, wanted) if wanted and schema.primary_key else {}


def _absent(schema: Schema, row: GivenRow) -> list[str]:
    return [field.name for field in schema.required if field.name not in row.values]


def refuse_incomplete(schema: Schema, row: GivenRow, items: list[WaystageError], *, known: bool) -> None:
    """A row that is new must bring every required value; an update may leave them out."""
    if not known:
        items.extend(MissingValue(f"{row.place} {name} is required.".lstrip()) for name in _absent(schema, row))


def contact_key_of(values: Mapping[str, Stored], contact_field: str | None) -> str | None:
    """The contact that a row belongs to, as far as its values say."""
    value = None if contact_field is None else values.get(contact_field)
    return None if value is None else str(value)


def check_contact_key(key: str | None, row: GivenRow, items: list[WaystageError]) -> None:
    """A contact key is neither blank nor too long."""
    if key is not None and not 0 < len(key.strip()) <= LONGEST_CONTACT_KEY:
        items.append(
            ValueNotAllowed(f"{row.place} the contact key must have 1 to {LONGEST_CONTACT_KEY} characters.".lstrip())
        )


def _named_keys(schema: Schema, named: str) -> dict[str, str]:
    """The parts of `pk1:value1,pk2:value2`; a comma begins a part only where a primary key's name follows."""
    names = [re.escape(field.name) for field in schema.primary_key]
    if not names:
        raise ValueNotAllowed("The data extension has no primary key, so no row of it can be named.")
    marks = list(re.finditer(rf"(?:^|,)\s*({'|'.join(names)}):", named, re.IGNORECASE))
    if not marks or marks[0].start() != 0:
        raise WrongFormat(f"The row must be named by its primary key, such as {schema.primary_key[0].name}:value.")
    ends = [mark.start() for mark in marks[1:]] + [len(named)]
    return {mark[1]: named[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
