"""Lists of the reference's older API that clients read before they deploy: of things that do not exist here."""

from __future__ import annotations

from waystage.api.replies import Reply
from waystage.api.requests import DEFAULT_PAGE_SIZE, Request
from waystage.ground.errors import WrongType


async def delivery_policies(request: Request) -> Reply:
    """GET deliverypolicy: none."""
    return _nothing(request)


async def mobile_messages(request: Request) -> Reply:
    """GET message: none; what journeys send are assets, of which this API knows nothing."""
    return _nothing(request)


async def mobile_codes(request: Request) -> Reply:
    """GET code: none."""
    return _nothing(request)


async def mobile_keywords(request: Request) -> Reply:
    """GET keyword: none."""
    return _nothing(request)


def _nothing(request: Request) -> Reply:
    """A page without entries, with that API's own paging: `$top` rows from 1, `$skip` from 0 (clients.md 5)."""
    top, skip = request.query.integer("$top"), request.query.integer("$skip")
    if top is not None and top < 1:
        raise WrongType("$top must be a whole number from 1.")
    if skip is not None and skip < 0:
        raise WrongType("$skip must be a whole number from 0.")
    size = min(top or DEFAULT_PAGE_SIZE, request.world.settings.max_page_size)
    return Reply(body={"startIndex": skip or 0, "itemsPerPage": size, "totalResults": 0, "entry": []})
