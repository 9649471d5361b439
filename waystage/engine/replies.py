"""Answers of custom activities: whoever rests for one moves to the released seat, due at once (design 8.16).

As with events that somebody waits for: a paused version keeps them there until it goes on.
"""

from __future__ import annotations

from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Running
from waystage.store import batches, calls, inbox
from waystage.store.inbox import InboxGroup


def take(batch: Batch, plans: Plans, group: InboxGroup) -> int:
    """Take the replies of a slice in, which are all of one version; returns how many rows were consumed."""
    running = plans.version(group.definition)
    if running is not None:
        for activity in calls.answered(batch.tx, batch.number, group):
            _release(batch, running, group, activity)
    return inbox.consume_kind(batch.tx, batch.number, group)


def _release(batch: Batch, running: Running, group: InboxGroup, activity: int) -> None:
    tx, lane, version = batch.tx, batch.number, group.definition
    seat, released = running.seats.get(activity), running.released.get(activity)
    if seat is None or released is None:
        return
    found = calls.gather(tx, lane, group, activity, seat)
    if not found:
        return
    calls.note(tx, lane, version, activity, batch.use(remarks=group.count)["remarks"], batch.now)
    calls.release(tx, lane, activity, seat, released, batch.now)
    batches.clear(tx, lane, "work")
    batch.park(released, batch.now)
    batch.emptied[seat] = batches.earliest(tx, lane, seat)
