"""When goal sweeps happen: every 24 hours after publication while somebody rests in the version (contract 34)."""

from __future__ import annotations

from waystage.engine.lane import Batch
from waystage.engine.plans import Running
from waystage.store.timers import TimerKind

_EVERY = 24 * 3_600_000


def next_instant(running: Running, now: int) -> int:
    """The first instant after `now` that is whole days after the publication (contract 34)."""
    return running.published + ((now - running.published) // _EVERY + 1) * _EVERY


def begin_if_first(batch: Batch, running: Running) -> None:
    """Somebody comes to rest: from now on there is a sweep, if nobody of the version rested in this lane before."""
    version = running.plan.version
    seats = {*running.seats.values(), *running.released.values()}
    if running.plan.goal is None or not seats.isdisjoint(batch.lane.agenda):
        return
    due = batch.timer(TimerKind.SWEEP, version)
    if due is None or due <= batch.now:
        batch.set_timer(TimerKind.SWEEP, version, next_instant(running, batch.now))
