"""Trigger tests on the wire (api.md 5.7, D-44); `results`, `errors` and `stopped` are extensions of ours.

A test is open until it is deleted (contract 13). POST answers as the reference does, `Running`; PUT shows what has come
of it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request, recased
from waystage.operations import trigger_tests
from waystage.operations.body_check import as_object
from waystage.operations.follow_contacts import Ran, Report, read_report
from waystage.operations.trigger_tests import Asked, Prepared
from waystage.store.trigger_tests import TriggerTest

_NAMES = ("definitionId", "key", "versionNumber", "contacts")


async def create(request: Request) -> Reply:
    """POST interactions/triggerTest/{eventDefinitionId}: 201."""
    prepared = await request.read(trigger_tests.prepare, _asked(request), _body(request))
    test = await request.write(trigger_tests.keep, prepared, await _run(request, prepared))
    return Reply(201, _test(request, test, "Running"))


async def update(request: Request) -> Reply:
    """PUT interactions/triggerTest/{eventDefinitionId}: runs it with other contacts, if any are given."""
    prepared = await request.read(trigger_tests.prepare_again, _asked(request), _body(request))
    if isinstance(prepared, Prepared):
        test = await request.write(trigger_tests.keep_again, prepared, await _run(request, prepared))
    else:
        test = prepared
    offset = request.world.settings.utc_offset
    return Reply(body=_test(request, test, "Completed") | _report(read_report(test.report), offset))


async def remove(request: Request) -> Reply:
    """DELETE interactions/triggerTest/{eventDefinitionId}: `{}`."""
    await request.write(trigger_tests.remove, request.caller.account, request.path["eventDefinitionId"])
    return Reply()


def _asked(request: Request) -> Asked:
    world, event_id = request.world, request.path["eventDefinitionId"]
    return Asked(request.caller.account, event_id, request.now, world.kinds, world.settings.utc_offset)


def _body(request: Request) -> dict[str, Any]:
    return recased(as_object(request.json()), _NAMES)


async def _run(request: Request, prepared: Prepared) -> Report:
    """On a thread of its own, one rehearsal after the other: the event loop goes on answering."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(request.world.rehearsals, prepared.rehearsal.run)


def _test(request: Request, test: TriggerTest, status: str) -> dict[str, object]:
    return {
        "id": test.guid,
        "eventDefinitionId": request.path["eventDefinitionId"].lower(),
        "status": status,
        "createdDate": wire_date(test.created, request.world.settings.utc_offset),
    }


def _report(report: Report, offset: int) -> dict[str, object]:
    return {
        "errors": report.errors,
        "stopped": report.stopped,
        "results": [_ran(one, offset) for one in report.contacts],
    }


def _ran(ran: Ran, offset: int) -> dict[str, object]:
    return {
        "contactKey": ran.contact_key,
        "entered": ran.entered,
        "refused": ran.refused,
        "activities": [
            {"activityKey": one.activity_key, "date": wire_date(one.at, offset), "outcome": one.outcome}
            for one in ran.passed
        ],
        "messages": [
            {
                "activityKey": one.activity_key,
                "channel": one.channel,
                "to": one.to,
                "subject": one.subject,
                "reason": one.reason,
                "createdDate": wire_date(one.at, offset),
            }
            for one in ran.messages
        ],
        "ended": None if ran.ended is None else {"date": wire_date(ran.ended_at, offset), "reason": ran.ended},
    }
