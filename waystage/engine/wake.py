"""Take the instances of one seat that are due, and let them run on."""

from __future__ import annotations

from waystage.engine import advance
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans
from waystage.ground.crashpoints import reach
from waystage.plan.strides import stride
from waystage.store import batches


def wake(batch: Batch, plans: Plans, seat: int, limit: int) -> int:
    """Move at most `limit` due instances of a seat; returns how many were."""
    running, activity = plans.of_seat(seat)
    tx, lane = batch.tx, batch.number
    bound = batches.bound_of(tx, lane, seat, batch.now, limit)
    way = stride(running.plan, activity, woken=True)
    leaf, setting = advance.leaf_for(batch, running, way, "queue")
    values = {**setting.binder.values, "now": batch.now}
    taken = batches.take(tx, lane, seat, bound, activity, leaf, values)
    reach("engine.after-work")
    if taken:
        batch.counts[running.plan.version, activity, "departed"] += taken
        advance.run(batch, running, activity, size=taken, count=taken, woken=True)
        batches.clear(tx, lane, "work")
    batch.emptied[seat] = batches.earliest(tx, lane, seat)
    return taken
