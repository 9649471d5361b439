"""Rows of data extensions, read page by page (api.md 11.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request
from waystage.ground import clock
from waystage.ground.errors import WrongType
from waystage.operations import read_rows
from waystage.operations.read_rows import Asked, RowPage
from waystage.spec.fields import Field, Stored, render

#: Rows of a page, unless fewer are asked for.
PAGE_SIZE = 2_500


async def query(request: Request) -> Reply:
    """GET a rowset: one page of the rows that a query means, and a token to read on with."""
    paging = request.query.paging(PAGE_SIZE, PAGE_SIZE)
    asked = Asked(
        filter=request.query.text("$filter") or "",
        order_by=request.query.text("$orderBy") or "",
        fields=tuple(request.query.words("$fields")),
        top=_top(request),
        size=paging.size,
    )
    offset = request.world.settings.utc_offset
    found = await request.read(read_rows.first, request.caller.account, request.path, asked, paging.page, offset)
    return await _reply(request, found)


async def go_on(request: Request) -> Reply:
    """GET a rowset by its token: another page of the same query, as large as the first."""
    paging = request.query.paging(PAGE_SIZE, PAGE_SIZE)
    account, offset, now = request.caller.account, request.world.settings.utc_offset, clock.real_now()
    found = await request.read(read_rows.go_on, account, request.path["token"], paging.page, offset, now)
    return await _reply(request, found)


def _top(request: Request) -> int:
    top = request.query.integer("$top")
    if top is not None and top < 1:
        raise WrongType("$top must be a whole number from 1.")
    return top or 0


async def _reply(request: Request, found: RowPage) -> Reply:
    if not found.token.expires or (found.behind is not None and found.has_next):
        found = await request.write(read_rows.keep, found, clock.real_now())
    offset = request.world.settings.utc_offset
    body = {
        "links": _links(found),
        "requestToken": found.token.guid,
        "tokenExpireDateUtc": wire_date(found.token.expires, 0),
        "customObjectId": found.extension.guid,
        "customObjectKey": found.extension.key,
        "pageSize": found.asked.size,
        "page": found.page,
        "count": found.token.count,
        "top": found.asked.top,
        "items": [_item(row, found.fields, offset) for row in found.rows],
    }
    return Reply(body=body)


def _links(found: RowPage) -> dict[str, str]:
    """Paths without the prefix of the data API, as the reference gives them."""
    path = f"/v1/customobjectdata/token/{found.token.guid}/rowset?$page="
    following = {"next": f"{path}{found.page + 1}"} if found.has_next else {}
    return {"self": f"{path}{found.page}", **following}


def _item(row: Mapping[str, Stored], fields: Iterable[Field], offset: int) -> dict[str, dict[str, object]]:
    """One row, names of fields in lower case."""
    parts: dict[str, dict[str, object]] = {"keys": {}, "values": {}}
    for field in fields:
        part = parts["keys" if field.is_primary_key else "values"]
        part[field.name.lower()] = render(field, row.get(field.name), offset)
    return parts
