"""Creating and changing contacts by attribute sets (api.md 11.6, contract 18)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waystage.ground.errors import (
    ContactNotFound,
    MissingValue,
    ValidationErrors,
    ValueNotAllowed,
    WaystageError,
    WrongType,
)
from waystage.operations.body_check import BodyCheck, error_of
from waystage.operations.row_events import RowEvents
from waystage.operations.write_rows import LONGEST_CONTACT_KEY, GivenRow, store_rows
from waystage.spec.fields import FieldError, Schema, Stored, convert
from waystage.store import contacts, data_extensions
from waystage.store.contacts import BUILT_IN, BuiltIn, Contact
from waystage.store.data_extensions import DataExtension
from waystage.store.sql import Tx

_LARGEST_ID = 2**53


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a call: `rows` counts the contact, if it is new, and every attribute set item."""

    key: str
    contact_id: int
    created: bool
    rows: int


@dataclass(slots=True)
class _Given:
    """The attribute sets of a body: built-in ones merged by name, rows by data extension."""

    built_in: dict[str, dict[str, Stored]] = field(default_factory=dict)
    rows: list[tuple[DataExtension, list[GivenRow]]] = field(default_factory=list)


def create(tx: Tx, account: int, body: Mapping[str, Any], events: RowEvents, *, now: int, offset: int) -> Saved:
    """Make a contact, or change it if it exists; a deleted one is made anew (contract 39). ValidationErrors."""
    check = BodyCheck(body)
    key, wanted = _named(check)
    check.settle()
    found = _find(tx, account, key, wanted)
    if found is None and key is None:
        raise ContactNotFound
    key = found.key if found is not None else key or ""
    given = _read_sets(tx, account, key, check, offset)
    check.settle()
    is_new = found is None or found.deleted is not None
    lane, number = contacts.ensure(tx, account, [key], now)[key]
    if found is not None and found.deleted is not None:
        contacts.revive(tx, lane, number, now)
    stored = found.attributes if found is not None and not is_new else {}
    contact = Contact(lane, number, key, now, None, stored)
    written = _write(tx, account, contact, given, events, now=now, offset=offset)
    return Saved(key, contacts.contact_id(lane, number), is_new, written + is_new)


def update(tx: Tx, account: int, body: Mapping[str, Any], events: RowEvents, *, now: int, offset: int) -> Saved:
    """Change a contact that exists; ContactNotFound, ValidationErrors."""
    check = BodyCheck(body)
    key, wanted = _named(check)
    check.settle()
    found = _find(tx, account, key, wanted)
    given = _read_sets(tx, account, found.key if found is not None else key or "", check, offset)
    check.settle()
    if found is None or found.deleted is not None:
        raise ContactNotFound
    written = _write(tx, account, found, given, events, now=now, offset=offset)
    return Saved(found.key, contacts.contact_id(found.lane, found.number), created=False, rows=written)


def _named(check: BodyCheck) -> tuple[str | None, int | None]:
    """The contact's key, or its id where the body has no key."""
    key = check.text("contactKey", longest=LONGEST_CONTACT_KEY)
    wanted = check.whole("contactID", 0, _LARGEST_ID)
    if not (key or "").strip() and wanted is None:
        check.refuse(MissingValue("contactKey is required."))
    return key or None, wanted


def _find(tx: Tx, account: int, key: str | None, wanted: int | None) -> Contact | None:
    if key is not None:
        return contacts.find(tx, account, [key]).get(key)
    return contacts.find_id(tx, account, wanted or 0)


def _read_sets(tx: Tx, account: int, key: str, check: BodyCheck, offset: int) -> _Given:
    given = _Given()
    for place, sent in enumerate(check.items_of("attributeSets") or []):
        path = f"attributeSets[{place}]"
        if not isinstance(sent, dict):
            check.refuse(WrongType(f"{path} must be an object."))
            continue
        inner = BodyCheck(sent, f"{path}.", check.items)
        name = inner.text("name", required=True)
        items = inner.items_of("items") or []
        target = None if name is None else _target(tx, account, name)
        if isinstance(target, BuiltIn):
            _read_built_in(given, target, items, inner, offset)
        elif target is not None:
            given.rows.append((target, _read_rows(target, key, items, inner, offset)))
        elif name is not None:
            check.refuse(ValueNotAllowed(f"{path}.name: there is no attribute set {name[:100]!r}."))
    return given


def _target(tx: Tx, account: int, name: str) -> BuiltIn | DataExtension | None:
    """The attribute set with this name: a built-in one, or a data extension with a sendable field (contract 18)."""
    built_in = BUILT_IN.get(name.casefold())
    if built_in is not None:
        return built_in
    extension = data_extensions.find_by_name(tx, account, name)
    return extension if extension is not None and extension.contact_field is not None else None


def _read_built_in(given: _Given, target: BuiltIn, items: list[Any], check: BodyCheck, offset: int) -> None:
    if len(items) > 1:
        check.refuse(ValueNotAllowed(f"{check.path('items')}: {target.name} holds one item for each contact."))
    for place, item in enumerate(items[:1]):
        values = _read_item(target.schema, item, f"{check.path('items')}[{place}]", check, offset)
        given.built_in.setdefault(target.name, {}).update(values)


def _read_rows(target: DataExtension, key: str, items: list[Any], check: BodyCheck, offset: int) -> list[GivenRow]:
    """One row for each item; the field that holds the contact key is this contact's, whatever is left out."""
    read = []
    holder = target.schema.contact_field or ""
    for place, item in enumerate(items):
        path = f"{check.path('items')}[{place}]"
        values = _read_item(target.schema, item, path, check, offset)
        if values.get(holder, key) != key and str(values[holder]) != key:
            check.refuse(ValueNotAllowed(f"{path}: {holder} must be the contact's key or be left out."))
        read.append(GivenRow(path, _with_contact(target, values, key, check, path)))
    return read


def _with_contact(
    target: DataExtension, values: dict[str, Stored], key: str, check: BodyCheck, path: str
) -> dict[str, Stored]:
    holder = target.contact_field
    if holder is None or holder.name in values:
        return values
    try:
        return values | {holder.name: convert(holder, key)}
    except FieldError as error:
        check.refuse(type(error_of(error.finding))(f"{path}: {error}"))
        return values


def _read_item(schema: Schema, item: object, path: str, check: BodyCheck, offset: int) -> dict[str, Stored]:
    """The typed values of `{values: [{name, value}]}`."""
    values: dict[str, Stored] = {}
    sent = item.get("values") if isinstance(item, dict) else None
    if not isinstance(sent, list):
        check.refuse(WrongType(f"{path}.values must be an array of {{name, value}} objects."))
        return values
    for place, pair in enumerate(sent):
        where = f"{path}.values[{place}]"
        name = pair.get("name") if isinstance(pair, dict) else None
        column = schema.find(name) if isinstance(name, str) else None
        if column is None:
            check.refuse(_no_field(where, name))
            continue
        try:
            values[column.name] = convert(column, pair.get("value"), offset)
        except FieldError as error:
            check.refuse(type(error_of(error.finding))(f"{where}: {error}"))
    return values


def _no_field(where: str, name: object) -> WaystageError:
    if not isinstance(name, str):
        return WrongType(f"{where}.name must be text.")
    return ValueNotAllowed(f"{where}: the attribute set has no field {name[:100]!r}.")


def _write(tx: Tx, account: int, contact: Contact, given: _Given, events: RowEvents, *, now: int, offset: int) -> int:
    if given.built_in:
        attributes = contacts.merged(contact.attributes, given.built_in)
        contacts.save_attributes(tx, contact.lane, contact.number, attributes)
        events.changed(tx, account, [contact.key])
    findings: list[WaystageError] = []
    by_extension: defaultdict[int, list[GivenRow]] = defaultdict(list)
    extensions = {extension.number: extension for extension, _ in given.rows}
    for extension, read in given.rows:
        by_extension[extension.number].extend(read)
    for number, read in sorted(by_extension.items()):
        store_rows(tx, account, extensions[number], read, findings, events, now=now, offset=offset)
    if findings:
        raise ValidationErrors(findings)
    return len(given.built_in) + sum(len(read) for read in by_extension.values())
