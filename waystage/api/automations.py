"""Signals of automations (contract 19)."""

from __future__ import annotations

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.operations import signal_automation


async def completed(request: Request) -> Reply:
    """POST automations/{automationId}/completed: 202; the audiences are evaluated soon."""
    automation, world = request.path["automationId"], request.world
    await request.write(signal_automation.signal, request.caller.account, automation, world.numbers)
    world.engine.notify()
    return Reply(202)
