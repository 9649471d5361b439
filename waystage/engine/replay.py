"""After a pause: those enter whose events came meanwhile, in order, when all waits that were due are over."""

from __future__ import annotations

from waystage.engine import admit
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans
from waystage.store import batches, remarks, replays
from waystage.store.timers import TimerKind


def replay(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """Let at most `limit` held events enter; entry rules and filters count now (journey-spec 8.6)."""
    tx, lane, running = batch.tx, batch.number, plans.version(version)
    if running is None or running.status == "Stopped":
        replays.drop(tx, lane, version)
        batch.drop_timer(TimerKind.HELD, version)
        return
    events, last = replays.gather(tx, lane, version, limit)
    if events:
        admit.enter(batch, plans, running, last)
        replays.consume(tx, lane, version)
        batches.clear(tx, lane, "arriving")
    if not replays.are_held(tx, lane, version):
        batch.drop_timer(TimerKind.HELD, version)


def skip_first(batch: Batch, plans: Plans, version: int, message: str) -> None:
    """Give up the oldest held event, which cannot enter, and say so (design 8.21)."""
    del plans
    contact = replays.drop_first(batch.tx, batch.number, version)
    if contact is not None:
        seq = batch.use(remarks=1)["remarks"] + 1
        remarks.note_lost_event(batch.tx, batch.number, seq, batch.now, contact, message)
    if not replays.are_held(batch.tx, batch.number, version):
        batch.drop_timer(TimerKind.HELD, version)
