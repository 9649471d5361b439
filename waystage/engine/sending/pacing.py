"""How fast messages may leave: per channel and per activity, in real time (issue D, journey-spec 3.10).

A message that may not leave yet is put aside until an instant that is given here, and asks again then. Nothing is
remembered over a restart: gates are open then, and everybody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from waystage.ground.settings import Rate
from waystage.plan.effects import Form, Pace
from waystage.store.outbox import Effect

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
#: So many ms' worth of messages may leave at once, so that they travel in batches.
_TOGETHER: Final[Mapping[int, int]] = {_SECOND: 100, _HOUR: 5_000}
#: Gates of activities that are remembered; a forgotten one is open.
_REMEMBERED = 10_000


@dataclass(slots=True)
class Gate:
    """Lets `limit` messages through in `period` ms, evenly (the leaky bucket as a meter); instants are real ms."""

    limit: int
    period: int
    _free: float = 0.0
    """When the gate has come to rest if nobody comes any more."""
    _planned: float = 0.0
    """The last instant that was given to somebody who has to wait."""

    def is_open(self, now: int) -> bool:
        """Whether one more may go through."""
        return self._free - self._together <= now

    def pass_through(self, now: int) -> None:
        """One goes through."""
        self._free = max(self._free, now) + self.period / self.limit

    def plan(self, now: int) -> int:
        """When to ask again for one who has to wait: each a little later, rounded so that some come together."""
        self._planned = max(self._planned, self._free, now) + self.period / self.limit
        together = self._together
        return int(-(-self._planned // together) * together)

    @property
    def _together(self) -> int:
        return _TOGETHER[self.period]


@dataclass(slots=True)
class Pacer:
    """All gates of one process. `has_long_limits` is false on a virtual clock: there a settle would wait for hours."""

    rates: Mapping[str, Rate] = field(default_factory=dict)
    has_long_limits: bool = True
    _channels: dict[str, list[Gate]] = field(default_factory=dict)
    _activities: dict[tuple[int, int], Gate] = field(default_factory=dict)

    def admit(self, effect: Effect, form: Form, now: int) -> int | None:
        """None if a message may leave at the real instant `now`, else the instant at which it may ask again."""
        pace = form.pace if self.has_long_limits else None
        if form.channel not in self.rates and pace is None:
            return None
        if pace is not None and (opening := _opening(pace, form.offset_minutes, now)) > now:
            return opening
        gates = self._gates(effect, form.channel, pace)
        closed = [gate for gate in gates if not gate.is_open(now)]
        if closed:
            return max(gate.plan(now) for gate in closed)
        for gate in gates:
            gate.pass_through(now)
        return None

    def _gates(self, effect: Effect, channel: str, pace: Pace | None) -> list[Gate]:
        gates = self._channels.get(channel)
        if gates is None:
            gates = self._channels[channel] = self._made(self.rates.get(channel, Rate()))
        if pace is None or pace.per_hour <= 0:
            return gates
        if len(self._activities) > _REMEMBERED:
            self._activities.clear()
        own = self._activities.setdefault((effect.version, effect.activity), Gate(pace.per_hour, _HOUR))
        return [*gates, own]

    def _made(self, rate: Rate) -> list[Gate]:
        made = [Gate(rate.per_second, _SECOND)] if rate.per_second else []
        return [*made, Gate(rate.per_hour, _HOUR)] if rate.per_hour and self.has_long_limits else made


def _opening(pace: Pace, offset_minutes: int, now: int) -> int:
    """The first instant from `now` on that lies between the two times of the day; over midnight if need be."""
    if pace.opens == pace.closes:
        return now
    local = now + offset_minutes * _MINUTE
    minute = local % _DAY / _MINUTE
    over_midnight = pace.closes < pace.opens
    inside = pace.opens <= minute < pace.closes
    if over_midnight:
        inside = minute >= pace.opens or minute < pace.closes
    if inside:
        return now
    start = local - local % _DAY + pace.opens * _MINUTE
    return (start if start >= local else start + _DAY) - offset_minutes * _MINUTE
