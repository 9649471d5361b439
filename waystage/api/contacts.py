"""Contacts: POST creates, PATCH changes, both by attribute sets (api.md 11.6); deletion by keys (contract 17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request, recased
from waystage.ground.errors import MissingValue, ValueNotAllowed
from waystage.ground.ids import new_guid
from waystage.operations import delete_contacts, save_contacts
from waystage.operations.body_check import as_object
from waystage.operations.row_events import RowEvents
from waystage.operations.save_contacts import Saved

_NAMES = ("contactKey", "contactID", "attributeSets")


def _reply(saved: Saved, request: Request) -> Reply:
    message = new_guid()
    return Reply(
        body={
            "operationStatus": "OK",
            "rowsAffected": saved.rows,
            "contactKey": saved.key,
            "contactId": saved.contact_id,
            "contactID": saved.contact_id,
            "contactTypeID": 0,
            "isNewContactKey": saved.created,
            "requestServiceMessageID": message,
            "responseDateTime": wire_date(request.now, request.world.settings.utc_offset),
            "hasErrors": False,
            "resultMessages": [],
            "serviceMessageID": message,
        }
    )


async def _save(request: Request, operation: Callable[..., Saved], body: dict[str, Any]) -> Reply:
    events, world = RowEvents(request.world.numbers), request.world
    saved = await request.write(
        operation, request.caller.account, body, events, now=request.now, offset=world.settings.utc_offset
    )
    if events.fired:
        world.engine.notify()
    return _reply(saved, request)


async def create(request: Request) -> Reply:
    """POST contacts: 200; a contact that exists is changed, `isNewContactKey` tells which it was."""
    body = recased(as_object(request.json()), _NAMES)
    return await _save(request, save_contacts.create, body)


async def update(request: Request) -> Reply:
    """PATCH contacts: 200, or 404 for a contact that is not known."""
    body = recased(as_object(request.json()), _NAMES)
    return await _save(request, save_contacts.update, body)


async def delete(request: Request) -> Reply:
    """POST contacts/actions/delete?type=keys: 202; the contacts are gone for whoever asks, their passages end soon."""
    kind = request.query.text("type")
    if not kind:
        raise MissingValue("The query parameter type is required.")
    if kind.casefold() != "keys":
        raise ValueNotAllowed("type must be keys.")
    body = recased(as_object(request.json()), ("values", "DeleteOperationType"))
    keys = delete_contacts.read_keys(body)
    account, numbers = request.caller.account, request.world.numbers
    await request.write(delete_contacts.delete_contacts, account, keys, numbers, request.now)
    request.world.engine.notify()
    message = new_guid()
    return Reply(
        202,
        {
            "operationInitiated": True,
            "operationID": 0,
            "requestServiceMessageID": message,
            "responseDateTime": wire_date(request.now, request.world.settings.utc_offset),
            "hasErrors": False,
            "resultMessages": [],
            "serviceMessageID": message,
        },
    )
