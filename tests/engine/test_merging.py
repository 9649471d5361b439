"""The log of hops is merged when there is time for it, and only so much as there is time for (design 8.5)."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import Machine, journey, wait
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
