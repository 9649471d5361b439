"""Event definitions on the wire (api.md 6)."""

from __future__ import annotations

from typing import Any

from waystage.api.replies import Reply, collection, wire_date
from waystage.api.requests import Request, recased
from waystage.ground.ids import NIL_GUID
from waystage.operations import define_event, read_events
from waystage.operations.body_check import as_object
from waystage.operations.read_events import EventView
from waystage.spec.fields import Field, FieldType
from waystage.store.data_extensions import DataExtension

_NAMES = (
    "type",
    "name",
    "description",
    "mode",
    "eventDefinitionKey",
    "dataExtensionId",
    "schema",
    "sourceApplicationExtensionId",
    "iconUrl",
    "arguments",
    "configurationArguments",
    "metaData",
    "schedule",
    "isVisibleInPicker",
    "category",
    "automationId",
    "disableDEDataLogging",
)
_API_EVENT_SOURCE = "7db1f972-f8b7-49b6-91b5-fa218e13953d"
_AUDIENCE_SOURCE = "97e942ee-6914-4d3d-9e52-37ecb71f79ed"
#: Source application and serializedObjectType by folded type (api.md 6.1, journey-spec 2.2).
_BY_TYPE = {
    "emailaudience": (_AUDIENCE_SOURCE, 3),
    "automationaudience": (_AUDIENCE_SOURCE, 9),
    "salesforceobjecttriggerv2": (_API_EVENT_SOURCE, 0),
    "contactevent": (_API_EVENT_SOURCE, 0),
    "dateevent": (_API_EVENT_SOURCE, 0),
}
#: What a definition shows where its body was silent (api.md 6.1).
_DEFAULTS = {
    "description": "",
    "mode": "Production",
    "filterDefinitionId": NIL_GUID,
    "filterDefinitionTemplate": "",
    "iconUrl": "",
    "configurationArguments": {"unconfigured": False},
    "metaData": {"criteriaDescription": "", "scheduleState": "No Schedule"},
    "isVisibleInPicker": False,
    "category": "Event",
    "automationId": NIL_GUID,
    "disableDEDataLogging": False,
}


async def create(request: Request) -> Reply:
    """POST eventDefinitions: 200 with the object (D-47)."""
    caller, body = request.caller, recased(as_object(request.json()), _NAMES)
    made = await request.write(define_event.create, caller.account, caller.user_id, body, now=request.now)
    return _changed(request, made)


async def update(request: Request) -> Reply:
    """PUT one by id or key: 200 with the object; what is left out stays (D-48)."""
    caller, world, body = request.caller, request.world, recased(as_object(request.json()), _NAMES)
    made = await request.write(
        define_event.update,
        caller.account,
        caller.user_id,
        request.path,
        body,
        now=request.now,
        numbers=world.numbers,
    )
    world.engine.notify()
    return _changed(request, made)


async def read(request: Request) -> Reply:
    """GET one by id or key."""
    found = await request.read(read_events.read, request.caller.account, request.path)
    return Reply(body=event_definition(found, request.world.settings.utc_offset))


async def remove(request: Request) -> Reply:
    """DELETE one by id or key: `{}` (contract 11)."""
    await request.write(define_event.remove, request.caller.account, request.path, request.now)
    request.world.event_forms.forget()
    return Reply()


async def list_all(request: Request) -> Reply:
    """GET eventDefinitions: a collection, last modified first; `name` searches."""
    paging, name = request.paging(), request.query.text("name") or ""
    account = request.caller.account
    count, found = await request.read(read_events.list_all, account, name, paging.size, paging.offset)
    items = [event_definition(view, request.world.settings.utc_offset) for view in found]
    return Reply(body=collection(items, count, paging.page, paging.size))


def _changed(request: Request, made: EventView) -> Reply:
    request.world.event_forms.forget()
    return Reply(body=event_definition(made, request.world.settings.utc_offset))


def event_definition(view: EventView, offset: int) -> dict[str, object]:
    """The event definition object (api.md 6.1); `offset` in minutes."""
    definition, extension = view.definition, view.extension
    source, _ = _BY_TYPE.get(definition.type.casefold(), (_API_EVENT_SOURCE, 11))
    return {
        "id": definition.guid,
        "type": definition.type,
        "name": definition.name,
        "eventDefinitionKey": definition.key,
        "createdDate": wire_date(definition.created, offset),
        "createdBy": definition.created_by,
        "modifiedDate": wire_date(definition.modified, offset),
        "modifiedBy": definition.modified_by,
        "dataExtensionId": extension.guid if extension is not None else NIL_GUID,
        "dataExtensionName": extension.name if extension is not None else "",
        "sourceApplicationExtensionId": source,
        **_DEFAULTS,
        **definition.document,
        "arguments": _arguments(view),
        **_schema(view),
        "interactionCount": view.uses.journeys,
        "publishedInteractionCount": view.uses.running,
        "isPlatformObject": False,
    }


def _arguments(view: EventView) -> dict[str, object]:
    definition = view.definition
    _, number = _BY_TYPE.get(definition.type.casefold(), (_API_EVENT_SOURCE, 11))
    return {
        "serializedObjectType": number,
        "automationId": definition.document.get("automationId", NIL_GUID),
        "criteria": "",
        "useHighWatermark": False,
        **(definition.document.get("arguments") or {}),
        "eventDefinitionId": definition.guid,
        "eventDefinitionKey": definition.key,
        "dataExtensionId": view.extension.guid if view.extension is not None else NIL_GUID,
    }


def _schema(view: EventView) -> dict[str, object]:
    """The schema, present only where the definition was made from one (api.md 6.1)."""
    extension = view.extension
    if extension is None or not view.definition.from_schema:
        return {}
    return {"schema": {**(view.definition.document.get("schema") or {}), **_declared(extension)}}


def _declared(extension: DataExtension) -> dict[str, object]:
    sent: list[dict[str, Any]] = extension.declared["fields"]
    contact_field = extension.schema.contact_field
    sendable = {
        "sendableCustomObjectField": contact_field,
        "sendableSubscriberField": extension.declared.get("sendableSubscriberField") or "_SubscriberKey",
    }
    return {
        "id": extension.guid,
        "name": extension.name,
        "fields": [_field(field, entry) for field, entry in zip(extension.schema.fields, sent, strict=True)],
        **(sendable if contact_field is not None else {}),
        "isPlatformObject": False,
    }


def _field(field: Field, sent: dict[str, Any]) -> dict[str, object]:
    """One field as event definitions show it: lengths are texts (api.md 6.1)."""
    return {
        "isDevicePreference": False,
        **{name: value for name, value in sent.items() if name not in {"type", "length", "scale"}},
        "name": field.name,
        "dataType": field.type.value,
        "maxLength": _length(field),
        "isNullable": field.is_nullable,
        "isPrimaryKey": field.is_primary_key,
    }


def _length(field: Field) -> str:
    if field.length is None:
        return ""
    return f"{field.length},{field.scale}" if field.type is FieldType.DECIMAL else str(field.length)
