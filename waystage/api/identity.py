"""Whom a token stands for, and where the APIs are (api.md 11.2 to 11.4, D-60)."""

from __future__ import annotations

from waystage.api.replies import Reply, collection
from waystage.api.requests import Request
from waystage.api.tokens import digest_of
from waystage.ground import clock
from waystage.ground.errors import EndpointNotFound
from waystage.operations import read_identity

MS_PER_SECOND = 1000
MINUTES_PER_HOUR = 60
SOAP_PAGE = "Service.asmx"
#: Zones of whole hours have names, whose sign is that of the way to Greenwich.
NAMED_HOURS = range(-12, 15)


async def user_info(request: Request) -> Reply:
    """GET userinfo: user, business unit, application and addresses; the user of a token is its client."""
    digest = digest_of(request.header("authorization").encode("latin-1"))
    found = await request.read(read_identity.read, digest, clock.real_now())
    grant, client, base = found.grant, found.client, f"{request.world.settings.public_url}/"
    offset = request.world.settings.utc_offset
    place = {"locale": "en-US", "zoneinfo": zone_name(offset), "timezone": _zone(offset)}
    body = {
        "exp": grant.expires // MS_PER_SECOND,
        "iss": base,
        "user": {
            "sub": str(grant.user_id),
            "name": client.name,
            "preferred_username": grant.client_id,
            "email": "",
            **place,
        },
        "organization": {
            "member_id": grant.account,
            "enterprise_id": grant.account,
            "enterprise_name": found.business_unit,
            "account_type": "enterprise",
            "stack_key": "waystage",
            "region": "",
            **place,
        },
        "rest": {"rest_instance_url": base, "soap_instance_url": base},
        "application": {
            "id": grant.client_id,
            "name": client.name,
            "redirectUrl": [],
            "appScopes": sorted(request.caller.scopes),
        },
        "permissions": [],
    }
    return Reply(body=body)


async def token_context(request: Request) -> Reply:
    """GET tokenContext: the numbers of enterprise, business unit and user; a business unit is its own enterprise."""
    account = {"id": request.caller.account}
    return Reply(body={"enterprise": account, "organization": account, "user": {"id": request.caller.user_id}})


async def endpoints(request: Request) -> Reply:
    """GET endpoints: the address of each API."""
    paging, items = request.paging(), _endpoints(request)
    page = items[paging.offset : paging.offset + paging.size]
    return Reply(body=collection(page, len(items), paging.page, paging.size))


async def endpoint(request: Request) -> Reply:
    """GET one endpoint by its type in any letter case; EndpointNotFound."""
    wanted = request.path["type"].lower()
    found = next((one for one in _endpoints(request) if one["type"] == wanted), None)
    if found is None:
        raise EndpointNotFound
    return Reply(body=found)


def _endpoints(request: Request) -> list[dict[str, str]]:
    """The one address that there is, as the token answer gives it; that of SOAP names its page (clients.md 2)."""
    base = f"{request.world.settings.public_url}/"
    return [{"type": kind, "url": f"{base}{page}"} for kind, page in (("auth", ""), ("rest", ""), ("soap", SOAP_PAGE))]


def zone_name(offset: int) -> str:
    """The name of the zone with a fixed offset in minutes: of whole hours as in the tz database, else as the offset."""
    hours, minutes = divmod(abs(offset), MINUTES_PER_HOUR)
    if not offset:
        return "Etc/UTC"
    if not minutes and offset // MINUTES_PER_HOUR in NAMED_HOURS:
        return f"Etc/GMT{'-' if offset > 0 else '+'}{hours}"
    return _written(offset)


def _written(offset: int) -> str:
    hours, minutes = divmod(abs(offset), MINUTES_PER_HOUR)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def _zone(offset: int) -> dict[str, object]:
    """A zone without daylight saving; `offset` in hours."""
    name = "UTC" if not offset else f"UTC{_written(offset)}"
    return {
        "longName": f"(GMT{_written(offset)})",
        "shortName": name,
        "offset": offset / MINUTES_PER_HOUR,
        "dst": False,
    }
