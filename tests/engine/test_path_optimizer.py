"""Path optimizers: test shares, held contacts, the decision, and who follows the winner (journey-spec 3.8)."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.engine.leaving import ask as ask_exit
from tests.engine.leaving import pause, started
from tests.engine.machine import ACCOUNT, DAY, HOUR, START, Machine, activity, email, journey, wait
from tests.engine.test_reference import check_invariants
from waystage.activities import path_optimizer
from waystage.engine import lifecycle
from waystage.engine.winner import messages_of_paths
from waystage.ground import ids
from waystage.ground.errors import InteractionNotFound, InvalidTransition, NotFound, ValueNotAllowed
from waystage.operations import decide_winner, note_engagement
from waystage.operations.decide_winner import Choice
from waystage.operations.note_engagement import Engagement

pytestmark = pytest.mark.spec("3.8")

OPENS: dict[str, Any] = {
    "winnerEvaluationType": "Engagement",
    "engagementPeriod": 2,
    "engagementPeriodUnits": "DAYS",
    "engagementWinnerMetric": "Opens",
}


def optimizer(key: str, nexts: Sequence[str | None], held: int = 0, **settings: Any) -> dict[str, Any]:
    """A path optimizer whose paths share the tested contacts alike."""
    share = 100 // len(nexts)
    outcomes = [
        {"key": f"path-{place}", "arguments": {"percentage": str(share), "branchResult": place}, "next": following}
        for place, following in enumerate(nexts)
    ]
    given = {"holdBackPercentage": held, **(settings or OPENS)}
    return activity(key, "ABNTEST", outcomes=outcomes, configurationArguments=given)


def paths(held: int = 0, **settings: Any) -> list[dict[str, Any]]:
    """An optimizer of two messages, its end, and a common message behind it."""
    return [
        optimizer("t", ["a", "b"], held, **settings),
        email("a", "stop"),
        email("b", "stop"),
        activity("stop", "ABNTESTSTOP", "w"),
        wait("w", "c", 30),
        email("c"),
    ]


def people(count: int, first: int = 0) -> list[tuple[str, dict[str, Any]]]:
    return [(f"c{n}", {"EmailAddress": f"c{n}@example.com"}) for n in range(first, first + count)]


def chosen(machine: Machine) -> dict[str, int]:
    """By which outcome each contact has left the optimizer."""
    keys = [row[0] for row in machine.rows("SELECT key FROM contact")]
    trails = {key: machine.trail(key) for key in keys}
    return {key: trail[0][1] for key, trail in trails.items() if trail}


def engage(machine: Machine, activity_number: int, kind: str, count: int) -> None:
    """The first so many messages of an activity lead to something."""
    rows = machine.rows(
        "SELECT lane, seq FROM outbox WHERE activity = :activity ORDER BY lane, seq", activity=activity_number
    )
    for lane, seq in rows[:count]:
        told = Engagement(ids.guid_of("request", lane, seq), kind, "")
        machine.write(lambda tx, told=told: note_engagement.note(tx, ACCOUNT, told, machine.clock.now()))  # type: ignore[misc]


def winner(machine: Machine) -> list[tuple[int, int, int]]:
    """(activity, outcome, when) of every decision."""
    return [tuple(row) for row in machine.rows("SELECT activity, outcome, at FROM winner ORDER BY activity")]


def decide(machine: Machine, outcome: str, key: str = "t", version: int = 1) -> None:
    choice = Choice("welcome", version, key, outcome)
    machine.write(
        lambda tx: decide_winner.decide(tx, machine.plans.kinds, ACCOUNT, choice, machine.numbers, machine.clock.now())
    )


def test_the_best_rate_wins_and_whoever_was_held_follows(machine: Machine) -> None:
    version = started(machine, paths(50), "")
    machine.fire(people(80))
    tested = chosen(machine)
    assert 20 < len(tested) < 60
    assert set(tested.values()) == {0, 1}
    engage(machine, 2, "open", 2)
    engage(machine, 3, "click", 8)
    machine.advance(DAY)
    machine.fire(people(20, 80))
    before = chosen(machine)
    assert winner(machine) == []
    machine.advance(to=START + 2 * DAY - 1)
    assert chosen(machine) == before
    machine.advance(1)
    assert winner(machine) == [(1, 1, START + 2 * DAY)]
    after = chosen(machine)
    assert len(after) == 100
    assert {after[key] for key in after.keys() - before.keys()} == {1}
    assert {key: after[key] for key in before} == before
    machine.fire(people(20, 100))
    newcomers = chosen(machine)
    assert {newcomers[f"c{n}"] for n in range(100, 120)} == {1}
    machine.advance(40 * DAY)
    assert machine.totals(version) == {"entered": 120, "ended:EndOfPath": 120}
    check_invariants(machine)


@pytest.mark.parametrize(
    ("metric", "facts", "wins"),
    [
        ("Opens", {2: ("open", 1)}, 0),
        ("Opens", {3: ("click", 1)}, 1),
        ("Opens", {2: ("bounce", 5), 3: ("open", 1)}, 1),
        ("Clicks", {2: ("open", 5), 3: ("click", 1)}, 1),
        ("Clicks", {2: ("open", 5), 3: ("open", 5)}, 0),
        ("Unsubscribes", {2: ("unsubscribe", 1)}, 1),
        ("Unsubscribes", {3: ("unsubscribe", 1)}, 0),
        ("unsubscribes", {}, 0),
    ],
)
def test_what_counts(machine: Machine, metric: str, facts: dict[int, tuple[str, int]], wins: int) -> None:
    started(machine, paths(**{**OPENS, "engagementWinnerMetric": metric}), "")
    machine.fire(people(60))
    for number, (kind, count) in facts.items():
        engage(machine, number, kind, count)
        engage(machine, number, kind, count)
    machine.advance(2 * DAY)
    assert [one[:2] for one in winner(machine)] == [(1, wins)]


def test_a_rate_is_not_a_count(machine: Machine) -> None:
    """Nine of ten beat eleven of many."""
    made = paths()
    made[0]["outcomes"][0]["arguments"]["percentage"] = 10
    made[0]["outcomes"][1]["arguments"]["percentage"] = "90"
    started(machine, made, "")
    machine.fire(people(150))
    few = machine.number("SELECT count(*) FROM outbox WHERE activity = 2")
    assert 2 < few < 40
    engage(machine, 2, "open", few - 1)
    engage(machine, 3, "open", few + 1)
    machine.advance(2 * DAY)
    assert [one[:2] for one in winner(machine)] == [(1, 0)]


def test_nobody_is_released_by_anything_else(machine: Machine) -> None:
    """Held contacts rest through a restart and a pause; the decision falls in the pause, and they go when it ends."""
    version = started(machine, paths(90), "")
    machine.fire(people(30))
    held = 30 - len(chosen(machine))
    assert held > 15
    machine.restart()
    machine.advance(DAY)
    assert len(chosen(machine)) == 30 - held
    assert machine.engine.lag() == 0
    pause(machine, version)
    machine.advance(2 * DAY)
    assert [one[:2] for one in winner(machine)] == [(1, 0)]
    assert len(chosen(machine)) == 30 - held
    machine.write(lambda tx: lifecycle.resume(tx, [version], machine.numbers, machine.clock.now()))
    machine.settle()
    assert len(chosen(machine)) == 30
    check_invariants(machine)


def test_held_contacts_can_be_ejected(machine: Machine) -> None:
    version = started(machine, paths(90), "")
    machine.fire(people(10))
    ask_exit(machine, *(f"c{n}" for n in range(10)))
    machine.settle()
    assert machine.totals(version) == {"entered": 10, "ended:Ejected": 10}
    check_invariants(machine)


def test_held_contacts_are_cleared_away_by_a_stop(machine: Machine) -> None:
    version = started(machine, paths(90), "")
    machine.fire(people(10))
    machine.stop("welcome")
    machine.settle()
    assert machine.totals(version)["ended:Stopped"] == 10
    assert machine.number("SELECT count(*) FROM queue") == 0
    machine.advance(3 * DAY)
    assert winner(machine) == []


def test_in_test_mode_nobody_is_held_for_long(machine: Machine) -> None:
    version = started(machine, paths(90), "", executionMode="Test")
    machine.fire(people(10))
    machine.advance(10_000)
    assert len(chosen(machine)) == 10
    machine.advance(10_000)
    assert machine.totals(version)["ended:EndOfPath"] == 10


def test_somebody_decides(machine: Machine) -> None:
    started(machine, paths(60, winnerEvaluationType="Manual"), "")
    machine.fire(people(40))
    held = 40 - len(chosen(machine))
    assert held > 0
    machine.advance(100 * DAY)
    assert 40 - len(chosen(machine)) == held
    before = chosen(machine)
    decide(machine, "path-1")
    machine.settle()
    after = chosen(machine)
    assert {after[key] for key in after.keys() - before.keys()} == {1}
    assert len(after) == 40
    decide(machine, "path-0")
    machine.fire(people(10, 40))
    assert {chosen(machine)[f"c{n}"] for n in range(40, 50)} == {0}


def test_who_decides_early_is_not_overruled(machine: Machine) -> None:
    started(machine, paths(20), "")
    machine.fire(people(40))
    engage(machine, 2, "open", 5)
    decide(machine, "path-1")
    machine.advance(3 * DAY)
    assert [one[:2] for one in winner(machine)] == [(1, 1)]
    machine.restart()
    machine.fire(people(5, 40))
    assert {chosen(machine)[f"c{n}"] for n in range(40, 45)} == {1}


def test_a_decision_needs_an_optimizer_that_runs(machine: Machine) -> None:
    started(machine, paths(), "")
    for choice, error in (
        (Choice("nowhere", 1, "t", "path-0"), InteractionNotFound),
        (Choice("welcome", 7, "t", "path-0"), InteractionNotFound),
        (Choice("welcome", 1, "a", "path-0"), NotFound),
        (Choice("welcome", 1, "w", "path-0"), NotFound),
        (Choice("welcome", 1, "none", "path-0"), NotFound),
        (Choice("welcome", 1, "t", "path-9"), ValueNotAllowed),
    ):
        with pytest.raises(error):
            machine.database.write(
                lambda tx, choice=choice: decide_winner.decide(  # type: ignore[misc]  # a lambda's default
                    tx, machine.plans.kinds, ACCOUNT, choice, machine.numbers, START
                )
            ).result()
    machine.stop("welcome")
    with pytest.raises(InvalidTransition):
        decide(machine, "path-0")


def test_two_optimizers_with_their_own_periods(machine: Machine) -> None:
    first = optimizer("t", ["a", "b"], 50, **{**OPENS, "engagementPeriod": 1, "engagementPeriodUnits": "HOURS"})
    made = [first, email("a", "u"), email("b", "u"), optimizer("u", ["c", "d"], 50), email("c"), email("d")]
    version = started(machine, made, "")
    machine.fire(people(40))
    engage(machine, 3, "open", 1)
    machine.advance(HOUR)
    engage(machine, 6, "open", 1)
    assert winner(machine) == [(1, 1, START + HOUR)]
    assert len(chosen(machine)) == 40
    machine.advance(2 * DAY)
    assert winner(machine) == [(1, 1, START + HOUR), (4, 1, START + 2 * DAY)]
    assert machine.totals(version) == {"entered": 40, "ended:EndOfPath": 40}
    check_invariants(machine)


def test_messages_that_all_paths_share_do_not_count(machine: Machine) -> None:
    number = started(machine, paths(), "")
    assert messages_of_paths(machine.plan(number), 1) == [{2}, {3}]


def test_each_version_has_its_own_decision(machine: Machine) -> None:
    first = started(machine, paths(50), "")
    machine.fire(people(20))
    machine.advance(DAY)
    second = machine.publish(journey(paths(50)))
    machine.settle()
    machine.fire(people(20, 20))
    machine.advance(DAY)
    found = machine.rows("SELECT version FROM winner")
    assert found == [(first,)]
    machine.advance(DAY)
    assert sorted(machine.rows("SELECT version FROM winner")) == [(first,), (second,)]
    assert len(chosen(machine)) == 40


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"holdBackPercentage": "20"}, []),
        ({"holdBackPercentage": 100}, ["190007"]),
        ({"holdBackPercentage": -1}, ["190007"]),
        ({"holdBackPercentage": "many"}, ["190007"]),
        ({"winnerEvaluationType": "Dice"}, ["190003"]),
        ({"engagementWinnerMetric": "Likes"}, ["190003"]),
        ({"engagementPeriod": 0}, ["190003"]),
        ({"engagementPeriod": "soon", "engagementPeriodUnits": "FORTNIGHTS"}, ["190003"]),
        ({"winnerEvaluationType": "Manual", "engagementPeriod": 0, "engagementWinnerMetric": ""}, []),
        ({"winnerEvaluationType": ["x"], "engagementPeriod": {}}, ["190003", "190003"]),
    ],
    ids=str,
)
def test_settings(sqlite_url: str, change: dict[str, Any], codes: list[str]) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        machine.define_event()
        made = paths()
        made[0]["configurationArguments"] |= change
        number = machine.save_journey(journey(made))
        found = [one for one in machine.publish_stored("welcome", number) if one["errorType"] == "Error"]
        assert [one["errorCode"] for one in found] == codes
        assert {one["additionalInfo"]["activityKey"] for one in found} <= {"t"}


@pytest.mark.parametrize(
    ("percentages", "held", "codes"),
    [
        ((50, 50), 60, []),
        ((20, 20), 60, []),
        ((30, 20), 60, ["190007"]),
        ((100,), 0, ["190007"]),
        ((10,) * 11, 0, ["190007"]),
        ((100, 0), 0, ["190007"]),
        ((50, None), 0, ["190007"]),
        ((99, 1), 99, []),
    ],
    ids=str,
)
def test_percentages(sqlite_url: str, percentages: tuple[Any, ...], held: int, codes: list[str]) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        machine.define_event()
        made = optimizer("t", [None] * len(percentages), held)
        for outcome, percentage in zip(made["outcomes"], percentages, strict=True):
            outcome["arguments"]["percentage"] = percentage
        number = machine.save_journey(journey([made]))
        found = [one for one in machine.publish_stored("welcome", number) if one["errorType"] == "Error"]
        assert [one["errorCode"] for one in found] == codes


def test_percentages_of_the_tested_and_of_all_mean_the_same(machine: Machine) -> None:
    relative, absolute = paths(60), paths(60)
    for outcome in absolute[0]["outcomes"]:
        outcome["arguments"]["percentage"] = 20
    numbers = [machine.publish(journey(made, key=f"j{n}")) for n, made in enumerate((relative, absolute))]
    machine.settle()
    first, second = (machine.plan(number).activity(1).step for number in numbers)
    assert first == second


def test_the_range_of_shares_is_known_without_reaching_down() -> None:
    assert path_optimizer._SHARE_RANGE == ids.SHARE_RANGE
