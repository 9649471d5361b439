"""Take the instances of one seat that are due, or released by an event, and let them run on."""

from __future__ import annotations

from waystage.engine import advance
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Seat
from waystage.ground.crashpoints import reach
from waystage.plan.strides import Stride, event_readers, stride
from waystage.store import batches, goals, hearing


def wake(batch: Batch, plans: Plans, seat_number: int, limit: int) -> int:
    """Move at most `limit` due instances of a seat; returns how many were."""
    seat = plans.seat(seat_number)
    running, activity = seat.running, seat.activity
    tx, lane = batch.tx, batch.number
    bound = batches.bound_of(tx, lane, seat.number, batch.now - seat.shift, limit)
    way = stride(running.plan, activity, seat.cause)
    carries = event_readers(way) > 1
    leaf, setting = advance.leaf_for(batch, running, way, "queue", event_data="d.data" if carries else "")
    chosen = batches.Way(leaf, {**setting.binder.values, "now": batch.now}, carries)
    taken = batches.take(tx, lane, seat.number, bound, activity, chosen)
    reach("engine.after-work")
    if taken:
        batch.counts[running.plan.version, activity, "departed"] += taken
        if seat.hears is not None:
            hearing.stop_listening(tx, lane, seat.hears.definition)
        _count_goal(batch, seat, way)
        advance.run(batch, running, activity, size=taken, count=taken, cause=seat.cause, has_event=carries)
        batches.clear(tx, lane, "work")
    batch.emptied[seat.number] = batches.earliest(tx, lane, seat.number)
    return taken


def _count_goal(batch: Batch, seat: Seat, way: Stride) -> None:
    """Whoever meets the goal when a wait ends is counted, once for each passage (journey-spec 7.1)."""
    plan = seat.running.plan
    if plan.goal is None or not seat.is_wait:
        return
    if way.goal is not None:
        met = goals.note_leaf(batch.tx, batch.number, plan.version, way.goal, batch.now)
    else:
        met = goals.note_condition(advance.setting_of(batch, seat.running, "w"), plan.version, plan.goal.condition)
    batch.counts[plan.version, 0, "met_goal"] += met
    batch.counts[plan.version, seat.activity, "met_goal"] += met
