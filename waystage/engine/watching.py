"""What the engine shows of itself to whoever watches: how far each lane is behind, who is due, which hosts rest.

Read when somebody asks, from any thread; the engine pays nothing for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from waystage import __version__
from waystage.engine.running.everywhere import Everywhere
from waystage.engine.running.stepper import Stepper
from waystage.engine.sending.breaker import Breakers
from waystage.engine.sending.deliver import Deliverer
from waystage.ground import clock
from waystage.ground.meters import (
    BREAKERS,
    CALLS,
    ENGINE_LAG,
    LANE_CHANGES,
    LANE_LAG,
    LANES_HELD,
    MESSAGES_WRITTEN,
    PROCESS_INFO,
    SENDS,
    DueSeat,
    Labels,
    Meters,
    Samples,
)

#: By this name the results of calls stand among those of channels.
_CALLS = "custom-activity"
#: Hosts that are shown; those that rest come first.
_MOST_HOSTS = 100


@dataclass(frozen=True, slots=True)
class LaneWatch:
    """The lanes of this process."""

    stepper: Stepper
    journey_time: clock.Clock

    def begin(self, meters: Meters) -> None:
        """Be asked from now on."""
        stepper = self.stepper
        meters.watch(LANE_LAG, self._lags)
        meters.watch(LANES_HELD, lambda: {(): float(len(stepper.lanes))})
        meters.watch(LANE_CHANGES, lambda: {(change,): float(n) for change, n in stepper.tenure.counts.items()})
        meters.watch(MESSAGES_WRITTEN, lambda: {(): float(stepper.effects)})
        meters.due_seats = self._due

    def _lags(self) -> Samples:
        """Real seconds behind what is due, by lane; who is held is not late."""
        now = self.journey_time.now()
        rate = self.journey_time.rate if isinstance(self.journey_time, clock.ScaledClock) else 1.0
        lags: dict[Labels, float] = {(str(number),): 0.0 for number in list(self.stepper.lanes)}
        for number, seat, due in self._awaited():
            late = (now - self.stepper.plans.due_in(seat, due)) / 1000 / rate
            lags[str(number),] = max(late, lags.get((str(number),), 0.0))
        return lags

    def _due(self) -> list[DueSeat]:
        now = self.journey_time.now()
        late = [(number, seat, due, self.stepper.plans.due_in(seat, due)) for number, seat, due in self._awaited()]
        return [(number, seat, now - shown + due) for number, seat, due, shown in late if shown <= now]

    def _awaited(self) -> list[tuple[int, int, int]]:
        """Lane, seat and earliest due instant as its row has it, wherever somebody rests that nothing holds."""
        agendas = [(number, list(lane.agenda.items())) for number, lane in list(self.stepper.lanes.items())]
        return [
            (number, seat, due) for number, one in agendas for seat, due in one if not self.stepper.plans.is_held(seat)
        ]


def begin(
    meters: Meters,
    journey_time: clock.Clock,
    everywhere: Everywhere,
    deliverer: Deliverer,
    breakers: Breakers,
    role: str,
) -> None:
    """Show all of it from now on; a process that moves nobody has no lanes."""
    meters.watch(PROCESS_INFO, lambda: {(role, __version__): 1.0})
    meters.watch(ENGINE_LAG, lambda: {(): everywhere.lag()})
    meters.watch(LANES_HELD, lambda: {(): 0.0})
    if everywhere.local is not None:
        LaneWatch(everywhere.local.stepper, journey_time).begin(meters)
    meters.passed = lambda: deliverer.passed
    meters.watch(BREAKERS, lambda: _hosts(breakers))
    meters.watch(SENDS, lambda: {of: float(n) for of, n in deliverer.results.items() if of[0] != _CALLS})
    meters.watch(CALLS, lambda: {of[1:]: float(n) for of, n in deliverer.results.items() if of[0] == _CALLS})


def _hosts(breakers: Breakers) -> Samples:
    """Those that rest, and others as far as there is room."""
    known = sorted((not one.is_open, host) for host, one in list(breakers.items()))[:_MOST_HOSTS]
    return {(host,): 0.0 if closed else 1.0 for closed, host in known}
