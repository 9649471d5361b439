"""Signing keys over HTTP, for administrators (contract 16); secrets only come in."""

from __future__ import annotations

from waystage.api.replies import Reply, collection, iso_z
from waystage.api.requests import Request, recased
from waystage.engine.sending.signing_keys import DEFAULT
from waystage.ground import clock
from waystage.operations import keys
from waystage.operations.body_check import as_object

NO_CONTENT = 204


async def store(request: Request) -> Reply:
    """PUT keys/{customerKey}: 204; a key that exists gets another secret."""
    name = keys.check_name(request.path["customerKey"])
    secret = keys.read_secret(recased(as_object(request.json()), ("secret", "encoding")))
    await request.write(keys.store, request.caller.account, name, secret, request.world.sealer, clock.real_now())
    return Reply(NO_CONTENT)


async def remove(request: Request) -> Reply:
    """DELETE keys/{customerKey}: 204, or 404."""
    await request.write(keys.remove, request.caller.account, request.path["customerKey"])
    return Reply(NO_CONTENT)


async def collect(request: Request) -> Reply:
    """GET keys: names and dates only."""
    paging = request.paging()
    total, found = await request.read(keys.collect, request.caller.account, paging.size, paging.offset)
    items = [
        {
            "customerKey": one.key,
            "isDefault": one.key.casefold() == DEFAULT,
            "createdDate": iso_z(one.created),
            "modifiedDate": iso_z(one.modified),
        }
        for one in found
    ]
    return Reply(body=collection(items, total, paging.page, paging.size))
