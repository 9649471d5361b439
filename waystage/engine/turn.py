"""One turn of the wheel for one lane, in one transaction: take in, else obey a timer, else wake or clear what is due.

The order admit, hear, wake, advance, leave is that of design 8.9: an event that starts a journey cannot also
release it.
"""

from __future__ import annotations

from waystage.engine import timers
from waystage.engine.lane import NEVER, Batch, Lane
from waystage.engine.leave import clear
from waystage.engine.plans import Plans
from waystage.engine.take_in import take_in
from waystage.engine.wake import wake
from waystage.store.sql import Tx


def turn(tx: Tx, lane: Lane, plans: Plans, now: int, limit: int) -> Batch:
    """Take in or move at most about `limit` contacts; the batch tells what changed, for when it has been committed."""
    batch = Batch(tx, lane, now, lane.lease)
    done = take_in(batch, plans, limit) if lane.inbox_waiting else 0
    batch.took_in = done > 0
    if not done and not timers.run_next(batch, plans, limit):
        _move(batch, lane, plans, limit)
    return batch


def _move(batch: Batch, lane: Lane, plans: Plans, limit: int) -> None:
    """Seats in the order of what is due, until the batch is full."""
    seen: set[int] = set()
    while batch.moved < limit and (seat := next_seat(lane, plans, batch.now, seen)) is not None:
        seen.add(seat)
        step = clear if plans.is_stopped(seat) else wake
        step(batch, plans, seat, limit - batch.moved)


def next_seat(lane: Lane, plans: Plans, now: int, seen: set[int]) -> int | None:
    """The seat whose turn it is: a stopped version's at once, others when due; held ones never."""
    due = [
        (plans.due_in(seat, instant), seat)
        for seat, instant in lane.agenda.items()
        if seat not in seen
        and (plans.is_stopped(seat) or (plans.due_in(seat, instant) <= now and not plans.is_held(seat)))
    ]
    return min(due)[1] if due else None


def rests_until(lane: Lane, plans: Plans, now: int) -> int:
    """The next instant at which a turn of this lane has something to do; `now` if it has already."""
    return now if lane.inbox_waiting else released_at(lane, plans, now)


def released_at(lane: Lane, plans: Plans, now: int) -> int:
    """The next instant at which somebody in this lane is due; `now` if somebody is already."""
    awake = [
        now if plans.is_stopped(seat) else plans.due_in(seat, due)
        for seat, due in lane.agenda.items()
        if not plans.is_held(seat)
    ]
    return max(now, min([*awake, timers.earliest(lane, plans, now)], default=NEVER))
