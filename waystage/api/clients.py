"""API clients over HTTP, for administrators (contract, "Our own resources")."""

from __future__ import annotations

import asyncio

from waystage.api.replies import Reply, collection, iso_z
from waystage.api.requests import Request, recased
from waystage.ground import clock, ids
from waystage.ground.secrets import hash_secret
from waystage.operations import clients
from waystage.store.accounts import Client

NAMES = ("name", "accountId", "scopes", "businessUnitName")
CREATED = 201


async def create(request: Request) -> Reply:
    """POST clients: the secret is shown this once."""
    body = request.json()
    asked = clients.read_body(recased(body, NAMES) if isinstance(body, dict) else body, request.caller.account)
    client_id, secret = ids.new_guid().replace("-", ""), ids.new_secret()
    async with request.world.tokens.checks:
        secret_hash = await asyncio.to_thread(hash_secret, secret)
    client = await request.write(clients.create, asked, client_id, secret_hash, clock.real_now())
    shown = _shown(client)
    return Reply(CREATED, {"clientId": shown.pop("clientId"), "clientSecret": secret, **shown})


async def collect(request: Request) -> Reply:
    """GET clients: all that were not revoked, of every business unit."""
    paging = request.paging()
    total, found = await request.read(clients.collect, paging.size, paging.offset)
    return Reply(body=collection([_shown(client) for client in found], total, paging.page, paging.size))


async def revoke(request: Request) -> Reply:
    """DELETE clients/{clientId}: its tokens end with it."""
    await request.write(clients.revoke, request.path["clientId"], clock.real_now())
    request.world.tokens.forget()
    return Reply()


def _shown(client: Client) -> dict[str, object]:
    return {
        "clientId": client.client_id,
        "name": client.name,
        "accountId": client.account,
        "scopes": list(client.scopes),
        "createdDate": iso_z(client.created),
    }
