"""Creating, changing and deleting event definitions (api.md 6.2, 6.3, 6.6; D-47 to D-50)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from waystage.ground.errors import (
    AlreadyExists,
    InvalidTransition,
    MissingValue,
    NotValidNow,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.ground.ids import NIL_GUID, InboxNumbers, new_guid
from waystage.operations import define_data_extension
from waystage.operations.body_check import BodyCheck, as_object
from waystage.operations.read_events import EventView, select, view
from waystage.store import audit, data_extensions, event_definitions, inbox, listening
from waystage.store.audit import Kind
from waystage.store.data_extensions import DataExtension
from waystage.store.event_definitions import EventDefinition
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx

_KEY = re.compile(r"[\w\- ]+")
LONGEST_KEY = 200
LONGEST_NAME = 200
LONGEST_TEXT = 4000

#: Properties that the server owns: accepted in a body, never taken from it (api.md 6.1).
SERVER_OWNED = frozenset(
    {
        "id",
        "createdDate",
        "createdBy",
        "modifiedDate",
        "modifiedBy",
        "dataExtensionName",
        "interactionCount",
        "publishedInteractionCount",
        "isPlatformObject",
    }
)
#: Properties with columns of their own.
_IN_COLUMNS = frozenset({"type", "name", "eventDefinitionKey", "dataExtensionId"})
#: What an update silently keeps (D-48).
_FIXED = frozenset({"type", "category", "schema"})


@dataclass(frozen=True, slots=True)
class _Body:
    """The checked properties of a body; None where it has none."""

    type: str | None
    name: str | None
    key: str | None
    data_extension: str | None
    schema: dict[str, Any] | None
    rest: dict[str, Any]


def create(tx: Tx, account: int, user: int, body: object, *, now: int) -> EventView:
    """Store an event definition, and the data extension of its schema; AlreadyExists, ValidationErrors."""
    given = _check(as_object(body), required=True)
    type_, name, key = given.type or "", given.name or "", given.key or ""
    _refuse_taken(tx, account, key, 0)
    extension, made = _extension(tx, account, given, now)
    definition = EventDefinition(
        number=0,
        account=account,
        guid=new_guid(),
        key=key,
        type=type_,
        name=name,
        data_extension=extension.number,
        from_schema=made,
        document=given.rest | ({"schema": given.schema} if made else {}),
        created=now,
        created_by=user,
        modified=now,
        modified_by=user,
    )
    audit.record(tx, account, Kind.EVENT_DEFINITION, "Create", definition.guid, key)
    return view(tx, replace(definition, number=event_definitions.insert(tx, definition)))


def update(
    tx: Tx, account: int, user: int, selector: Mapping[str, str], body: object, *, now: int, numbers: InboxNumbers
) -> EventView:
    """Change an event definition; what the body leaves out stays (D-48). EventDefinitionNotFound, NotValidNow.

    The lanes are told when events are stored differently from now on, or an audience is evaluated differently.
    """
    given = _check(as_object(body), required=False)
    before = select(tx, account, selector)
    extension = before.data_extension
    if given.data_extension is not None:
        extension = _existing(tx, account, given.data_extension).number
    after = replace(
        before,
        key=given.key or before.key,
        name=given.name or before.name,
        data_extension=extension,
        from_schema=before.from_schema and extension == before.data_extension,
        document=before.document | {name: value for name, value in given.rest.items() if name not in _FIXED},
        modified=max(now, before.modified),
        modified_by=user,
    )
    if after.key.casefold() != before.key.casefold():
        _refuse_taken(tx, account, after.key, before.number)
    if (after.key, after.data_extension) != (before.key, before.data_extension):
        _refuse_running(tx, before)
    event_definitions.update(tx, after)
    if changes := audit.changed(_words(before), _words(after)):
        audit.record(tx, account, Kind.EVENT_DEFINITION, "Modify", after.guid, after.key, changed=changes)
    if _audience(after) != _audience(before):
        inbox.tell_lanes(tx, InboxKind.RECOMPILE, numbers.take()[0])
    elif _admission(after) != _admission(before):
        inbox.tell_lanes(tx, InboxKind.REFRESH, numbers.take()[0])
    return view(tx, after)


def _words(definition: EventDefinition) -> dict[str, Any]:
    """What can be changed of a definition, by its names on the wire."""
    return definition.document | {
        "name": definition.name,
        "eventDefinitionKey": definition.key,
        "dataExtensionId": definition.data_extension,
    }


def _admission(definition: EventDefinition) -> tuple[int, bool]:
    """What the engine remembers of a definition: where its events are written, if at all."""
    return definition.data_extension, bool(definition.document.get("disableDEDataLogging", False))


def _audience(definition: EventDefinition) -> list[Any]:
    """What plans are made from: whom the engine lets in by itself, and when (journey-spec 2.5)."""
    return [definition.document.get(name) for name in ("schedule", "arguments", "metaData")]


def remove(tx: Tx, account: int, selector: Mapping[str, str], now: int) -> None:
    """Delete an event definition that no running version uses; its data extension stays (D-49). InvalidTransition."""
    definition = select(tx, account, selector)
    if listening.counts(tx, account, [definition.number])[definition.number].running:
        raise InvalidTransition("The event definition is used by a running journey and cannot be deleted.")
    event_definitions.remove(tx, account, definition.number, now)
    audit.record(tx, account, Kind.EVENT_DEFINITION, "Delete", definition.guid, definition.key)


def _check(body: dict[str, Any], *, required: bool) -> _Body:
    check = BodyCheck(body)
    given = _Body(
        type=check.text("type", required=required, longest=LONGEST_NAME),
        name=check.text("name", required=required or "name" in body, longest=LONGEST_NAME),
        key=_key(check, required=required),
        data_extension=_linked(check),
        schema=check.members("schema"),
        rest={name: value for name, value in body.items() if name not in SERVER_OWNED | _IN_COLUMNS | {"schema"}},
    )
    for name in ("arguments", "configurationArguments", "metaData", "schedule"):
        check.members(name)
    for name in ("description", "iconUrl", "category"):
        check.text(name, longest=LONGEST_TEXT)
    for name in ("filterDefinitionTemplate", "entrySourceGroupConfigUrl"):
        check.text(name)
    for name in ("sourceApplicationExtensionId", "filterDefinitionId", "automationId"):
        check.text(name, longest=LONGEST_NAME)
    for name in ("isVisibleInPicker", "disableDEDataLogging"):
        check.flag(name)
    mode = check.choice("mode", ("Production", "Test"))
    if required and given.data_extension is None and body.get("schema") is None:
        check.refuse(MissingValue("dataExtensionId or schema is required."))
    _settle(check)
    return replace(given, rest={name: value for name, value in given.rest.items() if value is not None} | _mode(mode))


def _mode(mode: str | None) -> dict[str, str]:
    return {} if mode is None else {"mode": mode}


def _settle(check: BodyCheck) -> None:
    """A key that cannot be read is told by its own number when nothing else is wrong (D-47: 400, 10003)."""
    if len(check.items) == 1 and isinstance(check.items[0], WrongFormat):
        raise check.items[0]
    check.settle()


def is_key(text: str) -> bool:
    """Whether an event definition may have this key."""
    return _KEY.fullmatch(text) is not None and len(text) <= LONGEST_KEY


def _key(check: BodyCheck, *, required: bool) -> str | None:
    key = check.text("eventDefinitionKey", required=required, longest=LONGEST_KEY)
    if key and not _KEY.fullmatch(key):
        check.refuse(
            WrongFormat(
                "eventDefinitionKey may hold letters, digits, hyphens, underscores and spaces; periods are not allowed."
            )
        )
    return key or None


def _linked(check: BodyCheck) -> str | None:
    guid = check.guid("dataExtensionId")
    return None if guid == NIL_GUID else guid


def _refuse_taken(tx: Tx, account: int, key: str, number: int) -> None:
    other = event_definitions.find_by_key(tx, account, key)
    if other is not None and other.number != number:
        raise AlreadyExists(f"An event definition with the key {other.key!r} exists already.")


def _refuse_running(tx: Tx, definition: EventDefinition) -> None:
    if listening.counts(tx, definition.account, [definition.number])[definition.number].running:
        raise NotValidNow("A running journey uses the event definition: its key and data extension cannot be changed.")


def _existing(tx: Tx, account: int, guid: str) -> DataExtension:
    extension = data_extensions.find(tx, account, guid)
    if extension is None:
        raise ValueNotAllowed(f"dataExtensionId {guid} names no data extension of this business unit.")
    return extension


def _extension(tx: Tx, account: int, given: _Body, now: int) -> tuple[DataExtension, bool]:
    """The data extension that events are written to, and whether it was made now from the schema.

    A body with both, as exported documents are, names an existing one, else gives the new one its id (contract).
    """
    if given.schema is None:
        return _existing(tx, account, given.data_extension or ""), False
    if given.data_extension is not None:
        found = data_extensions.find(tx, account, given.data_extension)
        if found is not None:
            return found, False
    name = given.name or ""
    return define_data_extension.from_event_schema(tx, account, name, given.schema, given.data_extension, now=now), True
