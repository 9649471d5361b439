"""Which clock a database lives by: the stored one goes on after a restart, and all processes share it (contract 32)."""

from __future__ import annotations

from waystage.engine.running.tenure import LEASE
from waystage.ground.clock import Clock, ScaledClock, SystemClock, VirtualClock, real_now
from waystage.ground.identity import is_gone
from waystage.ground.settings import ClockChoice
from waystage.store import journey_clock, leases, processes
from waystage.store.database import Database
from waystage.store.journey_clock import StoredClock
from waystage.store.processes import Process
from waystage.store.sql import Tx


class OtherClock(RuntimeError):
    """Living processes of the database go by another kind of clock."""


def clock_for(database: Database, choice: ClockChoice, process: Process | None = None) -> Clock:
    """The clock that the settings ask for, at the instant where the database's own has come to; OtherClock.

    `process` is from then on known to be alive, so that whoever starts next goes by the same clock.
    """
    return database.write(lambda tx: _clock(tx, choice, process)).result()


def _clock(tx: Tx, choice: ClockChoice, process: Process | None) -> Clock:
    stored, now = journey_clock.read(tx), real_now()
    alone = not any(one.until > now and not is_gone(one.process.name) for one in processes.everybody(tx))
    if process is not None:
        processes.tell(tx, process, now + LEASE)
    if not alone:
        return _shared(stored, choice)
    if choice.mode == "system":
        journey_clock.forget(tx)
        return SystemClock()
    start = stored.journey_start if stored else (choice.start if choice.start is not None else now)
    if choice.mode == "virtual":
        journey_clock.store(tx, StoredClock("virtual", now, start, 0))
        return VirtualClock(start)
    # It went on by itself: never behind what was done.
    start = max(start, leases.last_instant(tx)) if stored else start
    rate = choice.rate or 1.0
    journey_clock.store(tx, StoredClock("scaled", now, start, int(rate * 1000)))
    return ScaledClock(now, start, rate)


def _shared(stored: StoredClock | None, choice: ClockChoice) -> Clock:
    """The clock that the living processes go by."""
    mode = stored.mode if stored else "system"
    if mode != choice.mode or (stored and mode == "scaled" and stored.rate != int((choice.rate or 1.0) * 1000)):
        raise OtherClock(f"other processes of the database go by another clock ({mode}): set the same WAYSTAGE_CLOCK")
    if stored is None:
        return SystemClock()
    if mode == "virtual":
        return VirtualClock(stored.journey_start)
    return ScaledClock(stored.real_start, stored.journey_start, stored.rate / 1000)
