"""Endings that do not come from a path: of a stopped version, of contacts that are to leave, of who cannot be moved."""

from __future__ import annotations

from waystage.engine.advance import setting_of
from waystage.engine.lane import NEVER, Batch
from waystage.engine.plans import Plans, Seat
from waystage.ground import log
from waystage.ground.ids import guid_of
from waystage.plan.moves import Reason
from waystage.plan.strides import End, Leaf, Stride
from waystage.store import batches, calls, hearing, moves, remarks, trace
from waystage.store.stand import Stand

#: Everybody takes the same way: out.
_OUT = Leaf(0, (), End(Reason.STOPPED))
_WAY_OUT = Stride(_OUT, (_OUT,), (), ())


def clear(batch: Batch, plans: Plans, seat_number: int, limit: int) -> int:
    """End at most `limit` passages that rest in a seat of a stopped version (design 8.12); returns how many were."""
    return _end_first(batch, plans.seat(seat_number), limit, Reason.STOPPED)


def eject_first(batch: Batch, plans: Plans, seat_number: int, message: str) -> None:
    """End the passage that is due first in a seat because it cannot be moved (design 8.21, journey-spec 8.9)."""
    _end_first(batch, plans.seat(seat_number), 1, Reason.ERROR, message)


def _end_first(batch: Batch, seat: Seat, limit: int, why: Reason, message: str = "") -> int:
    tx, lane = batch.tx, batch.number
    bound = batches.bound_of(tx, lane, seat.number, NEVER, limit)
    if message:
        _tell(seat, lane, bound.instance)
    taken = batches.take(tx, lane, seat.number, bound, seat.activity, batches.Way("0", {}, carries=False))
    if taken:
        if message:
            base = batch.use(remarks=taken)["remarks"]
            remarks.note_failed(tx, lane, seat.running.plan.version, seat.activity, base, batch.now, message)
        end_all(batch, seat, taken, why)
    batch.emptied[seat.number] = batches.earliest(tx, lane, seat.number)
    return taken


def _tell(seat: Seat, lane: int, instance: int) -> None:
    """The passage by the id that explain and history show."""
    plan = seat.running.plan
    log.logger("engine").error(
        "a passage ends because it cannot be moved",
        lane=lane,
        version=plan.version,
        activity=plan.activity(seat.activity).key,
        instance=guid_of("instance", lane, instance),
    )


def end_all(batch: Batch, seat: Seat, taken: int, why: Reason) -> None:
    """End the passages of the whole working set, which was taken from one seat and stands at its activity."""
    plan, reason = seat.running.plan, why.value
    version = plan.version
    if seat.hears is not None:
        hearing.stop_listening(batch.tx, batch.number, seat.hears.definition)
    if seat.awaits_reply:
        calls.drop(batch.tx, batch.number, version, seat.activity)
    setting = setting_of(batch, seat.running, "w")
    stand = Stand(batch.tx, batch.number, seat.activity, batch.now, version, _WAY_OUT, setting)
    path = batch.path(trace.Path(version, (), reason))
    moves.trace(stand, [moves.Finished(0, 0, path, 0, 0)], batch.use(hops=taken)["hops"])
    moves.leave(stand, [0], plan.journey)
    batch.counts[version, seat.activity, "departed"] += taken
    batch.counts[version, 0, f"ended:{reason}"] += taken
    batch.moved += taken
    batch.hops += taken
    batches.clear(batch.tx, batch.number, "work")
