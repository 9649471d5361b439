"""Transactional journeys on the wire (api.md 4.7): 200 `{"errors": []}`, or 400 with what is wrong (envelope E3).

Of an error some clients read the `message` and nothing else (clients.md 3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.engine.plans import Plans
from waystage.operations import run_transactional
from waystage.operations.body_check import as_object
from waystage.operations.run_transactional import Asked, Findings
from waystage.store.sql import Tx

#: Seconds for which clearQueue waits until the engine has done it; after that it is done soon.
_PATIENCE = 5.0


async def create(request: Request) -> Reply:
    """POST interactions/transactional/create: the Draft runs from now on."""
    return await _do(request, run_transactional.create)


async def pause(request: Request) -> Reply:
    """POST interactions/transactional/pause: events are kept, nothing is sent."""
    return await _do(request, run_transactional.pause)


async def resume(request: Request) -> Reply:
    """POST interactions/transactional/resume: what was kept is sent, by the journey as it is stored now."""
    return await _do(request, run_transactional.resume)


async def clear_queue(request: Request) -> Reply:
    """POST interactions/transactional/clearQueue: what was accepted and is not sent yet never will be."""
    reply = await _do(request, run_transactional.clear_queue)
    await asyncio.wait([asyncio.wrap_future(request.world.engine.rest())], timeout=_PATIENCE)
    return reply


async def _do(request: Request, operation: Callable[[Tx, Asked], Findings]) -> Reply:
    named = run_transactional.read(recased(as_object(request.json()), ("definitionId",)))
    world = request.world
    compiler = Plans(world.kinds, world.settings.utc_offset)
    asked = Asked(request.caller.account, named, compiler, world.numbers, request.now)
    findings = await request.write(operation, asked)
    world.event_forms.forget()
    world.engine.notify()
    errors = [{**finding, "message": finding["errorDetail"]} for finding in findings]
    return Reply(400 if errors else 200, {"errors": errors})
