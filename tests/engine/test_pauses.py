"""Pausing and resuming (journey-spec 8.6, design 8.11)."""

from typing import Any

import pytest

from tests.activities.test_wait_until_event import order, until_order
from tests.engine.machine import ACCOUNT, DAY, HOUR, START, Machine, email, journey, schema, split, wait
from tests.engine.test_reference import check_invariants
from waystage.operations import read_progress

pytestmark = pytest.mark.spec("8.6")

EXTEND: dict[str, Any] = {"ExtendWaitEndDates": True}
RETAIN: dict[str, Any] = {"RetainContactInjectionWhileJourneyPaused": True}


def published(machine: Machine, *activities: dict[str, Any], **more: Any) -> int:
    machine.define_event("order", schema([schema()["fields"][0], {"name": "Total", "dataType": "Number"}]))
    version = machine.publish(journey(list(activities), **more))
    machine.settle()
    return version


def sent_at(machine: Machine) -> list[int]:
    return [row[0] for row in machine.rows("SELECT at FROM outbox ORDER BY at")]


def test_nobody_moves_and_what_was_due_goes_on_at_the_end(machine: Machine) -> None:
    published(machine, wait("w", "e"), email("e"))
    machine.fire([("ann", {})])
    machine.pause()
    assert machine.advance(3 * DAY).instants == 0
    assert sent_at(machine) == []
    machine.resume()
    assert sent_at(machine) == [START + 3 * DAY]
    check_invariants(machine)


def test_extended_waits_end_later_by_the_length_of_the_pause(machine: Machine) -> None:
    published(machine, wait("w", "e", 5), email("e"))
    machine.fire([("ann", {})])
    machine.advance(DAY)
    machine.pause(**EXTEND)
    machine.advance(2 * DAY)
    machine.resume()
    machine.fire([("bob", {})])
    machine.advance(10 * DAY)
    assert sent_at(machine) == [START + 7 * DAY, START + 8 * DAY], "who came after the pause waits as long as ever"


def test_waits_can_be_extended_again_and_again(machine: Machine) -> None:
    published(machine, wait("w", "e", 5), email("e"))
    machine.fire([("ann", {})])
    for _ in range(3):
        machine.pause(**EXTEND)
        machine.advance(DAY)
        machine.resume()
        machine.restart()
    machine.fire([("bob", {})])
    machine.advance(20 * DAY)
    assert sent_at(machine) == [START + 8 * DAY, START + 8 * DAY]


def test_progress_tells_of_extended_waits(machine: Machine) -> None:
    published(machine, wait("w", None, 5))
    machine.fire([("ann", {})])
    machine.pause(**EXTEND)
    machine.advance(DAY)
    machine.resume()
    (version,) = machine.read(lambda tx: read_progress.running(tx, ACCOUNT))
    assert (version.activities[0].here, version.activities[0].next_release) == (1, START + 6 * DAY)


def test_a_date_is_never_extended(machine: Machine) -> None:
    dated = {**wait("w", "e"), "configurationArguments": {"specificDate": "2026-01-03", "timeZone": "UTC"}}
    published(machine, dated, email("e"))
    machine.fire([("ann", {})])
    machine.pause(**EXTEND)
    machine.advance(DAY)
    machine.resume()
    machine.advance(10 * DAY)
    assert sent_at(machine) == [START + 2 * DAY]


def test_entries_are_refused_unless_they_are_kept(machine: Machine) -> None:
    version = published(machine, email("e"))
    machine.pause()
    machine.fire([("ann", {})])
    machine.resume()
    assert sent_at(machine) == []
    assert [row[3] for row in machine.remarks()] == ["InteractionNotPublished"]
    machine.pause(**RETAIN)
    machine.fire([("ann", {}), ("bob", {}), ("ann", {})])
    machine.advance(HOUR)
    assert sent_at(machine) == []
    machine.resume()
    assert sent_at(machine) == [START + HOUR] * 3
    assert machine.totals(version)["entered"] == 3
    assert machine.number("SELECT count(*) FROM held") == 0


def test_kept_entries_come_after_the_waits_that_were_due(machine: Machine) -> None:
    """Whoever leaves by a wait that ended in the pause may enter again by an event of the pause."""
    version = published(machine, wait("w", None), entryMode="SingleEntryAcrossAllVersions")
    machine.fire([("ann", {})])
    machine.pause(**RETAIN)
    machine.fire([("ann", {})])
    machine.advance(2 * DAY)
    machine.resume()
    assert machine.totals(version)["entered"] == 2


def test_kept_entries_survive_a_restart_and_are_many(machine: Machine) -> None:
    version = published(machine, wait("w", None))
    machine.pause(**RETAIN)
    machine.fire([(f"p{number}", {}) for number in range(700)])
    machine.restart()
    machine.engine.pace.fixed = 50
    machine.resume()
    assert machine.totals(version)["entered"] == 700
    check_invariants(machine)


@pytest.mark.parametrize(("action", "status", "inside"), [("stop", "Stopped", 0), ("Resume", "Published", 1)])
def test_the_guard_acts_when_the_days_are_over(machine: Machine, action: str, status: str, inside: int) -> None:
    version = published(machine, wait("w", None, 30))
    machine.fire([("ann", {})])
    machine.pause(GuardrailAction=action, PausedDays=3)
    machine.advance(3 * DAY - 1)
    assert machine.rows("SELECT status FROM version") == [("Paused",)]
    machine.advance(1)
    assert machine.rows("SELECT status FROM version") == [(status,)]
    assert machine.number("SELECT count(*) FROM active") == inside
    assert machine.totals(version).get("ended:Stopped", 0) == 1 - inside


def test_without_a_guard_it_stays_paused(machine: Machine) -> None:
    published(machine, wait("w", None))
    machine.pause(PausedDays=1)
    machine.advance(100 * DAY)
    assert machine.rows("SELECT status FROM version") == [("Paused",)]


def test_a_guard_of_an_earlier_pause_does_nothing(machine: Machine) -> None:
    published(machine, wait("w", None, 30))
    machine.pause(GuardrailAction="stop", PausedDays=2)
    machine.advance(DAY)
    machine.resume()
    machine.pause()
    machine.advance(10 * DAY)
    assert machine.rows("SELECT status FROM version") == [("Paused",)]


@pytest.mark.spec("3.4")
def test_an_event_in_the_pause_releases_at_its_end(machine: Machine) -> None:
    published(machine, until_order("e", "late"), email("e"), email("late"))
    machine.fire([("ann", {}), ("bob", {})])
    machine.pause()
    machine.advance(DAY)
    order(machine, "ann")
    machine.advance(5 * DAY)
    order(machine, "bob")
    machine.resume()
    assert machine.trail("ann") == [(1, 0), (2, 0)], "its event came before the time-out"
    assert machine.trail("bob") == [(1, 1), (3, 0)], "its event came after it"


def test_events_can_be_ignored_in_the_pause(machine: Machine) -> None:
    published(machine, until_order("e", "late"), email("e"), email("late"))
    machine.fire([("ann", {})])
    machine.pause(ProcessWaitUntilEvents=False)
    order(machine, "ann")
    machine.resume()
    assert machine.trail("ann") == []
    order(machine, "ann")
    assert machine.trail("ann") == [(1, 0), (2, 0)]


def test_a_version_that_finishes_can_be_paused_and_finishes_on(machine: Machine) -> None:
    first = machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.fire([("ann", {})])
    machine.pause()
    second = machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.fire([("bob", {})])
    assert machine.totals(second)["entered"] == 1
    machine.resume()
    assert machine.rows("SELECT status FROM version ORDER BY number") == [("Unpublished",), ("Published",)]
    machine.advance(DAY)
    assert machine.totals(first)["ended:EndOfPath"] == 1


def test_a_pause_without_extension_changes_nothing_but_time(machine: Machine) -> None:
    """The same people, events and shares in two journeys, of which one is paused: the same ways and messages."""
    activities = [
        split("s", (50, "a"), (50, "b")), email("a", "w"), wait("w", "c", 2), wait("b", "c", 1), email("c"),
    ]  # fmt: skip
    calm = machine.publish(journey(activities, key="calm"))
    paused = machine.publish(journey(activities, key="paused"))
    machine.settle()
    machine.write(lambda tx: tx.run("UPDATE version SET definition_id = 'same' || number"))
    people = [f"p{number}" for number in range(200)]
    machine.fire([(who, {}) for who in people])
    machine.pause("paused")
    machine.advance(5 * DAY)
    machine.resume("paused")
    machine.advance(5 * DAY)
    for version in (calm, paused):
        totals = machine.totals(version)
        assert (totals["entered"], totals["ended:EndOfPath"]) == (200, 200)
        shares = machine.rows("SELECT count(*) FROM outbox WHERE version = :version AND activity = 2", version=version)
        outcomes = machine.rows(
            "SELECT sum(n) FROM counter WHERE version = :version AND activity = 1 AND name = 'outcome:0'",
            version=version,
        )
        assert shares == [(int(outcomes[0][0]),)]
    check_invariants(machine)
