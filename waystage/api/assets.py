"""The content resource: e-mails as the reference's asset calls know them (contract, e-mail content)."""

from __future__ import annotations

import re

from waystage.api.replies import Reply, collection, wire_date
from waystage.api.requests import Request
from waystage.ground.errors import AssetNotFound
from waystage.operations import save_asset
from waystage.store.assets import Asset


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
    """GET assets: a collection, last modified first."""
    paging = request.paging()
    count, found = await request.read(save_asset.list_all, request.caller.account, paging.size, paging.offset)
    items = [_asset(asset, request.world.settings.utc_offset) for asset in found]
    return Reply(body=collection(items, count, paging.page, paging.size))


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
