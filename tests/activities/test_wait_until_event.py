"""Waiting for an event beyond the example (journey-spec 3.4)."""

from typing import Any

import pytest

from tests.engine.machine import (
    DAY,
    HOUR,
    Machine,
    activity,
    condition,
    criteria,
    decision,
    email,
    journey,
    schema,
    split,
    wait,
)
from tests.engine.test_reference import check_invariants

pytestmark = pytest.mark.spec("3.4")

ORDER_FIELDS: list[dict[str, Any]] = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "Total", "dataType": "Number"},
]


def until_order(heard: str | None, silent: str | None, *, days: int = 2, **more: Any) -> dict[str, Any]:
    """A wait for the event `order`."""
    settings = {"waitForEventKey": "order", "waitDuration": days, "waitUnit": "DAYS", **more}
    made = activity("hear", "WAITBYEVENT", heard, silent, configurationArguments=settings)
    made["outcomes"][0]["arguments"], made["outcomes"][1]["arguments"] = {"when": True}, {"when": False}
    return made


def published(machine: Machine, *activities: dict[str, Any], **more: Any) -> int:
    machine.define_event()
    machine.define_event("order", schema(ORDER_FIELDS))
    version = machine.publish(journey(list(activities), **more))
    machine.settle()
    return version


def order(machine: Machine, who: str, total: int = 5) -> None:
    machine.fire([(who, {"Total": total})], "order")


def sent(machine: Machine) -> list[tuple[int, str]]:
    """(activity, instant) of every message, in order."""
    return [tuple(row) for row in machine.rows("SELECT activity, at FROM outbox ORDER BY at, lane, seq")]


def test_only_an_event_that_fulfils_the_filter_releases(machine: Machine) -> None:
    above = criteria(condition("Event.order.Total", "GreaterThan", "10"))
    published(machine, until_order("e", None, criteria=above), email("e"))
    machine.fire([("ann", {})])
    order(machine, "ann", 10)
    order(machine, "bob", 99)
    assert sent(machine) == []
    order(machine, "ann", 11)
    assert [number for number, _ in sent(machine)] == [2]
    check_invariants(machine)


def test_the_data_of_the_event_can_be_used_afterwards(machine: Machine) -> None:
    large = criteria(condition("Event.order.Total", "GreaterThanOrEqual", "100"))
    published(
        machine, until_order("d", None), decision("d", [(large, "big")], "small"),
        email("big", None, "{{Event.order.Total}}"), email("small", None, "{{Event.order.Total}}"),
    )  # fmt: skip
    machine.fire([("ann", {}), ("bob", {})])
    order(machine, "ann", 100)
    order(machine, "bob", 99)
    assert machine.trail("ann") == [(1, 0), (2, 0), (3, 0)]
    assert machine.trail("bob") == [(1, 0), (2, 1), (4, 0)]


def test_the_filter_may_look_at_what_an_earlier_activity_gave_out(machine: Machine) -> None:
    """And so may goals and exits: what only they read is kept too."""
    second = criteria(condition("Interaction.s.actualChoice", "Equal", "2"))
    gone = {"key": "X", "name": "X", "type": "Event", "configurationArguments": {"criteria": second}}
    published(
        machine, split("s", (50, "hear"), (50, "hear")), until_order("e", "late", criteria=second), email("e"),
        email("late"),
    )  # fmt: skip
    exits = machine.publish(
        journey([split("s", (50, "w"), (50, "w")), wait("w", "e"), email("e")], key="x", exits=[gone])
    )
    machine.settle()
    people = [f"p{number}" for number in range(40)]
    machine.fire([(who, {}) for who in people])
    machine.fire([(who, {"Total": 1}) for who in people], "order")
    heard = {who for who in people if machine.trail(who).count((2, 0))}
    assert heard == {who for who in people if (1, 1) in machine.trail(who)[:1]}
    assert 5 < len(heard) < 35
    machine.advance(DAY)
    counts = machine.counters()
    assert counts[exits, 0, "ended:MetExitCriteria"] == counts[exits, 1, "outcome:1"] > 0


def test_events_before_the_arrival_are_not_remembered(machine: Machine) -> None:
    published(machine, wait("w", "hear"), until_order("e", None), email("e"))
    machine.fire([("ann", {})])
    order(machine, "ann")
    machine.advance(DAY)
    assert machine.trail("ann") == [(1, 0)]
    machine.advance(2 * DAY)
    assert machine.trail("ann") == [(1, 0), (2, 1)]


def test_every_waiting_passage_of_the_contact_is_released(machine: Machine) -> None:
    published(machine, until_order("e", None), email("e"))
    machine.fire([("ann", {}), ("ann", {}), ("bob", {})])
    order(machine, "ann")
    assert len(sent(machine)) == 2
    assert machine.trail("bob") == []
    check_invariants(machine)


def test_what_starts_a_passage_does_not_release_it_but_an_older_one(machine: Machine) -> None:
    settings = {"waitForEventKey": "signup", "waitDuration": 2, "waitUnit": "DAYS"}
    machine.define_event()
    machine.publish(journey([activity("hear", "WAIT", "e", None, configurationArguments=settings), email("e")]))
    machine.settle()
    machine.fire([("ann", {})])
    assert sent(machine) == []
    machine.fire([("ann", {})])
    assert len(sent(machine)) == 1
    assert len(machine.passages("ann")) == 2


def test_exactly_one_of_event_and_time_out_wins(machine: Machine) -> None:
    """Just before the time-out the event finds its contact; after it nobody."""
    version = published(machine, until_order("e", "late"), email("e"), email("late"))
    machine.fire([("ann", {}), ("bob", {})])
    machine.advance(2 * DAY - 1)
    order(machine, "ann")
    machine.advance(1)
    order(machine, "bob")
    assert machine.trail("ann") == [(1, 0), (2, 0)]
    assert machine.trail("bob") == [(1, 1), (3, 0)]
    assert machine.number("SELECT count(*) FROM listening") == 0
    assert machine.totals(version)["ended:EndOfPath"] == 2
    check_invariants(machine)


def test_a_loop_through_the_wait_needs_an_event_for_each_round(machine: Machine) -> None:
    version = published(machine, email("e", "hear"), until_order("e", None))
    machine.fire([("ann", {})])
    for _ in range(3):
        machine.advance(HOUR)
        order(machine, "ann")
    assert [number for number, _ in sent(machine)] == [1, 1, 1, 1]
    machine.advance(2 * DAY)
    assert machine.totals(version)["ended:EndOfPath"] == 1
    check_invariants(machine)


def test_a_loop_without_such_a_wait_is_refused(machine: Machine) -> None:
    machine.define_event()
    number = machine.save_journey(journey([wait("a", "b"), wait("b", "a")]))
    codes = {finding["errorCode"] for finding in machine.publish_stored("welcome", number)}
    assert "190005" in codes


WRONG = [
    ({"waitForEventKey": "nothing"}, "190011"),
    ({"waitDuration": 0}, "190010"),
    ({"waitUnit": "YEARS"}, "190010"),
    ({"criteria": "<FilterDefinition>"}, "190010"),
    ({"criteria": criteria(condition("Event.order.Nothing", "IsNull"))}, "190011"),
    ({"waitForEventKey": ""}, "190003"),
]


@pytest.mark.parametrize(("settings", "code"), WRONG)
def test_what_is_not_right_is_told_at_publish(machine: Machine, settings: dict[str, Any], code: str) -> None:
    machine.define_event()
    machine.define_event("order", schema(ORDER_FIELDS))
    number = machine.save_journey(journey([until_order(None, None, **settings)]))
    findings = machine.publish_stored("welcome", number)
    assert code in [one["errorCode"] for one in findings if one["additionalInfo"].get("activityKey") == "hear"], (
        findings
    )


def test_thousands_are_released_in_slices(machine: Machine) -> None:
    version = published(machine, until_order("e", None), email("e"))
    people = [f"p{number}" for number in range(3_000)]
    machine.engine.pace.fixed = 250
    machine.fire([(who, {}) for who in people])
    machine.fire([(who, {"Total": 1}) for who in people], "order")
    assert machine.totals(version)["ended:EndOfPath"] == 3_000
    assert machine.number("SELECT count(*) FROM outbox") == 3_000
    check_invariants(machine)
