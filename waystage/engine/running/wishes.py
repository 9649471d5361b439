"""What the other processes of the database want of this one: take in, come to rest, move with the clock (design 8.22).

Hints tell of it at once; looking once a second finds what a hint has missed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from waystage.engine.running.stepper import Stepper
from waystage.ground import clock
from waystage.store import asks, inbox, journey_clock
from waystage.store.asks import Ask, Rest
from waystage.store.database import Database
from waystage.store.sql import Tx

#: Real seconds between two looks.
POLL_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Seen:
    ask: Ask
    now: int | None
    waiting: list[int]


@dataclass(slots=True)
class Wishes:
    """Used on the engine's thread; `hurry` by any."""

    database: Database
    journey_time: clock.Clock
    stepper: Stepper
    _looked: float = -POLL_SECONDS
    _answered: dict[int, int] = field(default_factory=dict)
    """By lane the last question that was answered."""
    _done: tuple[int, int] = (0, 0)
    """How many batches had been run and contacts moved at the last answer."""

    def hurry(self) -> None:
        """Look at once."""
        self._looked = -POLL_SECONDS

    def look_if_due(self) -> Ask | None:
        """Follow clock and inboxes; gives a question that is to be answered, if there is one."""
        if not self.stepper.tenure.shares or clock.monotonic() - self._looked < POLL_SECONDS:
            return None
        self._looked = clock.monotonic()
        seen = self.database.step(_look)
        follow(self.journey_time, seen.now)
        self.stepper.notice(seen.waiting)
        is_open = any(self._answered.get(lane, 0) < seen.ask.number for lane in self.stepper.lanes)
        return seen.ask if is_open else None

    def waits_for_effects(self, ask: Ask) -> bool:
        """Whether a question that this process has not answered waits for effects too."""
        return any(self._answered.get(lane, 0) < ask.settle for lane in self.stepper.lanes)

    def answer(self, ask: Ask) -> None:
        """Everything that was runnable when the question was seen has been done."""
        stepper, now = self.stepper, self.journey_time.now()
        done = stepper.batches, stepper.moved
        worked, moved = done[0] > self._done[0], done[1] - self._done[1]
        self._done = done
        lanes = list(stepper.lanes.values())
        # Who was moved is counted once: with the first lane.
        told = [
            Rest(lane.number, ask.number, worked, 0 if place else moved, stepper.rests_until(lane, now))
            for place, lane in enumerate(lanes)
        ]
        self.database.step(lambda tx: asks.answer(tx, told))
        self._answered = {lane.number: ask.number for lane in lanes}


def follow(journey_time: clock.Clock, stored: int | None) -> None:
    """Move a virtual clock to where another process has moved it."""
    if isinstance(journey_time, clock.VirtualClock) and stored is not None and stored > journey_time.now():
        journey_time.set(stored)


def _look(tx: Tx) -> _Seen:
    stored = journey_clock.read(tx)
    return _Seen(asks.newest(tx), stored.journey_start if stored else None, inbox.waiting_lanes(tx))
