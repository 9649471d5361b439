"""Dropping what a transactional journey has not sent yet: events kept during a pause, and queued messages (api.md 4.7).

It comes through the inbox, so it meets exactly the events that were accepted before it.
"""

from __future__ import annotations

from waystage.engine.lane import Batch
from waystage.store import queues, replays
from waystage.store.timers import TimerKind


def clear(batch: Batch, version: int) -> None:
    """Nothing of this lane that waits is sent any more; a message that is on its way just now may still be."""
    replays.drop(batch.tx, batch.number, version)
    if batch.timer(TimerKind.HELD, version) is not None:
        batch.drop_timer(TimerKind.HELD, version)
    queues.clear(batch.tx, batch.number, version, batch.now)
