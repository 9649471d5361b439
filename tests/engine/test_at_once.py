"""Goals and exits that act as soon as contact data change (issue D, 7): only where metaData.waystage.immediate asks."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine import journeys as j
from tests.engine.machine import DAY, HOUR, Machine, condition, criteria, journey, split, update, wait
from tests.engine.test_goals import FIELDS, becomes, departure, ended
from tests.engine.test_reference import _agree as compare
from tests.engine.test_reference import check_invariants, define

pytestmark = pytest.mark.spec("7.1", "7.2", "7.3")

NOW: dict[str, Any] = {"waystage": {"immediate": True}}


@pytest.fixture
def bare(database_url: str) -> Iterator[Machine]:
    """A started engine without definitions."""
    with Machine(database_url, lanes=1 if database_url.startswith("sqlite") else 3) as made:
        yield made


def published(machine: Machine, *activities: dict[str, Any], **more: Any) -> int:
    machine.define_extension("Account", FIELDS, "Who")
    version = machine.publish(journey(list(activities), **more))
    machine.settle()
    return version


def met(machine: Machine, version: int) -> int:
    return machine.totals(version).get("met_goal", 0)


def test_an_exit_goal_ends_the_wait_at_once(machine: Machine) -> None:
    version = published(machine, wait("w", None, 10), goals=departure("won", **NOW))
    machine.fire([("ann", {}), ("bob", {})])
    machine.advance(HOUR)
    becomes(machine, "ann", "won")
    becomes(machine, "bob", "lost")
    machine.settle()
    assert ended(machine, version) == {"MetGoal": 1}
    assert met(machine, version) == 1
    machine.advance(10 * DAY)
    assert ended(machine, version) == {"MetGoal": 1, "EndOfPath": 1}
    check_invariants(machine)


def test_a_goal_that_is_no_exit_is_counted_at_once_and_once(machine: Machine) -> None:
    version = published(machine, wait("w", None, 3), goals=departure("won", ends=False, **NOW))
    machine.fire([("ann", {}), ("bob", {})])
    for state in ("won", "lost", "won"):
        becomes(machine, "ann", state)
        machine.settle()
        assert met(machine, version) == 1
    machine.advance(3 * DAY)
    assert (met(machine, version), ended(machine, version)) == (1, {"EndOfPath": 2})
    check_invariants(machine)


def test_an_exit_ends_the_wait_at_once(machine: Machine) -> None:
    version = published(machine, wait("w", None, 10), exits=departure("lost", **NOW))
    machine.fire([("ann", {}), ("bob", {}), ("cem", {})])
    for who in ("ann", "bob"):
        becomes(machine, who, "lost")
    machine.settle()
    assert ended(machine, version) == {"MetExitCriteria": 2}
    check_invariants(machine)


def test_only_the_exits_that_ask_for_it_act_at_once(machine: Machine) -> None:
    exits = [*departure("lost", **NOW), *departure("gone")]
    version = published(machine, wait("w", None, 2), exits=exits)
    machine.fire([("ann", {}), ("bob", {})])
    becomes(machine, "ann", "lost")
    becomes(machine, "bob", "gone")
    machine.settle()
    assert ended(machine, version) == {"MetExitCriteria": 1}
    machine.advance(2 * DAY)
    assert ended(machine, version) == {"MetExitCriteria": 2}


def test_goals_come_before_exits(machine: Machine) -> None:
    version = published(machine, wait("w", None, 2), goals=departure("won", **NOW), exits=departure("won", **NOW))
    machine.fire([("ann", {})])
    becomes(machine, "ann", "won")
    machine.settle()
    assert ended(machine, version) == {"MetGoal": 1}


def test_without_it_nothing_happens_before_its_time_and_nobody_is_told(machine: Machine) -> None:
    version = published(machine, wait("w", None, 10), exits=departure("lost", waystage={"immediate": False}))
    machine.fire([("ann", {})])
    machine.settle()
    becomes(machine, "ann", "lost")
    assert machine.number("SELECT count(*) FROM inbox") == 0
    machine.settle()
    assert ended(machine, version) == {}


def test_an_update_by_a_journey_ends_other_passages(machine: Machine) -> None:
    machine.define_extension("Account", FIELDS, "Who")
    version = machine.publish(journey([wait("w", None, 10)], key="waits", exits=departure("lost", **NOW)))
    becomes(machine, "ann", "new")
    machine.fire([("ann", {})])
    machine.publish(journey([wait("v", "u", 1), update("u", None, ("Account", "State", "lost"))], key="writes"))
    machine.fire([("ann", {}), ("bob", {})])
    machine.advance(DAY)
    assert ended(machine, version) == {"MetExitCriteria": 3}
    check_invariants(machine)


def test_the_row_of_an_event_ends_earlier_passages_but_not_the_one_that_it_starts(machine: Machine) -> None:
    machine.define_event("change", dataExtensionId=machine.define_extension("Account", FIELDS, "Who"))
    version = machine.publish(journey([wait("w", None, 10)], event="change", exits=departure("lost", **NOW)))
    for state in ("new", "lost"):
        machine.fire([("ann", {"State": state})], "change")
    assert machine.totals(version)["entered"] == 2
    assert ended(machine, version) == {"MetExitCriteria": 1}
    check_invariants(machine)


def test_a_stopped_version_is_not_told(machine: Machine) -> None:
    version = published(machine, wait("w", None, 10), exits=departure("lost", **NOW))
    machine.fire([("ann", {})])
    machine.settle()
    machine.stop("welcome")
    becomes(machine, "ann", "lost")
    assert machine.number("SELECT count(*) FROM inbox WHERE kind = 8") == 0
    machine.settle()
    assert ended(machine, version) == {"Stopped": 1}


@pytest.mark.parametrize(
    ("own", "word"),
    [({"immediate": "yes"}, "true or false"), ({"imediate": True}, "imediate"), ("yes", "an object")],
)
def test_what_is_not_known_is_warned_of(machine: Machine, own: object, word: str) -> None:
    machine.define_extension("Account", FIELDS, "Who")
    document = journey([wait("w", None, 10)], exits=departure("lost", waystage=own))
    findings = machine.publish_stored(document["key"], machine.save_journey(document))
    (found,) = [one for one in findings if one["errorCode"] == "190112"]
    assert (found["errorType"], word in found["errorDetail"]) == ("Warning", True)


def agree(machine: Machine, activities: list[dict[str, Any]], steps: tuple[Any, ...], **more: Any) -> None:
    """The engine does what the reference does, contact by contact."""
    machine.define_event(j.EVENT)
    define(machine)
    given = {"entryMode": "SingleEntryAcrossAllVersions", **more}
    compare(machine, journey(activities, **given), j.Script(steps, frozenset(), {}, frozenset(), {}))


def meeting(key: str, operator: str, value: str, *, ends: bool = True) -> list[dict[str, Any]]:
    text = criteria(condition(key, operator, value))
    return [{"key": "G", "configurationArguments": {"criteria": text}, "metaData": {"isExitCriteria": ends, **NOW}}]


FOLK: list[tuple[str, dict[str, Any]]] = [(who, {"Score": score}) for score, who in enumerate(j.CONTACTS)]
ORDERED = [(who, {"OrderTotal": "1.5"}, j.ORDER) for who in j.CONTACTS]


@pytest.mark.parametrize("part", ["goals", "exits"])
def test_updates_agree_with_the_reference(bare: Machine, part: str) -> None:
    activities = [
        wait("w", "s", 1),
        split("s", (50, "u"), (50, "v")),
        update("u", "v", (j.PROFILE, "Tier", "gold")),
        wait("v", None, 5),
    ]
    steps = (FOLK, DAY, FOLK, 2 * DAY, FOLK, 10 * DAY, FOLK, HOUR, ORDERED, 10 * DAY)
    agree(bare, activities, steps, **{part: meeting(f"{j.PROFILE}.Tier", "Equal", "gold")})


@pytest.mark.parametrize("mode", ["SingleEntryAcrossAllVersions", "MultipleEntries"])
@pytest.mark.parametrize("ends", [False, True])
def test_events_agree_with_the_reference(bare: Machine, mode: str, ends: bool) -> None:
    activities = [wait("w", "v", 1), wait("v", None, 5)]
    steps = (FOLK, HOUR, ORDERED, HOUR, [*FOLK, *ORDERED, *FOLK], DAY, ORDERED, 10 * DAY)
    goals = meeting(f"Event.{j.EVENT}.Score", "GreaterThan", "0", ends=ends)
    agree(bare, activities, steps, entryMode=mode, goals=goals)
