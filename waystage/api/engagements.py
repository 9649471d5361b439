"""What people did with messages, and which path is the best (contract, "Our own resources"; journey-spec 3.8)."""

from __future__ import annotations

from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.operations import decide_winner, note_engagement
from waystage.operations.body_check import as_object


async def note(request: Request) -> Reply:
    """POST engagements: 202; the same fact told twice is one fact."""
    told = note_engagement.read(recased(as_object(request.json()), ("requestId", "type", "url")))
    await request.write(note_engagement.note, request.caller.account, told, request.now)
    return Reply(202, {"status": "Accepted"})


async def decide(request: Request) -> Reply:
    """PUT journeys/{key}/winners/{activityKey}: whoever waits for the decision goes on, whoever comes follows."""
    body = recased(as_object(request.json()), ("versionNumber", "outcomeKey"))
    choice = decide_winner.read(request.path["key"], request.path["activityKey"], body)
    world = request.world
    await request.write(decide_winner.decide, world.kinds, request.caller.account, choice, world.numbers, request.now)
    world.engine.notify()
    return Reply(
        body={
            "journeyKey": choice.journey_key,
            "versionNumber": choice.version,
            "activityKey": choice.activity_key,
            "outcomeKey": choice.outcome_key,
        }
    )
