"""Publishing, stopping and replacing versions while contacts are inside."""

import pytest

from tests.engine.machine import DAY, Machine, email, journey, wait
from tests.engine.test_reference import check_invariants
from waystage.ground.clock import real_now
from waystage.ground.ids import InboxNumbers
from waystage.store import statistics

pytestmark = pytest.mark.spec("8.2", "1.4")

ONCE, AFTER_EXIT = "OnceAndDone", "SingleEntryAcrossAllVersions"


def _events(count: int, first: int = 0) -> list[tuple[str, dict[str, str]]]:
    return [(f"c{number}", {}) for number in range(first, first + count)]


def _keys(count: int) -> list[str]:
    return [f"c{number}" for number in range(count)]


def _stories(machine: Machine) -> dict[int, int]:
    """Version to how many passages it has."""
    return dict(machine.rows("SELECT version, count(*) FROM instance GROUP BY version"))


def test_a_new_version_takes_new_entries_and_the_old_one_finishes(machine: Machine) -> None:
    first = machine.publish(journey([wait("w", "e"), email("e")]))
    machine.settle()
    machine.fire(_events(5))
    second = machine.publish(journey([wait("w", None, 3)]))
    machine.settle()
    machine.fire(_events(5))
    assert _stories(machine) == {first: 5, second: 5}
    machine.advance(DAY)
    assert machine.totals(first) == {"entered": 5, "ended:EndOfPath": 5}
    assert machine.totals(second) == {"entered": 5}
    assert machine.number("SELECT count(*) FROM outbox") == 5
    machine.advance(2 * DAY)
    assert machine.totals(second) == {"entered": 5, "ended:EndOfPath": 5}
    check_invariants(machine)


@pytest.mark.parametrize(
    ("mode", "status"),
    [(ONCE, "ContactPreviouslyInSameInteraction"), (AFTER_EXIT, "CurrentlyWaitingInSameInteraction")],
)
def test_the_entry_mode_counts_across_versions(machine: Machine, mode: str, status: str) -> None:
    first = machine.publish(journey([wait("w", None)], entryMode=mode))
    machine.settle()
    machine.fire(_events(2))
    second = machine.publish(journey([wait("w", None)], entryMode=mode))
    machine.settle()
    machine.fire(_events(3))
    assert _stories(machine) == {first: 2, second: 1}
    assert [row[:4] for row in machine.remarks()] == [(key, 0, 0, status) for key in _who(machine)]
    machine.advance(DAY)
    machine.fire(_events(2))
    assert _stories(machine)[second] == (1 if mode == ONCE else 3)


def _who(machine: Machine) -> list[str]:
    return [row[0] for row in machine.remarks()]


def test_several_events_of_a_contact_in_one_slice(machine: Machine) -> None:
    """One at a time: who has run to the end may enter again by the next event, who waits may not."""
    straight = machine.publish(journey([email("e")], key="straight", entryMode=AFTER_EXIT))
    waiting = machine.publish(journey([wait("w", None)], key="waiting", entryMode=AFTER_EXIT))
    machine.settle()
    machine.fire([("ann", {}), ("bob", {}), ("ann", {}), ("ann", {})])
    assert machine.totals(straight) == {"entered": 4, "ended:EndOfPath": 4}
    assert machine.totals(waiting) == {"entered": 2, "refused:CurrentlyWaitingInSameInteraction": 2}
    check_invariants(machine)


def test_instance_numbers_stay_apart_where_events_repeat_a_contact(machine: Machine) -> None:
    version = machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.fire([(f"c{number % 7}", {}) for number in range(50)])
    assert machine.totals(version) == {"entered": 50}
    assert [len(machine.passages(f"c{number}")) for number in range(7)] == [8, 7, 7, 7, 7, 7, 7]
    machine.advance(DAY)
    check_invariants(machine)


def test_stop_with_five_thousand_inside(machine: Machine) -> None:
    """At once for whoever looks; the rows follow in slices, and a new version lets everybody in meanwhile."""
    machine.engine.pace.fixed = 700
    first = machine.publish(journey([wait("w", "e"), email("e")], entryMode=AFTER_EXIT))
    machine.settle()
    machine.fire(_events(5000))
    assert machine.totals(first) == {"entered": 5000}
    second = machine.save_journey(journey([wait("w", None)], entryMode=AFTER_EXIT))
    machine.publish_stored("welcome", second)
    machine.settle()
    stopped = machine.rows("SELECT version FROM version WHERE number = :number", number=first)[0][0]
    assert machine.stop("welcome", stopped) == 5000
    assert machine.rows("SELECT status FROM version WHERE number = :number", number=first) == [("Stopped",)]
    population = machine.read(lambda tx: statistics.population(tx, [first]))
    assert population[first][:2] == (0, 5000)
    machine.accept(_events(5000))
    machine.settle()
    assert machine.totals(first) == {"entered": 5000, "ended:Stopped": 5000}
    assert machine.totals(second) == {"entered": 5000}
    assert machine.number("SELECT count(*) FROM outbox") == 0
    machine.advance(DAY)
    assert machine.totals(second) == {"entered": 5000, "ended:EndOfPath": 5000}
    check_invariants(machine)


def test_an_event_behind_a_stop_does_not_enter(machine: Machine) -> None:
    """Whatever the engine believed: the command stands before the event in the inbox."""
    version = machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.accept(_events(3))
    machine.stop("welcome")
    machine.accept(_events(4, 3))
    machine.settle()
    entered = {key for key in _keys(7) if machine.passages(key)}
    assert entered <= set(_keys(3))
    assert machine.totals(version).get("ended:Stopped", 0) == len(entered)
    assert machine.number("SELECT count(*) FROM inbox") == 0
    assert machine.number("SELECT count(*) FROM contact") == 7


def test_a_stopped_version_that_is_deleted_is_cleared_all_the_same(machine: Machine) -> None:
    version = machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.fire(_events(10))
    machine.engine.stop()
    machine.stop("welcome")
    machine.write(lambda tx: tx.run("UPDATE version SET status = 'Deleted'"))
    machine.engine = machine._engine()
    machine.engine.start()
    machine.settle()
    assert machine.totals(version) == {"entered": 10, "ended:Stopped": 10}
    assert machine.number("SELECT count(*) FROM queue") == 0


def test_a_deleted_contact_neither_enters_nor_writes(machine: Machine) -> None:
    version = machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.save_contact("gone", {})
    machine.write(lambda tx: tx.run("UPDATE contact SET deleted = 1"))
    machine.fire([("gone", {"Tier": "x"}), ("here", {})])
    assert machine.totals(version) == {"entered": 1, "refused:ContactIsDeleted": 1}
    assert machine.number("SELECT count(*) FROM row") == 1


def test_events_of_two_definitions_keep_their_order(machine: Machine) -> None:
    """They may write to one row, or start journeys that look at what the other wrote."""
    own = machine.define_event("one")
    machine.define_event("two", dataExtensionId=own)
    machine.accept([("ann", {})], "one")
    machine.accept([("bob", {"Tier": "first"}), ("ann", {"Tier": "x"})], "two")
    machine.accept([("bob", {"Tier": "second"}), ("cid", {})], "one")
    machine.accept([("bob", {"Tier": "third"})], "two")
    machine.settle()
    tier = machine.database.dialect.json_text("data", "'Tier'")
    assert sorted(machine.rows(f"SELECT key, {tier} FROM row")) == [
        ('["ann"]', "x"),
        ('["bob"]', "third"),
        ('["cid"]', None),
    ]
    assert machine.number("SELECT count(*) FROM inbox") == 0


def test_commands_of_two_processes_are_all_followed(machine: Machine) -> None:
    """The clock of one of them is a minute late, so what it tells later has a smaller number."""
    machine.publish(journey([wait("w", None)], key="first"))
    machine.settle()
    machine.numbers = InboxNumbers(lambda: real_now() - 60_000, process=0)
    late = machine.publish(journey([wait("w", None)], key="second"))
    machine.settle()
    machine.fire([("ann", {"EmailAddress": "ann@example.com"})])
    assert machine.totals(late) == {"entered": 1}
