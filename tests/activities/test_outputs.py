"""What activities give out, and who may read it (journey-spec 3.3, 3.6, 3.10, 5.2)."""

import json
from typing import Any

import pytest

from tests.engine.machine import (
    DAY,
    START,
    Machine,
    activity,
    condition,
    criteria,
    decision,
    email,
    journey,
    split,
    update,
    wait,
)
from waystage.ground import ids

pytestmark = pytest.mark.spec("3.3", "3.4", "3.6", "3.10", "5.2")

KEPT: list[dict[str, Any]] = [
    {"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "Text", "type": "Text", "length": 100},
    {"name": "Number", "type": "Number"},
    {"name": "Day", "type": "Date"},
]


def _publish(machine: Machine, *activities: dict[str, Any], **more: Any) -> None:
    machine.define_event()
    machine.define_extension("Kept", KEPT, "Who")
    machine.publish(journey(list(activities), **more))
    machine.settle()


def _kept(machine: Machine, name: str) -> dict[str, Any]:
    """What an update has written to a field, by contact."""
    dialect = machine.database.dialect
    read = dialect.json_text if name == "Text" else dialect.json_integer
    value = read("r.data", f"'{name}'")
    rows = machine.rows(
        f"SELECT c.key, {value} FROM row r"
        " JOIN data_extension d ON d.number = r.extension AND d.name = 'Kept'"
        " JOIN contact c ON c.lane = r.lane AND c.contact = r.contact"
    )
    return {row[0]: row[1] for row in rows}


def test_the_draw_of_a_random_split_agrees_with_the_path(machine: Machine) -> None:
    keep = "{{Interaction.s.RandomNumber}}"
    _publish(
        machine,
        split("s", (30, "a"), (70, "b")),
        update("a", None, ("Kept", "Text", "a"), ("Kept", "Number", keep)),
        update("b", None, ("Kept", "Text", "b"), ("Kept", "Number", keep)),
    )
    people = [f"c{number}" for number in range(120)]
    machine.fire([(one, {}) for one in people])
    drawn, ways = _kept(machine, "Number"), _kept(machine, "Text")
    assert set(drawn) == set(people)
    assert all(1 <= number <= 100 for number in drawn.values())
    assert all((drawn[one] <= 30) == (ways[one] == "a") for one in people)
    assert len(set(drawn.values())) > 30


@pytest.mark.parametrize("output", ["RequestID", "requestid", "MessageKey"])
def test_the_name_of_a_message_can_be_kept(machine: Machine, output: str) -> None:
    keep = f"{{{{Interaction.m.{output}}}}}"
    _publish(machine, email("m", "w"), wait("w", "u"), update("u", None, ("Kept", "Text", keep)))
    machine.fire([("ann", {}), ("bob", {"EmailAddress": "bob@example.com"})])
    machine.advance(DAY)
    sent = machine.rows(
        "SELECT c.key, o.lane, o.seq FROM outbox o JOIN contact c ON c.lane = o.lane AND c.contact = o.contact"
    )
    assert _kept(machine, "Text") == {who: ids.guid_of("request", lane, seq) for who, lane, seq in sent}
    assert {who for who, _, _ in sent} == {"ann", "bob"}


def test_a_split_right_behind_a_message_sees_its_name(machine: Machine) -> None:
    known = criteria(condition("Interaction.m.RequestID", "IsNotNull"))
    _publish(machine, email("m", "d"), decision("d", [(known, "yes")], None), email("yes"))
    machine.fire([("ann", {})])
    assert [row[0] for row in machine.rows("SELECT activity FROM outbox ORDER BY seq")] == [1, 3]


def test_of_two_messages_each_keeps_its_own_name(machine: Machine) -> None:
    """Both lead to the same third one, which tells the first from the second."""
    _publish(
        machine,
        split("s", (50, "m1"), (50, "m2")),
        email("m2", "m3"),
        email("m1", "m3"),
        email("m3", None, "{{Interaction.m1.RequestID}}|{{Interaction.m2.RequestID}}"),
    )
    machine.fire([(f"c{number}", {}) for number in range(20)])
    sent = machine.rows("SELECT lane, contact, activity, seq FROM outbox WHERE activity <> 4")
    first = {(lane, contact): (sender, ids.guid_of("request", lane, seq)) for lane, contact, sender, seq in sent}
    assert {sender for sender, _ in first.values()} == {2, 3}
    read = machine.database.dialect.json_out("parameters")
    last = machine.rows(f"SELECT lane, contact, {read} FROM outbox WHERE activity = 4")
    assert len(last) == len(first) == 20
    for lane, contact, parameters in last:
        sender, name = first[lane, contact]
        assert json.loads(parameters)[1:] == ([None, name] if sender == 2 else [name, None])


def test_the_end_of_a_wait_is_a_date_that_another_wait_takes(machine: Machine) -> None:
    own = {"waitEndDateAttributeExpression": "{{Interaction.w.EndDate}}", "waitDuration": 2, "waitUnit": "DAYS"}
    _publish(
        machine,
        wait("w", "u", 3),
        update("u", "v", ("Kept", "Day", "{{Interaction.w.endDate}}")),
        activity("v", "Wait", "m", configurationArguments=own),
        email("m"),
    )
    machine.fire([("ann", {})])
    machine.advance(10 * DAY)
    assert _kept(machine, "Day") == {"ann": START + 3 * DAY}
    assert [row[0] for row in machine.rows("SELECT at FROM outbox")] == [START + 5 * DAY]


def test_the_planned_end_stays_where_an_event_came_first(machine: Machine) -> None:
    settings = {"waitForEventKey": "signup", "waitDuration": 4, "waitUnit": "DAYS"}
    hear = activity("h", "WAITBYEVENT", "u", "u", configurationArguments=settings)
    _publish(machine, hear, update("u", None, ("Kept", "Day", "{{Interaction.h.EndDate}}")))
    machine.fire([("ann", {})])
    machine.advance(DAY)
    machine.fire([("ann", {})])
    assert _kept(machine, "Day") == {"ann": START + 4 * DAY}


def test_on_a_loop_an_earlier_activity_reads_the_round_before(machine: Machine) -> None:
    """A message before the split must not see the draw that comes only after it."""
    settings = {"waitForEventKey": "signup", "waitDuration": 30, "waitUnit": "DAYS"}
    hear = activity("h", "WAITBYEVENT", "m", None, configurationArguments=settings)
    _publish(
        machine,
        hear,
        email("m", "d", "{{Interaction.d.actualChoice}}"),
        decision("d", [(criteria(condition("Event.signup.FirstName", "Equal", "Ann")), "h")], "h"),
        entryMode="OnceAndDone",
    )
    machine.fire([("ann", {"FirstName": "Ann"})])
    machine.fire([("ann", {})])
    machine.fire([("ann", {})])
    read = machine.database.dialect.json_out("parameters")
    values = [json.loads(row[0])[1] for row in machine.rows(f"SELECT {read} FROM outbox ORDER BY seq")]
    assert values == [None, 0]


def test_an_output_that_does_not_exist_is_refused_by_name(sqlite_url: str) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        machine.define_event()
        number = machine.save_journey(journey([email("m", "n"), email("n", None, "{{Interaction.m.Nothing}}")]))
        found = machine.publish_stored("welcome", number)
        assert any("has no output Nothing" in one["errorDetail"] for one in found)
