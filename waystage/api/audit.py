"""The audit on the wire: a journey's (api.md 5.9, D-46), and our own of everything (contract 40)."""

from __future__ import annotations

from typing import Any

from waystage.api.interactions import selector, version_number
from waystage.api.replies import Reply, collection, iso_z, wire_date
from waystage.api.requests import Request
from waystage.ground.errors import ValueNotAllowed, WrongFormat
from waystage.operations import read_audit
from waystage.spec import moments
from waystage.store import audit
from waystage.store.audit import Entry, Kind, Wanted

#: Who did it where nobody asked: a pause that was over, for instance.
ITSELF = "Waystage"
_STOP = "Stop"


async def of_journey(request: Request) -> Reply:
    """GET interactions/{id}/audit/{action} and key:{key}/audit/{action}: a collection, the newest first."""
    action, paging = read_audit.read_action(request.path["action"]), request.paging()
    count, found = await request.read(
        read_audit.of_journey,
        request.caller.account,
        selector(request),
        version_number(request),
        action,
        paging.size,
        paging.offset,
    )
    offset = request.world.settings.utc_offset
    return Reply(body=collection([_change(one, offset) for one in found], count, paging.page, paging.size))


def _change(entry: Entry, offset: int) -> dict[str, Any]:
    """One change of a journey version; what else the audit knows of it follows the documented names."""
    details = dict(entry.details)
    words = {name: details.pop(name) for name in ("originalDefinitionId", "name", "description")}
    mode = details.pop("executionMode")
    return {
        "id": entry.thing,
        "action": entry.action,
        "user": {"name": entry.client_name or ITSELF, "userId": entry.user},
        "timeStamp": wire_date(entry.at, offset),
        "key": entry.name,
        "versionNumber": entry.version,
        **words,
        **({} if entry.action == _STOP else {"executionMode": mode}),
        **details,
    }


async def everything(request: Request) -> Reply:
    """GET audit: every change in the business unit, the newest first; `kind`, `start` and `end` narrow it."""
    paging, text = request.paging(), request.query.text
    kind = _kind(text("kind"))
    start, end = (_date(request, name) for name in ("start", "end"))
    wanted = Wanted(request.caller.account, kind=kind, start=start, end=end)
    count, found = await request.read(audit.page, wanted, paging.size, paging.offset)
    return Reply(body=collection([_entry(one) for one in found], count, paging.page, paging.size))


def _kind(asked: str | None) -> str | None:
    known = {kind.value.lower(): kind.value for kind in Kind}
    if asked and asked.lower() not in known:
        raise ValueNotAllowed(f"kind must be one of {', '.join(known.values())}.")
    return known[asked.lower()] if asked else None


def _date(request: Request, name: str) -> int | None:
    value = request.query.text(name)
    try:
        return moments.parse_date(value, request.world.settings.utc_offset) if value else None
    except (ValueError, OverflowError) as error:
        raise WrongFormat(f"{name}: {error}") from error


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "action": entry.action,
        "id": entry.thing,
        "key": entry.name,
        "versionNumber": entry.version or None,
        "user": {"name": entry.client_name or ITSELF, "userId": entry.user, "clientId": entry.client},
        "timeStamp": iso_z(entry.at),
        "realTime": iso_z(entry.real_at),
        "details": entry.details,
    }
