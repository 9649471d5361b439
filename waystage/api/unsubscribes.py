"""GET, POST, DELETE contacts/{contactKey}/unsubscribes: what a contact does not want to get (contract 25)."""

from __future__ import annotations

from collections.abc import Sequence

from waystage.api.replies import Reply, collection, wire_date
from waystage.api.requests import Request, recased
from waystage.ground.errors import ValueNotAllowed
from waystage.operations import contact_unsubscribes
from waystage.operations.body_check import as_object
from waystage.operations.contact_unsubscribes import LARGEST_LIST
from waystage.store.unsubscribes import Unsubscribe


async def collect(request: Request) -> Reply:
    """GET: every wish, on one page."""
    found = await request.read(contact_unsubscribes.collect, request.caller.account, request.path["contactKey"])
    return _reply(found, request)


async def add(request: Request) -> Reply:
    """POST: nothing more by this channel from this list; the same wish twice is one."""
    body = recased(as_object(request.json()), ("publicationListId", "channel"))
    wish = contact_unsubscribes.read(body, request.now)
    account, key = request.caller.account, request.path["contactKey"]
    return _reply(await request.write(contact_unsubscribes.add, account, key, wish), request)


async def remove(request: Request) -> Reply:
    """DELETE: the contact may be written to again; the query narrows it down to a list or channel."""
    list_id, channel = request.query.integer("publicationListId"), request.query.text("channel")
    if list_id is not None and not 0 <= list_id <= LARGEST_LIST:
        raise ValueNotAllowed(f"publicationListId must lie between 0 and {LARGEST_LIST}.")
    folded = channel.strip().casefold() if channel else None
    account, key = request.caller.account, request.path["contactKey"]
    return _reply(await request.write(contact_unsubscribes.remove, account, key, folded, list_id), request)


def _reply(found: Sequence[Unsubscribe], request: Request) -> Reply:
    offset = request.world.settings.utc_offset
    items = [
        {"channel": one.channel, "publicationListId": one.list_id, "unsubscribedDate": wire_date(one.at, offset)}
        for one in found
    ]
    return Reply(body=collection(items, len(items), 1, max(len(items), 1)))
