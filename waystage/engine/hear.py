"""Events that somebody waits for: they move from the listening seat to the released one, where they are due at once.

It is done before anybody enters by the same event, so what starts a passage cannot release it (design 8.9); entry modes
still see whoever is released inside.
"""

from __future__ import annotations

from waystage.engine.advance import setting_of
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Seat
from waystage.plan.looks import passing, rest_place
from waystage.store import batches, hearing, looked


def hear(batch: Batch, plans: Plans, definition: int) -> None:
    """Release whoever waits for the arrived events of a definition; each contact has at most one of them here."""
    for seat in plans.hearing(definition):
        if seat.number in batch.lane.agenda or seat.number in batch.parked:
            _hear(batch, seat, definition)


def _hear(batch: Batch, seat: Seat, definition: int) -> None:
    tx, lane, running = batch.tx, batch.number, seat.running
    if seat.hears is None:
        return
    setting = setting_of(batch, running, "l")
    setting.heard = (definition, "a.data")
    found = hearing.gather(setting, seat.number, definition, seat.alive_at(batch.now), seat.hears.condition)
    if not found:
        return
    if values := passing([seat.hears.condition]):
        setting = setting_of(batch, running, "w")
        setting.heard = (definition, "w.data")
        looked.keep_for_all(setting, rest_place(seat.activity), values)
    released = running.released[seat.activity]
    hearing.release(tx, lane, seat.number, released, definition, batch.now)
    batches.clear(tx, lane, "work")
    batch.park(released, batch.now)
    batch.emptied[seat.number] = batches.earliest(tx, lane, seat.number)
