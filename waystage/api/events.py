"""Firing events: the hot path, decoded by type and answered after the group's commit (api.md 7.1, D-51)."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard

import msgspec

from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.ground.errors import MissingValue, WrongType
from waystage.operations import fire_event
from waystage.operations.body_check import as_object
from waystage.operations.fire_event import EventForm

_NAMES = ("ContactKey", "EventDefinitionKey", "Data")

Scalar: TypeAlias = str | int | float | bool | None


class PascalEvent(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """The body as the reference documents it."""

    contact_key: str
    event_definition_key: str
    data: dict[str, Scalar] | None = None


class CamelEvent(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The body as many clients write it."""

    contact_key: str
    event_definition_key: str
    data: dict[str, Scalar] | None = None


_PASCAL = msgspec.json.Decoder(PascalEvent)
_CAMEL = msgspec.json.Decoder(CamelEvent)


async def fire(request: Request) -> Reply:
    """POST events: 201 with the event's id once the event is committed; entering is decided later."""
    contact_key, event_key, data = _read(request)
    form = await event_form(request, event_key)
    event = fire_event.accept(form, contact_key, data)
    if form.placed_first:
        await request.write(fire_event.place_row, form, event, request.now)
    guid = await request.world.inbox.append(event)
    return Reply(201, {"eventInstanceId": guid})


async def event_form(request: Request, key: str) -> EventForm:
    """The definition's form, from this process's memory when it was read within the last second."""
    forms, account = request.world.event_forms, request.caller.account
    form = forms.known(account, key)
    if form is None:
        generation = forms.generation
        form = await request.read(fire_event.find_form, account, key, request.world.settings.utc_offset)
        forms.keep(generation, key, form)
    return form


def _read(request: Request) -> tuple[str, str, dict[str, Any]]:
    """Contact key, event definition key and data; what the two usual forms do not fit is read by name (D-03)."""
    for decoder in (_PASCAL, _CAMEL):
        try:
            event = decoder.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if event.contact_key and event.event_definition_key and _stands_once(event, request.body):
            return event.contact_key, event.event_definition_key, event.data or {}
    return _read_by_name(request)


def _stands_once(event: PascalEvent | CamelEvent, raw: bytes) -> bool:
    """Whether no property stands twice, which the fast decoder overlooks; False may also mean that nobody knows.

    Without escapes every colon of the body is one property's or stands in a text, so a lost property leaves one over.
    """
    data = event.data or {}
    colons = raw.count(b":") - 2 - (event.data is not None) - len(data)
    if colons:
        texts = [event.contact_key, event.event_definition_key, *data, *filter(_is_text, data.values())]
        colons -= "".join(texts).count(":")
    return not colons and b"\\" not in raw


def _is_text(value: Scalar) -> TypeGuard[str]:
    return isinstance(value, str)


def _read_by_name(request: Request) -> tuple[str, str, dict[str, Any]]:
    body = _with_key(request, recased(as_object(request.json()), _NAMES))
    data = body.get("Data")
    if data is not None and not isinstance(data, dict):
        raise WrongType("Data must be an object.")
    return _required(body, "ContactKey"), _required(body, "EventDefinitionKey"), data or {}


def _with_key(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The form of a client that names the definition in the query, and gives values beside the key (clients.md 6)."""
    key = request.query.text("eventDefinitionKey")
    if not key or body.get("EventDefinitionKey") is not None:
        return body
    values = {name: value for name, value in body.items() if name not in _NAMES}
    return {"Data": values, **body, "EventDefinitionKey": key}


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None or value == "":
        raise MissingValue(f"{name} is required.")
    if not isinstance(value, str):
        raise WrongType(f"{name} must be text.")
    return value
