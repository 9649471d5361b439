"""Every 24 hours after publication: who of the waiting meets the goal is counted, and leaves if it ends the journey."""

from __future__ import annotations

import msgspec

from waystage.engine import leave
from waystage.engine.advance import setting_of
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Running, Seat
from waystage.engine.sweep_times import next_instant
from waystage.ground import log
from waystage.ground.ids import guid_of
from waystage.plan.looks import DEPARTURES, passing
from waystage.plan.moves import Reason
from waystage.plan.plans import Goal
from waystage.store import batches, goals, looked, sweeps
from waystage.store.batches import Bound
from waystage.store.timers import TimerKind

_BEFORE_ALL = Bound(-(2**62), 0)


class Cursor(msgspec.Struct, array_like=True):
    """How far a sweep has come: everything in lower seats, and in this one up to a row."""

    seat: int = 0
    due: int = _BEFORE_ALL.due
    instance: int = 0


def sweep(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """Look at the next `limit` of those who wait."""
    running = plans.version(version)
    if running is None or running.plan.goal is None or running.status == "Stopped":
        batch.drop_timer(TimerKind.SWEEP, version)
        return
    text = batch.cursor(TimerKind.SWEEP, version)
    if not text and _fell_into_a_pause(running, batch.timer(TimerKind.SWEEP, version) or batch.now):
        batch.set_timer(TimerKind.SWEEP, version, next_instant(running, batch.now - 1))
        return
    cursor = msgspec.json.decode(text, type=Cursor) if text else Cursor()
    after = _look_on(batch, plans, running.plan.goal, version, cursor, limit)
    if after is not None:
        batch.set_timer(TimerKind.SWEEP, version, batch.now, msgspec.json.encode(after).decode())
    elif plans.rest_in(batch.lane.agenda, version):
        batch.set_timer(TimerKind.SWEEP, version, next_instant(running, batch.now))
    else:
        batch.drop_timer(TimerKind.SWEEP, version)


def _fell_into_a_pause(running: Running, due: int) -> bool:
    """Sweeps of a paused version are skipped (design 8.8)."""
    pause = running.pause
    return pause is not None and pause.resumed is not None and pause.since <= due < pause.resumed


def skip_first(batch: Batch, plans: Plans, version: int, message: str) -> None:
    """Pass over the next of those who wait, at whom the goal cannot be looked; they may still meet it later."""
    text = batch.cursor(TimerKind.SWEEP, version)
    slice_ = _slice(batch, plans, version, msgspec.json.decode(text, type=Cursor) if text else Cursor(), 1)
    if slice_ is not None:
        seat, (_, bound) = slice_
        passage = guid_of("instance", batch.number, bound.instance)
        log.logger("engine").warning(
            "a goal could not be looked at", lane=batch.number, version=version, instance=passage, error=message
        )
        after = Cursor(seat.number, bound.due, bound.instance)
        batch.set_timer(TimerKind.SWEEP, version, batch.now, msgspec.json.encode(after).decode())


def _look_on(batch: Batch, plans: Plans, goal: Goal, version: int, cursor: Cursor, limit: int) -> Cursor | None:
    """Look at slices until one was full; None if nobody is left. Seats with few people cost no batch of their own."""
    while (found := _slice(batch, plans, version, cursor, limit)) is not None:
        seat, (after, bound) = found
        _look(batch, seat, goal, (after, bound))
        cursor = Cursor(seat.number, bound.due, bound.instance)
        if bound != sweeps.ALL:
            return cursor
    return None


def _slice(
    batch: Batch, plans: Plans, version: int, cursor: Cursor, limit: int
) -> tuple[Seat, tuple[Bound, Bound]] | None:
    """The next slice: the first seat that has any left, behind which row and up to which."""
    for seat in plans.seats_of(version):
        if seat.number < cursor.seat or not seat.is_wait:
            continue
        after = Bound(cursor.due, cursor.instance) if seat.number == cursor.seat else _first(batch, plans, seat)
        bound = sweeps.slice_after(setting_of(batch, seat.running, "q"), seat.number, after, limit)
        if bound is not None:
            return seat, (after, bound)
    return None


def _first(batch: Batch, plans: Plans, seat: Seat) -> Bound:
    """Behind whom to begin: whoever is due is looked at when the wait ends, which is at this very instant."""
    return _BEFORE_ALL if plans.is_held(seat.number) else Bound(batch.now - seat.shift, 2**62)


def _look(batch: Batch, seat: Seat, goal: Goal, slice_: tuple[Bound, Bound]) -> None:
    tx, lane, version = batch.tx, batch.number, seat.running.plan.version
    setting = setting_of(batch, seat.running, "q")
    if not goal.ends:
        _count(batch, seat, sweeps.note(setting, seat.number, version, slice_, goal.condition))
        return
    taken = sweeps.take(setting, seat.number, seat.activity, slice_, goal.condition)
    if taken:
        if values := passing([goal.condition]):
            looked.keep_for_all(setting_of(batch, seat.running, "w"), DEPARTURES, values)
        _count(batch, seat, goals.note_leaf(tx, lane, version, 0, batch.now))
        leave.end_all(batch, seat, taken, Reason.MET_GOAL)
        batch.emptied[seat.number] = batches.earliest(tx, lane, seat.number)


def _count(batch: Batch, seat: Seat, met: int) -> None:
    """The version's count, and that of the activity at which they waited."""
    version = seat.running.plan.version
    batch.counts[version, 0, "met_goal"] += met
    batch.counts[version, seat.activity, "met_goal"] += met
