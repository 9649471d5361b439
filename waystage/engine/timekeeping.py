"""Which clock a database lives by: the stored one goes on after a restart (contract 32)."""

from __future__ import annotations

from waystage.ground.clock import Clock, ScaledClock, SystemClock, VirtualClock, real_now
from waystage.ground.settings import ClockChoice
from waystage.store import journey_clock
from waystage.store.database import Database
from waystage.store.journey_clock import StoredClock
from waystage.store.sql import Tx


def clock_for(database: Database, choice: ClockChoice) -> Clock:
    """The clock that the settings ask for, at the instant where the database's own has come to."""
    return database.write(lambda tx: _clock(tx, choice)).result()


def _clock(tx: Tx, choice: ClockChoice) -> Clock:
    stored = journey_clock.read(tx)
    if choice.mode == "system":
        journey_clock.forget(tx)
        return SystemClock()
    start = stored.journey_start if stored else (choice.start if choice.start is not None else real_now())
    if choice.mode == "virtual":
        journey_clock.store(tx, StoredClock("virtual", real_now(), start, 0))
        return VirtualClock(start)
    rate = choice.rate or 1.0
    journey_clock.store(tx, StoredClock("scaled", real_now(), start, int(rate * 1000)))
    return ScaledClock(real_now(), start, rate)
