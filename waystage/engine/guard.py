"""What happens when a pause has lasted for the days that were asked for (journey-spec 8.6)."""

from __future__ import annotations

from waystage.engine import lifecycle
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans
from waystage.store.timers import TimerKind


def guard(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """Stop or resume a version whose pause is over; `limit` does not matter, it is one version."""
    del limit
    running = plans.version(version)
    if running is not None and running.status == "Paused" and running.pause is not None and plans.numbers is not None:
        if running.pause.guard == "stop":
            lifecycle.stop(batch.tx, [version], plans.numbers, batch.now)
        else:
            lifecycle.resume(batch.tx, [version], plans.numbers, batch.now)
        batch.told = True
    batch.drop_timer(TimerKind.GUARD, version)
