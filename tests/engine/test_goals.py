"""Goals and exit criteria (journey-spec 7, contract 34, design 8.8)."""

from typing import Any

import pytest

from tests.engine.machine import DAY, HOUR, Machine, condition, criteria, email, journey, wait
from tests.engine.test_reference import check_invariants

pytestmark = pytest.mark.spec("7.1", "7.2", "7.3")

FIELDS = [
    {"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "State", "type": "Text", "length": 50},
]


def departure(state: str, *, ends: bool = True, **meta: Any) -> list[dict[str, Any]]:
    """A goal or exit: the contact's account is in this state."""
    text = criteria(condition("Account.State", "Equal", state))
    meta = {"conversionValue": "15", "conversionUnit": "percentage", "isExitCriteria": ends, **meta}
    return [{"key": "G", "name": "G", "type": "Event", "configurationArguments": {"criteria": text}, "metaData": meta}]


def published(machine: Machine, *activities: dict[str, Any], **more: Any) -> int:
    machine.define_extension("Account", FIELDS, "Who")
    version = machine.publish(journey(list(activities), **more))
    machine.settle()
    return version


def becomes(machine: Machine, who: str, state: str) -> None:
    machine.save_contact(who, {"Account": [{"State": state}]})


def ended(machine: Machine, version: int) -> dict[str, int]:
    return {name.removeprefix("ended:"): n for name, n in machine.totals(version).items() if name.startswith("ended:")}


def test_the_sweep_ends_who_has_met_an_exit_goal(machine: Machine) -> None:
    version = published(machine, wait("w", None, 10), goals=departure("won"))
    machine.fire([("ann", {}), ("bob", {})])
    becomes(machine, "ann", "won")
    machine.advance(DAY - 1)
    assert ended(machine, version) == {}
    machine.advance(1)
    assert ended(machine, version) == {"MetGoal": 1}
    assert machine.totals(version)["met_goal"] == 1
    assert [hop[1:] for lane, one, _ in machine.passages("ann") for hop in machine.hops(lane, one)][-1][-1] == "MetGoal"
    check_invariants(machine)


def test_a_goal_that_is_no_exit_is_counted_once(machine: Machine) -> None:
    version = published(machine, wait("w", "v", 3), wait("v", None, 3), goals=departure("won", ends=False))
    machine.fire([("ann", {}), ("bob", {})])
    becomes(machine, "ann", "won")
    for _ in range(4):
        machine.advance(DAY)
        assert machine.totals(version)["met_goal"] == 1
    machine.advance(10 * DAY)
    assert ended(machine, version) == {"EndOfPath": 2}
    assert machine.totals(version)["met_goal"] == 1


def test_the_goal_counts_also_at_the_end_of_the_last_wait(machine: Machine) -> None:
    version = published(machine, wait("w", None, 5, "HOURS"), goals=departure("won", ends=False))
    machine.fire([("ann", {})])
    becomes(machine, "ann", "won")
    machine.advance(5 * HOUR)
    assert ended(machine, version) == {"EndOfPath": 1}
    assert machine.totals(version)["met_goal"] == 1


def test_goal_before_exit_before_the_next_activity(machine: Machine) -> None:
    version = published(
        machine, wait("w", "e", 5, "HOURS"), email("e"), goals=departure("won"), exits=departure("lost")
    )
    machine.fire([("ann", {}), ("bob", {}), ("cem", {})])
    becomes(machine, "ann", "won")
    becomes(machine, "bob", "lost")
    machine.advance(5 * HOUR)
    assert ended(machine, version) == {"MetGoal": 1, "MetExitCriteria": 1, "EndOfPath": 1}
    assert machine.number("SELECT count(*) FROM outbox") == 1
    check_invariants(machine)


def test_whoever_fulfils_both_has_met_the_goal(machine: Machine) -> None:
    version = published(machine, wait("w", None, 5, "HOURS"), goals=departure("won"), exits=departure("won"))
    machine.fire([("ann", {})])
    becomes(machine, "ann", "won")
    machine.advance(5 * HOUR)
    assert ended(machine, version) == {"MetGoal": 1}


def test_exit_criteria_act_at_the_end_of_a_wait_only(machine: Machine) -> None:
    version = published(machine, wait("w", "e", 3), email("e"), exits=departure("lost"))
    becomes(machine, "ann", "lost")
    machine.fire([("ann", {})])
    machine.advance(3 * DAY - 1)
    assert ended(machine, version) == {}
    machine.advance(1)
    assert ended(machine, version) == {"MetExitCriteria": 1}
    assert machine.number("SELECT count(*) FROM outbox") == 0


def test_nobody_is_looked_at_on_the_way_in(machine: Machine) -> None:
    version = published(machine, email("e"), goals=departure("won"), exits=departure("won"))
    becomes(machine, "ann", "won")
    machine.fire([("ann", {})])
    assert ended(machine, version) == {"EndOfPath": 1}
    assert machine.totals(version).get("met_goal", 0) == 0


def test_without_anybody_inside_there_is_no_sweep(machine: Machine) -> None:
    published(machine, wait("w", None, 5), goals=departure("won"))
    assert machine.advance(30 * DAY).instants == 0
    machine.advance(HOUR)
    machine.fire([("ann", {})])
    moved = machine.advance(30 * DAY)
    assert moved.instants == 6, "five days with somebody inside, and the end of the wait"


def test_a_sweep_in_slices_looks_at_everybody_once(machine: Machine) -> None:
    version = published(machine, wait("w", None, 5), goals=departure("won"))
    people = [f"p{number:04}" for number in range(500)]
    machine.fire([(who, {}) for who in people])
    for who in people[::2]:
        becomes(machine, who, "won")
    machine.engine.pace.fixed = 7
    machine.advance(DAY)
    assert ended(machine, version) == {"MetGoal": 250}
    assert machine.totals(version)["met_goal"] == 250
    check_invariants(machine)


def test_a_sweep_goes_on_after_a_restart(machine: Machine) -> None:
    version = published(machine, wait("w", None, 5), goals=departure("won"))
    machine.fire([("ann", {})])
    becomes(machine, "ann", "won")
    machine.restart()
    machine.advance(DAY)
    assert ended(machine, version) == {"MetGoal": 1}


def test_a_released_wait_is_looked_at_too(machine: Machine) -> None:
    settings = {"waitForEventKey": "signup", "waitDuration": 2, "waitUnit": "DAYS"}
    hear = {**wait("hear", "e"), "configurationArguments": settings}
    hear["outcomes"].append({"key": "no"})
    version = published(machine, hear, email("e"), exits=departure("lost"), entryMode="SingleEntryAcrossAllVersions")
    machine.fire([("ann", {})])
    becomes(machine, "ann", "lost")
    machine.fire([("ann", {})])
    assert ended(machine, version) == {"MetExitCriteria": 1}
    assert machine.number("SELECT count(*) FROM outbox") == 0


WRONG: list[dict[str, Any]] = [
    {"goals": departure("won") * 2},
    {"goals": departure("won", conversionValue="many")},
    {"goals": departure("won", conversionUnit="dozens")},
    {"goals": [{"key": "G", "name": "G", "configurationArguments": {}}]},
    {"exits": [{"key": "E", "name": "E", "configurationArguments": {"criteria": "<nonsense"}}]},
]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.spec("10.2")
def test_what_is_not_right_is_told_at_publish(machine: Machine, wrong: dict[str, Any]) -> None:
    machine.define_extension("Account", FIELDS, "Who")
    number = machine.save_journey(journey([wait("w", None)], **wrong))
    assert "190012" in {one["errorCode"] for one in machine.publish_stored("welcome", number)}
