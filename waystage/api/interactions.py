"""Journeys over HTTP: create, update, read, list, delete (api.md 3)."""

from __future__ import annotations

from waystage.api import journey_replies
from waystage.api.interaction_lists import asked_filter, asked_order
from waystage.api.replies import Reply, collection
from waystage.api.requests import Request, recased
from waystage.ground.errors import MalformedJson, MalformedUpdate, WrongType
from waystage.operations import delete_version, read_versions, save_version
from waystage.operations.read_versions import Reading, Stats
from waystage.operations.save_version import Author, Unchanged, Update
from waystage.store.version_lists import Part
from waystage.store.versions import Selector

OK_UNCHANGED = 200


def selector(request: Request) -> Selector:
    """Give how the path names the journey: `id` or `key`."""
    return Selector("key", request.path["key"]) if "key" in request.path else Selector("id", request.path["id"])


def version_number(request: Request) -> int | None:
    """Give `?versionNumber=`; WrongType."""
    return request.query.integer("versionNumber")


def _author(request: Request) -> Author:
    return Author(request.caller.account, request.caller.user_id, request.world.settings.utc_offset)


def _body(request: Request) -> object:
    body = request.json()
    return recased(body, journey_replies.FIELDS) if isinstance(body, dict) else body


async def create(request: Request) -> Reply:
    """POST interactions: a new journey, or the next version of one (D-15 to D-18)."""
    version = await request.write(save_version.create, _author(request), _body(request), request.now)
    reading = Reading(version, Stats())
    return Reply(body=journey_replies.saved(reading, request.world.settings.utc_offset, with_stats=False))


async def update(request: Request) -> Reply:
    """PUT interactions, by the body's key."""
    return await _update(request, None)


async def update_selected(request: Request) -> Reply:
    """PUT interactions/{id} and interactions/key:{key}."""
    return await _update(request, selector(request))


async def _update(request: Request, named: Selector | None) -> Reply:
    body = _update_body(request)
    asked = Update(named, _selecting_version(request), request.world.settings.require_modified_date)
    try:
        version = await request.write(save_version.update, _author(request), asked, body, request.now)
    except Unchanged as unchanged:
        if request.world.settings.no_change_status != OK_UNCHANGED:
            raise
        version = unchanged.version
    reading = await request.read(read_versions.of_version, version)
    return Reply(body=journey_replies.saved(reading, request.world.settings.utc_offset, with_stats=True))


def _selecting_version(request: Request) -> int | None:
    """Give `?versionNumber=` of an update; a wrong one has the envelope of updates (D-28)."""
    try:
        return version_number(request)
    except WrongType as error:
        raise MalformedUpdate([error]) from error


def _update_body(request: Request) -> object:
    """Read the body of an update; an unreadable one has the envelope of updates (D-28)."""
    try:
        return _body(request)
    except MalformedJson as error:
        raise MalformedUpdate([error]) from error


async def read(request: Request) -> Reply:
    """GET interactions/{id} and interactions/key:{key} (D-29 to D-31)."""
    asked = journey_replies.extras(request.query.words("extras"))
    reading = await request.read(
        read_versions.one,
        request.caller.account,
        selector(request),
        version_number(request),
        health_at=_health_at(request, asked),
    )
    return Reply(body=journey_replies.single(reading, asked, request.world.settings.utc_offset))


def _health_at(request: Request, asked: frozenset[str]) -> int | None:
    """Give the instant for which delays are counted, if they are asked for."""
    return request.now if "healthStats" in asked else None


async def delete(request: Request) -> Reply:
    """DELETE interactions/{id} and interactions/key:{key}: the quoted id (D-32)."""
    world, account = request.world, request.caller.account
    guid = await request.write(
        delete_version.delete, account, selector(request), version_number(request), world.numbers, request.now
    )
    world.engine.notify()
    return Reply(body=guid)


async def collect(request: Request) -> Reply:
    """GET interactions: a page of journeys (D-33)."""
    paging, account = request.paging(), request.caller.account
    wanted, order = asked_filter(request.query), asked_order(request.query)
    asked = journey_replies.extras(request.query.words("extras"))
    part = Part(paging.size, paging.offset)
    health_at = _health_at(request, asked)
    total, readings = await request.read(read_versions.page, account, wanted, order, part, health_at=health_at)
    items = [journey_replies.row(reading, asked, request.world.settings.utc_offset) for reading in readings]
    envelope = collection(items, total, paging.page, paging.size)
    if "summary" in asked:
        summary = await request.read(read_versions.summary, account, wanted)
        envelope["summary"] = {
            "totalInteractions": summary.total,
            "totalRunningVersionsWithDefinedGoal": summary.running_with_goal,
            "totalRunningVersionsMeetingGoal": summary.running_meeting_goal,
            "cumulativePopulation": summary.cumulative,
        }
    return Reply(body=envelope)
