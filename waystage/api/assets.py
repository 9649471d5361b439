"""The content resource: e-mails as the reference's asset calls know them (contract, e-mail content)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from waystage.api.replies import Reply, collection, wire_date
from waystage.api.requests import DEFAULT_PAGE_SIZE, LAST_PAGE, Paging, Request
from waystage.ground.errors import AssetNotFound, ValueNotAllowed, WrongFormat
from waystage.operations import asset_bodies, asset_queries, save_asset
from waystage.operations.asset_queries import AssetQuery
from waystage.operations.body_check import BodyCheck, as_object
from waystage.operations.property_filters import ordered
from waystage.spec import filter_text
from waystage.store.assets import Asset

#: What the reference shows of every asset, whatever fields are asked for; names in lower case.
ALWAYS_SHOWN = frozenset({"id", "customerkey", "assettype", "name"})
NAME_AND_DIRECTION = 2
_LAST_MODIFIED = (("modifiedDate", True), ("id", True))


def _asset(asset: Asset, offset: int) -> dict[str, object]:
    return {
        **asset.document,
        "id": asset.number,
        "customerKey": asset.key,
        "objectID": asset.guid,
        "name": asset.name,
        "legacyData": (asset.document.get("legacyData") or {}) | {"legacyId": asset.legacy_id},
        "createdDate": wire_date(asset.created, offset),
        "createdBy": {"id": asset.created_by},
        "modifiedDate": wire_date(asset.modified, offset),
        "modifiedBy": {"id": asset.modified_by},
    }


def _number(request: Request) -> int:
    """The asset's id; what is no number names no asset."""
    raw = request.path["id"]
    if not re.fullmatch(r"[0-9]{1,15}", raw, re.ASCII):
        raise AssetNotFound
    return int(raw)


async def create(request: Request) -> Reply:
    """POST assets: 201 with the asset."""
    caller, world, body = request.caller, request.world, request.json()
    asset = await request.write(
        save_asset.create_and_tell, caller.account, caller.user_id, body, now=request.now, numbers=world.numbers
    )
    world.engine.notify()
    return Reply(201, _asset(asset, world.settings.utc_offset))


async def list_all(request: Request) -> Reply:
    """GET assets: a collection, last modified first; `$filter`, `$orderBy` and `$fields` as in the reference."""
    paging, account = request.paging(), request.caller.account
    filtered, order = request.query.text("$filter") or "", _order(request.query.text("$orderBy") or "")
    if not filtered.strip() and not order:
        count, found = await request.read(save_asset.list_all, account, paging.size, paging.offset)
        return _collection(request, count, found, paging, request.query.words("$fields"))
    try:
        tree = filter_text.parse(filtered)
    except filter_text.FilterError as error:
        raise WrongFormat(f"$filter: {error}") from error
    query = AssetQuery(tree, order or _LAST_MODIFIED)
    return await _found(request, query, paging, request.query.words("$fields"))


async def search(request: Request) -> Reply:
    """POST assets/query: a collection of what an advanced query finds, by id unless it says how to sort."""
    body = as_object(request.json())
    query, fields = asset_bodies.read_query(body), asset_bodies.read_fields(body)
    check = BodyCheck(as_object(body.get("page") or {}, "page"), "page.")
    page, size = check.whole("page", 1, LAST_PAGE), check.whole("pageSize", 1, LAST_PAGE)
    check.settle()
    paging = Paging(page or 1, min(size or DEFAULT_PAGE_SIZE, request.world.settings.max_page_size))
    return await _found(request, query, paging, fields)


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    """`name`, `name asc` and `name desc`, separated by commas."""
    parts = [part.split() for part in text.split(",")] if text.strip() else []
    if not all(1 <= len(part) <= NAME_AND_DIRECTION for part in parts):
        raise ValueNotAllowed("$orderBy must name properties, each followed by ASC or DESC, separated by commas.")
    return ordered([(part[0], part[1] if len(part) > 1 else "") for part in parts])


async def _found(request: Request, query: AssetQuery, paging: Paging, fields: Sequence[str]) -> Reply:
    offset = request.world.settings.utc_offset
    account = request.caller.account
    count, found = await request.read(asset_queries.search, account, query, paging.size, paging.offset, offset)
    return _collection(request, count, found, paging, fields)


def _collection(request: Request, count: int, found: Sequence[Asset], paging: Paging, fields: Sequence[str]) -> Reply:
    items = [_shown(_asset(asset, request.world.settings.utc_offset), fields) for asset in found]
    return Reply(body=collection(items, count, paging.page, paging.size))


def _shown(item: dict[str, object], fields: Sequence[str]) -> dict[str, object]:
    """The members that are asked for, with what tells assets apart; all of them where none is."""
    if not fields:
        return item
    wanted = ALWAYS_SHOWN | {name.split(".")[0].lower() for name in fields}
    return {name: value for name, value in item.items() if name.lower() in wanted}


async def read(request: Request) -> Reply:
    """GET one asset."""
    asset = await request.read(save_asset.read, request.caller.account, _number(request))
    return Reply(body=_asset(asset, request.world.settings.utc_offset))


async def update(request: Request) -> Reply:
    """PUT one asset: 200 with the asset; properties left out keep their value."""
    caller, world, body = request.caller, request.world, request.json()
    asset = await request.write(
        save_asset.update,
        caller.account,
        caller.user_id,
        _number(request),
        body,
        now=request.now,
        numbers=world.numbers,
    )
    world.engine.notify()
    return Reply(body=_asset(asset, world.settings.utc_offset))


async def remove(request: Request) -> Reply:
    """DELETE one asset: 200 with an empty object."""
    await request.write(save_asset.remove, request.caller.account, _number(request), request.now)
    return Reply()
