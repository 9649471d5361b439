"""Our own control of time and engine, and the message store (contract, "Our own resources")."""

from __future__ import annotations

import asyncio
from typing import Any

from waystage.api.replies import Reply, collection, iso_z, wire_date
from waystage.api.requests import Request, recased
from waystage.ground.errors import (
    ClockNotVirtual,
    MissingValue,
    SettleTimeout,
    ValueNotAllowed,
    WrongFormat,
    WrongType,
)
from waystage.operations import read_messages
from waystage.operations.body_check import as_object
from waystage.operations.read_messages import Query, Reading
from waystage.spec import moments
from waystage.store.message_lists import STATUSES

#: Seconds that a caller of settle waits for when it does not say, and at most.
PATIENCE, MOST_PATIENCE = 60.0, 3600.0


async def read_clock(request: Request) -> Reply:
    """GET clock: how time moves, and the present instant of journeys."""
    return Reply(body={"mode": request.world.clock.mode, "now": iso_z(request.now)})


async def advance(request: Request) -> Reply:
    """POST clock/advance: answers when everything due has been done and every effect handed over."""
    world = request.world
    body = recased(as_object(request.json()), ("by", "to"))
    if world.clock.mode != "virtual":
        _target(body, request.now, world.settings.utc_offset)
        raise ClockNotVirtual
    async with world.advancing:
        target = _target(body, world.clock.now(), world.settings.utc_offset)
        done = await asyncio.wrap_future(world.engine.advance(target))
    moved = {"instants": done.instants, "moved": done.moved}
    return Reply(body={"mode": world.clock.mode, "now": iso_z(done.now), **moved})


def _target(body: dict[str, Any], now: int, offset: int) -> int:
    """The instant that `by` or `to` means; errors name the field."""
    named = [name for name in ("by", "to") if body.get(name) is not None]
    if not named:
        raise MissingValue("Either by (such as P3DT2H) or to (such as 2026-03-01T00:00:00Z) is required.")
    if len(named) > 1:
        raise ValueNotAllowed("by and to exclude each other: send one of them.")
    name = named[0]
    if not isinstance(body[name], str):
        raise WrongType(f"{name} must be text.")
    try:
        target = _instant(name, body[name], now, offset)
    except (ValueError, OverflowError) as error:
        raise WrongFormat(f"{name}: {error}") from error
    if target < now:
        raise ValueNotAllowed(f"{name}: {iso_z(target)} is past; the clock stands at {iso_z(now)} and never goes back.")
    return target


def _instant(name: str, text: str, now: int, offset: int) -> int:
    if name == "to":
        return moments.parse_date(text, offset)
    return moments.add_duration(now, moments.parse_duration(text), moments.fixed_zone(offset))


async def settle(request: Request) -> Reply:
    """POST engine/settle: 200 when nothing is runnable at the present instant; SettleTimeout."""
    world = request.world
    body = recased(as_object(request.json()), ("timeoutSeconds",))
    patience = _patience(body.get("timeoutSeconds"))
    # Not cancelled on a time-out: the engine goes on with what it was asked for.
    rest = asyncio.wrap_future(world.engine.settle())
    await asyncio.wait([rest], timeout=patience)
    if not rest.done():
        rest.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise SettleTimeout(f"{SettleTimeout.message[:-1]} ({patience:g} s).")
    return Reply(body={"mode": world.clock.mode, "now": iso_z(rest.result())})


def _patience(value: object) -> float:
    if value is None:
        return PATIENCE
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType("timeoutSeconds must be a number.")
    if not 0 < value <= MOST_PATIENCE:
        raise ValueNotAllowed(f"timeoutSeconds must be above 0 and at most {MOST_PATIENCE:g}.")
    return float(value)


async def list_messages(request: Request) -> Reply:
    """GET messages: the message store of the business unit, newest first."""
    paging, text = request.paging(), request.query.text
    status = text("status") or None
    if status is not None and status.casefold() not in STATUSES:
        raise ValueNotAllowed(f"status must be one of {', '.join(STATUSES)}.")
    query = Query(
        text("contactKey"),
        text("journeyKey"),
        text("activityKey"),
        text("channel") or None,
        status.casefold() if status else None,
    )
    count, found = await request.read(
        read_messages.page, request.caller.account, query, paging.size, paging.offset, request.world.tracker
    )
    items = [_message(one, request.world.settings.utc_offset) for one in found]
    return Reply(body=collection(items, count, paging.page, paging.size))


def _message(reading: Reading, offset: int) -> dict[str, object]:
    stored = reading.message
    return {
        "requestId": stored.effect.request_id,
        "channel": reading.channel,
        "contactKey": stored.contact_key,
        "to": stored.effect.address,
        "subject": reading.texts.subject,
        "html": reading.texts.html,
        "text": reading.texts.text,
        "status": stored.status,
        "reason": stored.reason,
        "journeyKey": reading.journey_key,
        "version": reading.version,
        "activityKey": reading.activity_key,
        "createdDate": wire_date(stored.effect.at, offset),
        "sentDate": None if stored.sent is None else wire_date(stored.sent, offset),
    }
