"""Making, reading and deleting data extensions (contract, our resources; event schemas: journey-spec 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from waystage.ground.errors import (
    AlreadyExists,
    DataExtensionNotFound,
    MissingValue,
    NotValidNow,
    ValidationErrors,
    WaystageError,
)
from waystage.ground.ids import new_guid
from waystage.operations.body_check import BodyCheck, as_object, error_of
from waystage.spec.fields import Schema, SchemaError, check_defaults, read_schema
from waystage.store import audit, data_extensions, event_definitions, rows
from waystage.store.audit import Kind
from waystage.store.contacts import BUILT_IN
from waystage.store.data_extensions import DataExtension
from waystage.store.sql import Tx

LONGEST_KEY = 200
LONGEST_NAME = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: What the schema column holds; everything else of a body is kept in the document.
_DECLARED = frozenset({"fields", "isSendable", "sendableCustomObjectField", "sendableSubscriberField"})
_SERVER_OWNED = frozenset({"id", "name", "key", "createdDate", "modifiedDate", "fieldCount", "rowCount"})


def create(tx: Tx, account: int, body: object, now: int) -> DataExtension:
    """Store a new data extension; AlreadyExists for a taken id, key or name, ValidationErrors."""
    given = as_object(body)
    check = BodyCheck(given)
    name = check.text("name", required=True, longest=LONGEST_NAME)
    key = check.text("key", longest=LONGEST_KEY)
    guid = check.guid("id")
    check.text("description")
    if check.flag("isSendable") and not given.get("sendableCustomObjectField"):
        check.refuse(MissingValue("sendableCustomObjectField is required where isSendable is true."))
    schema, declared = _schema(given, "", check.items)
    check.settle()
    guid = guid or new_guid()
    document = {member: value for member, value in given.items() if member not in _DECLARED | _SERVER_OWNED}
    return _store(tx, DataExtension(0, account, guid, key or guid, name or "", declared, schema, document, now, now))


def from_event_schema(
    tx: Tx, account: int, event_name: str, raw: Mapping[str, Any], guid: str | None, *, now: int
) -> DataExtension:
    """The data extension that an event definition's schema describes; its key is its id (contract).

    It is named after the event and the instant, or, in an exported document with an id, as that document says.
    """
    items: list[WaystageError] = []
    schema, declared = _schema(raw, "schema", items)
    if items:
        raise ValidationErrors(items)
    name = _free_name(tx, account, event_name, raw.get("name") if guid else None, now)
    guid = guid or new_guid()
    return _store(tx, DataExtension(0, account, guid, guid, name, declared, schema, {}, now, now))


def select(tx: Tx, account: int, selector: Mapping[str, str]) -> DataExtension:
    """The data extension that a path names by `key` or `id`; DataExtensionNotFound."""
    if "key" in selector:
        found = data_extensions.find_by_key(tx, account, selector["key"])
    else:
        found = data_extensions.find(tx, account, selector["id"])
    if found is None:
        raise DataExtensionNotFound
    return found


def list_all(tx: Tx, account: int, name: str, limit: int, offset: int) -> tuple[int, list[DataExtension]]:
    """How many data extensions have `name` in their names, and one page of them, by name."""
    return data_extensions.search(tx, account, name, limit, offset)


def remove(tx: Tx, account: int, selector: Mapping[str, str], now: int) -> None:
    """Delete a data extension and all its rows; NotValidNow while an event definition writes into it."""
    extension = select(tx, account, selector)
    if event_definitions.using(tx, account, extension.number):
        raise NotValidNow("The data extension is used by an event definition; delete that first.")
    data_extensions.remove(tx, account, extension.number, now)
    rows.clear(tx, extension.number)
    audit.record(tx, account, Kind.DATA_EXTENSION, "Delete", extension.guid, extension.key, name=extension.name)


def _schema(raw: Mapping[str, Any], path: str, items: list[WaystageError]) -> tuple[Schema, dict[str, Any]]:
    """The compiled schema and its declaration with a GUID for every field; faults are added to `items`."""
    try:
        schema = read_schema(raw, path)
    except SchemaError as error:
        items.extend(error_of(finding) for finding in error.findings)
        return Schema(()), {}
    items.extend(error_of(finding) for finding in check_defaults(schema, path))
    declared = {member: value for member, value in raw.items() if member in _DECLARED}
    fields = []
    for place, entry in enumerate(raw["fields"]):
        given = BodyCheck(entry, f"{path}.fields[{place}].".lstrip("."), items).guid("id")
        fields.append(entry | {"id": given or new_guid()})
    return schema, declared | {"fields": fields}


def _store(tx: Tx, extension: DataExtension) -> DataExtension:
    account = extension.account
    if extension.name.casefold() in BUILT_IN:
        raise AlreadyExists(f"{extension.name!r} is a built-in attribute set.")
    if data_extensions.find(tx, account, extension.guid) is not None:
        raise AlreadyExists(f"A data extension with the id {extension.guid} exists already.")
    if data_extensions.find_by_key(tx, account, extension.key) is not None:
        raise AlreadyExists(f"A data extension with the key {extension.key!r} exists already.")
    if data_extensions.find_by_name(tx, account, extension.name) is not None:
        raise AlreadyExists(f"A data extension with the name {extension.name!r} exists already.")
    audit.record(tx, account, Kind.DATA_EXTENSION, "Create", extension.guid, extension.key, name=extension.name)
    return replace(extension, number=data_extensions.insert(tx, extension))


def _free_name(tx: Tx, account: int, event_name: str, wanted: object, now: int) -> str:
    """`wanted` if it is free, else `{event name} - {yyyy-MM-ddTHHmmssfff}` at the first free instant from `now`."""
    usable = isinstance(wanted, str) and 0 < len(wanted) <= LONGEST_NAME and "\0" not in wanted
    if usable and data_extensions.find_by_name(tx, account, str(wanted)) is None:
        return str(wanted)
    while data_extensions.find_by_name(tx, account, stamped := _stamped(event_name, now)) is not None:
        now += 1
    return stamped


def _stamped(event_name: str, now: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=now)
    return f"{event_name} - {moment:%Y-%m-%dT%H%M%S}{now % 1000:03}"
