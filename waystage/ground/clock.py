"""Time, handed in: the only module that reads the wall clock or sleeps (design 5).

All instants are integers: milliseconds since 1970 in UTC.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Literal, Protocol

Mode = Literal["system", "virtual", "scaled"]


#: ms by which a clock may be off before it is corrected.
_TOLERANCE = 5


@dataclass(slots=True)
class _Correction:
    """By how many ms the clock that all processes of a database share is ahead of this machine's."""

    ahead: int = 0


_correction = _Correction()


def machine_now() -> int:
    """What the clock of this machine shows, in ms, right or wrong."""
    return time.time_ns() // 1_000_000


def real_now() -> int:
    """The wall clock in ms, for what lives by real time: tokens, leases, retries (contract 12, 23)."""
    return machine_now() + _correction.ahead


def correct(ahead: int, error: int) -> None:
    """The shared clock is so many ms ahead of this machine's, measured to within `error` ms: go by it if it matters."""
    if abs(ahead - _correction.ahead) > max(_TOLERANCE, error):
        _correction.ahead = ahead


def correction() -> int:
    """By how many ms this machine's clock is corrected at present."""
    return _correction.ahead


def monotonic() -> float:
    """Seconds that never go back, for ages and durations inside this process."""
    return time.monotonic()


def stopwatch() -> float:
    """The finest clock there is, in seconds; only differences mean anything."""
    return time.perf_counter()


async def rest(seconds: float) -> None:
    """Let so much real time pass on this event loop."""
    await asyncio.sleep(seconds)


def pause(seconds: float) -> None:
    """Block this thread; for back-off between tries, never for waiting on a condition."""
    time.sleep(seconds)


class Clock(Protocol):
    """Journey time as the engine and the API see it."""

    @property
    def mode(self) -> Mode:
        """How this clock moves."""
        ...

    def now(self) -> int:
        """The present instant of journeys, in ms."""
        ...

    def real_seconds_until(self, instant: int) -> float | None:
        """Real seconds until `instant` is reached by itself; None if time only moves when told to."""
        ...


@dataclass(slots=True)
class SystemClock:
    """Journey time is the wall clock, never going back within one process."""

    last: int = 0
    mode: Mode = "system"

    def now(self) -> int:
        """See `Clock.now`."""
        self.last = max(self.last, real_now())
        return self.last

    def real_seconds_until(self, instant: int) -> float | None:
        """See `Clock.real_seconds_until`."""
        return max(0.0, (instant - real_now()) / 1000)


@dataclass(slots=True)
class VirtualClock:
    """Journey time stands still until somebody sets it; after a restart the stored instant counts (contract 32)."""

    instant: int
    mode: Mode = "virtual"

    def now(self) -> int:
        """See `Clock.now`."""
        return self.instant

    def set(self, instant: int) -> None:
        """Move to `instant`, which must not lie in the past."""
        if instant < self.instant:
            raise ValueError(f"time cannot go back from {self.instant} to {instant}")
        self.instant = instant

    def real_seconds_until(self, instant: int) -> float | None:
        """See `Clock.real_seconds_until`."""
        return 0.0 if instant <= self.instant else None


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """`rate` seconds of journey time pass in each real second, counted from one stored pair (design 8.22)."""

    real_start: int
    journey_start: int
    rate: float
    mode: Mode = "scaled"

    def now(self) -> int:
        """See `Clock.now`."""
        return self.journey_start + int((real_now() - self.real_start) * self.rate)

    def real_seconds_until(self, instant: int) -> float | None:
        """See `Clock.real_seconds_until`."""
        return max(0.0, (instant - self.now()) / 1000 / self.rate)
