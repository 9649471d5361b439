"""Taking contacts out of journeys, how far that has come, and where contacts are (api.md 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.ground.errors import MissingValue, ValueNotAllowed, WrongFormat, WrongType
from waystage.operations import exit_contacts, read_exits, read_membership
from waystage.operations.body_check import as_object
from waystage.operations.exit_contacts import Status, Wanted

_NAMES = ("ContactKey", "DefinitionKey", "Versions")


async def leave(request: Request) -> Reply:
    """POST contactexit: 202; `errors` names only what cannot be done, everything else is carried out soon (D-54)."""
    wanted = exit_contacts.read_wanted(_items(request))
    account = request.caller.account
    refused = await request.write(exit_contacts.exit_contacts, account, wanted, request.world.numbers)
    request.world.engine.notify()
    return Reply(202, {"errors": [_entry(one, found) for one, found in refused]})


async def status(request: Request) -> Reply:
    """POST contactexit/status: what became of the same body."""
    wanted = exit_contacts.read_wanted(_items(request))
    found = await request.read(read_exits.statuses, request.caller.account, wanted)
    return Reply(body=[_entry(one, statuses) for one, statuses in zip(wanted, found, strict=True)])


async def membership(request: Request) -> Reply:
    """POST contactMembership: the running and paused journeys that contacts are in."""
    body = recased(as_object(request.json()), ("ContactKeyList",))
    keys = body.get("ContactKeyList")
    if keys is None:
        raise MissingValue("ContactKeyList is required.")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise WrongType("ContactKeyList must be an array of contact keys.")
    if any("\0" in key for key in keys):
        raise WrongFormat("ContactKeyList must not contain the character U+0000.")
    _check_count("ContactKeyList", len(keys), read_membership.MOST)
    found, missing = await request.read(read_membership.memberships, request.caller.account, keys)
    rows = [{"contactKey": one.contact_key, "definitionKey": one.journey_key, "version": one.version} for one in found]
    return Reply(body={"results": {"contactMemberships": rows, "contactsNotFound": missing}})


def _items(request: Request) -> list[dict[str, Any]]:
    body = request.json()
    if body == {}:
        body = []
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise WrongType("The body must be an array of objects with ContactKey and DefinitionKey.")
    _check_count("The body", len(body), exit_contacts.MOST)
    return [recased(item, _NAMES) for item in body]


def _check_count(what: str, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise ValueNotAllowed(f"{what} must name 1 to {most} contacts, not {count}.")


def _entry(one: Wanted, statuses: Iterable[Status]) -> dict[str, Any]:
    return {"contactKey": one.contact_key, "definitionKey": one.journey_key, "status": list(map(_status, statuses))}


def _status(found: Status) -> dict[str, Any]:
    shown = {"version": found.version, "message": found.message}
    return shown | ({"definitionInstanceId": found.instance} if found.instance is not None else {})
