"""What the reference says of waits beyond the examples (journey-spec 3.3)."""

from typing import Any

import pytest

from tests.engine.machine import DAY, HOUR, MINUTE, START, Machine, activity, email, journey, wait

pytestmark = pytest.mark.spec("3.3")


def _enter(machine: Machine, *activities: dict[str, Any]) -> int:
    machine.define_event()
    version = machine.publish(journey(list(activities)))
    machine.settle()
    machine.fire([("ann", {})])
    return version


@pytest.mark.parametrize(("minutes", "inside"), [(1, 0), (3, 0), (4, 1)])
def test_a_final_wait_of_three_minutes_is_ignored(machine: Machine, minutes: int, inside: int) -> None:
    version = _enter(machine, wait("w", None, minutes, "MINUTES"))
    assert machine.totals(version).get("ended:EndOfPath", 0) == 1 - inside


def test_a_short_wait_before_something_is_kept(machine: Machine) -> None:
    version = _enter(machine, wait("w", "e", 3, "MINUTES"), email("e"))
    assert "ended:EndOfPath" not in machine.totals(version)
    machine.advance(3 * MINUTE - 1)
    assert "ended:EndOfPath" not in machine.totals(version)
    machine.advance(1)
    assert machine.totals(version)["ended:EndOfPath"] == 1


def test_nobody_is_released_early_and_everybody_at_the_instant(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([wait("w", "e", 1, "WEEKS"), email("e")]))
    machine.settle()
    for hour in range(3):
        machine.fire([(f"c{hour}", {})])
        machine.advance(HOUR)
    moved = machine.advance(to=START + 7 * DAY + 2 * HOUR)
    assert (moved.instants, moved.moved) == (3, 3)
    assert machine.rows("SELECT at FROM outbox ORDER BY at") == [(START + 7 * DAY + hour * HOUR,) for hour in range(3)]


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "Europe/Berlin"])
def test_the_gap_of_daylight_saving_moves_forward(machine: Machine, zone: str) -> None:
    settings = {"waitDuration": 1, "waitUnit": "HOURS", "specifiedTime": "02:30", "timeZone": zone}
    machine.define_event()
    machine.publish(journey([activity("w", "WAIT", "e", configurationArguments=settings), email("e")]))
    machine.settle()
    machine.advance(to=1_774_724_400_000)  # 2026-03-28T19:00Z; 02:30 of the 29th does not exist in Berlin
    machine.fire([("ann", {})])
    machine.advance(DAY)
    assert machine.rows("SELECT at FROM outbox") == [(1_774_746_000_000,)]


WRONG = [
    {"waitDuration": 0, "waitUnit": "DAYS"},
    {"waitDuration": -1, "waitUnit": "DAYS"},
    {"waitDuration": 1.5, "waitUnit": "DAYS"},
    {"waitDuration": "soon", "waitUnit": "DAYS"},
    {"waitDuration": True, "waitUnit": "DAYS"},
    {"waitDuration": [], "waitUnit": {}},
    {"waitDuration": 10**30, "waitUnit": "DAYS"},
    {"waitDuration": 999_999, "waitUnit": "MONTHS"},
    {"waitDuration": 1},
    {"waitDuration": 1, "waitUnit": "FORTNIGHTS"},
    {"waitDuration": 1, "waitUnit": "YEARS"},
    {"waitDuration": 1, "waitUnit": "DAYS", "specifiedTime": "25:00"},
    {"waitDuration": 1, "waitUnit": "DAYS", "specifiedTime": "09:00", "timeZone": "Atlantis"},
    {"specificDate": "tomorrow"},
    {"specificDate": "2026-02-30"},
    {"specificDate": "2026-03-01", "specifiedTime": "noon"},
    {"specificDate": "2026-03-01", "timeZone": ["UTC"]},
    {"specificDate": "0001-01-01", "timeZone": "Asia/Tokyo"},
    {},
]


@pytest.mark.parametrize("settings", WRONG, ids=str)
def test_a_wait_that_cannot_be_is_a_problem_of_the_publication(sqlite_url: str, settings: dict[str, Any]) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        machine.define_event()
        number = machine.save_journey(journey([activity("w", "WAIT", None, configurationArguments=settings)]))
        codes = [one["errorCode"] for one in machine.publish_stored("welcome", number) if one["errorType"] == "Error"]
        if settings.get("specificDate") == "0001-01-01":
            assert codes in ([], ["190010"])
        else:
            assert codes == ["190010"]


def test_the_longest_waits_run(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([wait("w", "v", 1200, "MONTHS"), wait("v", None, 36_500, "DAYS")]))
    machine.settle()
    machine.fire([("ann", {})])
    assert machine.advance(210 * 366 * DAY).moved == 2
