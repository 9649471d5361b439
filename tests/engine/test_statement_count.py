"""How many statements a turn takes depends on the journey, never on how many contacts move (design 2, traps)."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import (
    DAY,
    FIELDS,
    Machine,
    activity,
    condition,
    criteria,
    decision,
    email,
    journey,
    schema,
    split,
    update,
    wait,
)
from tests.engine.recording import RecordingDatabase
from waystage.ground import clock
from waystage.ground.ids import InboxNumbers
from waystage.spec import moments
from waystage.store import inbox
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx

LARGE = 20_000


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, lanes=1, limit=LARGE, kind=RecordingDatabase) as made:
        yield made


def _counts(machine: Machine) -> list[int]:
    """Statements of every transaction that did something since the last call, without the merging of the log."""
    assert isinstance(machine.database, RecordingDatabase)
    return [len(one.texts) for one in machine.database.take() if len(one.texts) > 6]


def _publish(machine: Machine) -> None:
    guid = machine.define_event("signup", schema(FIELDS))
    big = criteria(condition("Event.signup.Score", "GreaterThan", "50"))
    gold = criteria(condition(f"{_name(machine)}.Tier", "Equal", "gold"))
    machine.publish(
        journey(
            [
                wait("w", "s"),
                split("s", (50, "a"), (50, "b")),
                decision("a", [(big, "u")], "e"),
                update("u", "b", (guid, "Tier", "{{Interaction.s.actualChoice}}")),
                decision("b", [(gold, "e")], "v"),
                wait("v", "e"),
                email("e", subject="%%FirstName%%"),
            ],
            entryMode="OnceAndDone",
        )
    )
    machine.settle()


def _name(machine: Machine) -> str:
    ((name,),) = machine.rows("SELECT name FROM data_extension")
    return str(name)


def _run(machine: Machine, prefix: str, count: int) -> list[list[int]]:
    """Statement counts of admission and of both wakings of so many contacts."""
    events = [
        (f"{prefix}{number}", {"Score": number % 100, "Tier": "gold" if number % 3 else "x"}) for number in range(count)
    ]
    _counts(machine)
    machine.accept(events)
    found = []
    for step in (machine.settle, lambda: machine.advance(DAY), lambda: machine.advance(DAY)):
        step()
        found.append(_counts(machine))
    return found


def test_a_turn_takes_as_many_statements_for_many_as_for_few(machine: Machine) -> None:
    _publish(machine)
    _run(machine, "first", 200)  # every way is taken once, so that its path is known
    few = _run(machine, "few", 200)
    many = _run(machine, "many", LARGE)
    assert [len(one) for one in few] == [1, 1, 1]
    assert few == many


def test_dates_events_and_goals_take_as_many_for_many_as_for_few(machine: Machine) -> None:
    machine.define_event("signup", schema(FIELDS))
    goal = {"configurationArguments": {"criteria": criteria(condition("Event.signup.Score", "GreaterThan", "90"))}}
    hears = {"waitForEventKey": "signup", "waitDuration": 9, "waitUnit": "DAYS"}
    dated = {"waitEndDateAttributeExpression": "{{Event.signup.Day}}"}
    machine.publish(
        journey(
            [
                activity("d", "WAIT", "h", configurationArguments=dated),
                activity("h", "WAITBYEVENT", "e", "e", configurationArguments=hears),
                email("e"),
            ],
            goals=[{"key": "G", "name": "G", "type": "Event", **goal, "metaData": {"isExitCriteria": True}}],
            entryMode="OnceAndDone",
        )
    )
    machine.settle()

    def run(prefix: str, count: int) -> list[list[int]]:
        day = moments.iso_z(machine.clock.now() + DAY // 2)
        events = [(f"{prefix}{number}", {"Score": number % 100, "Day": day}) for number in range(count)]
        found = []
        _counts(machine)
        for step in (
            lambda: machine.fire(events), lambda: machine.advance(DAY), lambda: machine.fire(events),
            lambda: machine.advance(2 * DAY),
        ):  # fmt: skip
            step()
            found.append(_counts(machine))
        return found

    run("first", 200)
    few = run("few", 200)
    assert few == run("many", LARGE // 2)


def test_messages_of_a_black_out_window_take_as_many_for_many_as_for_few(machine: Machine) -> None:
    machine.define_event("signup", schema(FIELDS))
    machine.plans.delivering = frozenset({"sms"})
    night = {"mobileBlackoutWindowStartTime": "20:00", "mobileBlackoutWindowEndTime": "19:00"}
    given = {"message": "%%FirstName%%", "honorBlackoutWindowEnum": "1", **night}
    numbers = {"mobileNumber": ["{{Event.signup.Tier}}"]}
    machine.publish(
        journey([activity("m", "SMS", "w", configurationArguments=given), wait("w", None)], defaults=numbers)
    )
    machine.settle()

    def run(prefix: str, count: int) -> list[list[int]]:
        _counts(machine)
        machine.fire([(f"{prefix}{number}", {"Tier": f"{1_000_000 + number}"}) for number in range(count)])
        entered = _counts(machine)
        machine.advance(DAY)
        return [entered, _counts(machine)]

    run("first", 200)
    few = run("few", 200)
    assert few == run("many", 4_000)
    assert machine.number("SELECT count(*) FROM deferred") == 0
    assert machine.number("SELECT count(*) FROM retry") == 4_400


def test_repeated_contacts_cost_a_slice_each(machine: Machine) -> None:
    """Of several events of a contact one is taken in each slice, however many contacts there are."""
    _publish(machine)
    machine.fire([(f"c{number}", {}) for number in range(50)] * 3)
    assert machine.number("SELECT count(*) FROM instance") == 50
    assert machine.number("SELECT count(*) FROM remark") == 100


def test_many_changes_of_definitions_are_read_once(machine: Machine) -> None:
    """A lane that has been told of thirty stops and publications looks at definitions as they are now, in one turn."""
    _publish(machine)
    assert isinstance(machine.database, RecordingDatabase)
    looked = []
    numbers = InboxNumbers(clock.real_now)

    def tell(tx: Tx) -> None:
        inbox.tell_lanes(tx, InboxKind.REFRESH, numbers.take()[0])

    for count in (1, 30):
        for _ in range(count):
            machine.write(tell)
        machine.database.take()
        machine.settle()
        looked.append([text for one in machine.database.take() for text, _ in one.texts if "FROM version" in text])
        assert machine.number("SELECT count(*) FROM inbox") == 0
    assert len(looked[0]) == len(looked[1]) > 0
