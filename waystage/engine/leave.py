"""Endings that do not come from a path: instances of a stopped version are cleared away in slices (design 8.12)."""

from __future__ import annotations

from waystage.engine.advance import setting_of
from waystage.engine.lane import NEVER, Batch
from waystage.engine.plans import Plans, Running
from waystage.plan.moves import Reason
from waystage.plan.strides import End, Leaf, Stride
from waystage.store import batches, moves, remarks, trace

#: Everybody takes the same way: out.
_OUT = Leaf(0, (), End(Reason.STOPPED))
_WAY_OUT = Stride(_OUT, (_OUT,), (), (), ())


def clear(batch: Batch, plans: Plans, seat: int, limit: int) -> int:
    """End at most `limit` passages that rest in a seat of a stopped version; returns how many were."""
    running, activity = plans.of_seat(seat)
    tx, lane = batch.tx, batch.number
    bound = batches.bound_of(tx, lane, seat, NEVER, limit)
    taken = batches.take(tx, lane, seat, bound, activity, "0", {})
    if taken:
        _end(batch, running, activity, taken, Reason.STOPPED)
    batch.emptied[seat] = batches.earliest(tx, lane, seat)
    return taken


def _end(batch: Batch, running: Running, activity: int, taken: int, why: Reason) -> None:
    version, reason = running.plan.version, why.value
    stand = moves.Stand(batch.tx, batch.number, activity, batch.now, version, _WAY_OUT, setting_of(batch, running, "w"))
    path = batch.path(trace.Path(version, (), reason))
    moves.trace(stand, [moves.Finished(0, 0, path, 0, 0)], batch.use(hops=taken)["hops"])
    moves.leave(stand, [0], running.plan.journey)
    batch.counts[version, activity, "departed"] += taken
    batch.counts[version, 0, f"ended:{reason}"] += taken
    batch.moved += taken
    batch.hops += taken
    batches.clear(batch.tx, batch.number, "work")


def eject_first(batch: Batch, plans: Plans, seat: int, message: str) -> None:
    """End the passage that is due first in a seat because it cannot be moved (design 8.21, journey-spec 8.9)."""
    running, activity = plans.of_seat(seat)
    tx, lane = batch.tx, batch.number
    bound = batches.bound_of(tx, lane, seat, NEVER, 1)
    taken = batches.take(tx, lane, seat, bound, activity, "0", {})
    if taken:
        base = batch.use(remarks=taken)["remarks"]
        remarks.note_failed(tx, lane, running.plan.version, activity, base, batch.now, message)
        _end(batch, running, activity, taken, Reason.ERROR)
    batch.emptied[seat] = batches.earliest(tx, lane, seat)
