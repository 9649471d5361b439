"""Contacts: POST creates, PATCH changes, both by attribute sets (api.md 11.6)."""

from __future__ import annotations

from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request, recased
from waystage.ground.ids import new_guid
from waystage.operations import save_contacts
from waystage.operations.body_check import as_object
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


async def create(request: Request) -> Reply:
    """POST contacts: 200; a contact that exists is changed, `isNewContactKey` tells which it was."""
    body = recased(as_object(request.json()), _NAMES)
    offset = request.world.settings.utc_offset
    saved = await request.write(save_contacts.create, request.caller.account, body, now=request.now, offset=offset)
    return _reply(saved, request)


async def update(request: Request) -> Reply:
    """PATCH contacts: 200, or 404 for a contact that is not known."""
    body = recased(as_object(request.json()), _NAMES)
    offset = request.world.settings.utc_offset
    saved = await request.write(save_contacts.update, request.caller.account, body, now=request.now, offset=offset)
    return _reply(saved, request)
