"""The journey map on the wire (api.md 5.5, D-42)."""

from __future__ import annotations

from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request
from waystage.ground.errors import MalformedJson
from waystage.operations import save_map
from waystage.store.journey_maps import JourneyMap


async def read(request: Request) -> Reply:
    """GET map: the document, `{}` if none was ever posted."""
    found = await request.read(save_map.read, request.caller.account)
    return Reply(body={} if found is None else _shown(found, request))


async def save(request: Request) -> Reply:
    """POST map: 200 with the document, which replaces the former one; MalformedJson unless it is an object."""
    body = request.json()
    if not isinstance(body, dict):
        raise MalformedJson("The body must be a JSON object.")
    return Reply(body=_shown(await request.write(save_map.save, request.caller.account, body, request.now), request))


def _shown(found: JourneyMap, request: Request) -> dict[str, object]:
    offset = request.world.settings.utc_offset
    dates = {"createdDate": wire_date(found.created, offset), "modifiedDate": wire_date(found.modified, offset)}
    return found.document | dates
