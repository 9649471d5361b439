"""The log of hops is merged when there is time for it, and only so much as there is time for (design 8.5)."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import DAY, START, Machine, journey, wait
from waystage.engine.retention import Keep
from waystage.ground.clock import VirtualClock


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, lanes=1) as made:
        yield made


def test_nobody_who_is_due_soon_waits_for_a_merge(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.define_event()
    machine.publish(journey([wait("w", None, 1, "HOURS")]))
    machine.settle()
    left: list[float | None] = [0.01]

    def unmerged() -> int:
        return machine.engine.stepper.lanes[1].unmerged

    def on_the_engines_thread() -> None:
        """It does nothing by itself meanwhile."""
        monkeypatch.setattr(VirtualClock, "real_seconds_until", lambda self, instant: left[0])
        machine.accept((f"c-{one}", {}) for one in range(600))
        machine.engine.stepper.notice(None)
        while machine.engine.stepper.round():
            pass
        assert unmerged() == 600
        assert not machine.engine.stepper.tidy()
        assert unmerged() == 600
        left[0] = 0.03
        assert machine.engine.stepper.tidy()
        assert 0 < unmerged() < 600
        left[0] = None
        while machine.engine.stepper.tidy():
            pass
        assert unmerged() == 0

    machine.engine.ask(on_the_engines_thread).result()


def test_what_is_not_merged_yet_is_forgotten_later_the_same_day(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only merged hops may be forgotten, so a lane whose merge found no time is not done with for that day."""
    with Machine(database_url, lanes=1, keep=Keep(history=3)) as machine:
        machine.define_event()
        machine.publish(journey([wait("w", None, 1, "HOURS")]))
        machine.settle()
        machine.fire([("ann", {})])
        machine.advance(DAY)
        assert machine.number("SELECT count(DISTINCT instance) FROM hop") == 1
        left: list[float | None] = [0.01]

        def on_the_engines_thread() -> None:
            monkeypatch.setattr(VirtualClock, "real_seconds_until", lambda self, instant: left[0])
            machine.clock.set(START + 10 * DAY)
            machine.accept([("bob", {})])
            machine.engine.stepper.notice(None)
            while machine.engine.stepper.round():
                pass
            assert machine.engine.stepper.lanes[1].unmerged == 1
            for left[0] in (0.01, None):
                while machine.engine.stepper.tidy():
                    pass

        machine.engine.ask(on_the_engines_thread).result()
        told = machine.rows(
            "SELECT DISTINCT c.key FROM hop h JOIN instance i ON i.lane = h.lane"
            " AND i.instance = h.instance JOIN contact c ON c.lane = i.lane AND c.contact = i.contact"
        )
        assert told == [("bob",)]
