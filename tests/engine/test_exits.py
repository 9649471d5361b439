"""Contacts that leave by request, from wherever they rest (journey-spec 8.7, design 8.10)."""

from typing import Any

import pytest

from tests.engine.leaving import ask, by_event, ended, inside, pause, started, status
from tests.engine.machine import ACCOUNT, DAY, HOUR, Machine, email, journey, wait
from tests.engine.test_reference import check_invariants
from waystage.operations import read_membership
from waystage.operations.exit_contacts import IGNORED, Status
from waystage.operations.read_exits import COMPLETED, RECEIVED

pytestmark = pytest.mark.spec("8.7")


def test_who_waits_leaves_at_once(machine: Machine) -> None:
    version = started(machine, [wait("w", "e"), email("e")])
    machine.advance(HOUR)
    ask(machine, "a", "c")
    assert [one.message for one in status(machine, "a")] == [RECEIVED]
    machine.settle()
    assert inside(machine) == ["b"]
    assert machine.totals(version) == {"entered": 3, "ended:Ejected": 2}
    (((lane, instance, _)),) = machine.passages("a")
    hops = machine.hops(lane, instance)
    assert hops[-1][1:] == (machine.clock.now(), (), 0, 0, "Ejected")
    assert status(machine, "a")[0].message == COMPLETED
    assert status(machine, "a")[0].instance is not None
    assert machine.counters()[version, 1, "departed"] == 2
    machine.advance(DAY)
    assert machine.number("SELECT count(*) FROM outbox") == 1
    assert machine.totals(version) == {"entered": 3, "ended:Ejected": 2, "ended:EndOfPath": 1}
    check_invariants(machine)


def test_again_and_of_nobody_is_no_error(machine: Machine) -> None:
    version = started(machine, [wait("w", None)])
    ask(machine, "a", "nobody")
    machine.settle()
    ask(machine, "a", "a", "nobody")
    machine.settle()
    assert machine.totals(version) == {"entered": 3, "ended:Ejected": 1}
    assert status(machine, "nobody") == [Status(1, COMPLETED)]
    assert len(status(machine, "a")) == 1
    assert status(machine, "b") == []
    assert status(machine, "a", (1,)) == status(machine, "a")
    assert status(machine, "a", key="nowhere") == [Status(0, IGNORED)]
    check_invariants(machine)


def test_the_order_of_event_and_exit_counts(machine: Machine) -> None:
    """In one inbox: who enters before the exit leaves by it, who enters behind it stays."""
    version = started(machine, [wait("w", None)], "")
    machine.engine.stop()
    machine.accept([("a", {}), ("b", {})])
    ask(machine, "a", "b")
    machine.accept([("b", {})])
    machine.engine = machine._engine()
    machine.engine.start()
    machine.settle()
    assert machine.totals(version) == {"entered": 3, "ended:Ejected": 2}
    assert inside(machine) == ["b"]
    assert machine.number("SELECT count(*) FROM inbox") == 0
    check_invariants(machine)


def test_all_passages_of_a_contact_or_those_of_some_versions(machine: Machine) -> None:
    first = started(
        machine,
        [
            wait("w", None),
        ],
        "aab",
    )
    second = machine.publish(journey([wait("v", None, 3)]))
    machine.settle()
    machine.fire([("a", {}), ("b", {})])
    ask(machine, "a", versions=(1,))
    machine.settle()
    assert machine.totals(first) == {"entered": 3, "ended:Ejected": 2}
    assert machine.totals(second) == {"entered": 2}
    assert [one.version for one in status(machine, "a")] == [1, 1]
    assert status(machine, "a", (2,)) == []
    ask(machine, "a", "b")
    machine.settle()
    assert machine.totals(first) == {"entered": 3, "ended:Ejected": 3}
    assert machine.totals(second) == {"entered": 2, "ended:Ejected": 2}
    assert sorted(one.version for one in status(machine, "a")) == [1, 1, 2]
    check_invariants(machine)


def test_another_journey_is_left_alone(machine: Machine) -> None:
    version = started(machine, [wait("w", None)], "")
    other = machine.publish(journey([wait("w", None)], key="other"))
    machine.settle()
    machine.fire([("a", {})])
    ask(machine, "a")
    machine.settle()
    assert (machine.totals(version), machine.totals(other)) == ({"entered": 1, "ended:Ejected": 1}, {"entered": 1})


def test_out_of_a_paused_version(machine: Machine) -> None:
    version = started(machine, [wait("w", "e"), email("e")])
    pause(machine, version)
    ask(machine, "a")
    machine.settle()
    assert machine.totals(version) == {"entered": 3, "ended:Ejected": 1}
    machine.advance(2 * DAY)
    ask(machine, "b")
    machine.settle()
    assert inside(machine) == ["c"]
    assert machine.number("SELECT count(*) FROM outbox") == 0
    check_invariants(machine)


def test_out_of_an_unpublished_version_but_not_out_of_a_stopped_one(machine: Machine) -> None:
    first = started(machine, [wait("w", None)], "ab")
    second = machine.publish(journey([wait("w", None)]))
    machine.settle()
    ask(machine, "a")
    machine.settle()
    assert machine.totals(first) == {"entered": 2, "ended:Ejected": 1}
    machine.fire([("b", {})])
    machine.stop("welcome")
    ask(machine, "b")
    machine.settle()
    assert machine.totals(first) == {"entered": 2, "ended:Ejected": 1, "ended:Stopped": 1}
    assert machine.totals(second) == {"entered": 1, "ended:Stopped": 1}
    check_invariants(machine)


def test_after_several_rests_and_a_merge(machine: Machine) -> None:
    """The newest hop says where somebody is, merged or not."""
    version = started(machine, [wait("w", "v"), wait("v", "u"), wait("u", "e"), email("e")], "abcd")
    machine.advance(DAY)
    while machine.engine.ask(machine.engine.stepper.tidy).result():
        pass
    machine.advance(DAY)
    machine.fire([("late", {})])
    ask(machine, "a", "c", "late")
    machine.settle()
    assert inside(machine) == ["b", "d"]
    assert machine.totals(version) == {"entered": 5, "ended:Ejected": 3}
    machine.restart()
    machine.advance(DAY)
    assert machine.totals(version) == {"entered": 5, "ended:Ejected": 3, "ended:EndOfPath": 2}
    check_invariants(machine)


def test_after_single_entry_an_ejected_contact_may_enter_anew(machine: Machine) -> None:
    version = started(machine, [wait("w", None)], "a", entryMode="SingleEntryAcrossAllVersions")
    machine.fire([("a", {})])
    ask(machine, "a")
    machine.fire([("a", {})])
    assert machine.totals(version) == {
        "entered": 2,
        "ended:Ejected": 1,
        "refused:CurrentlyWaitingInSameInteraction": 1,
    }
    assert len(status(machine, "a")) == 1


@pytest.mark.parametrize("event_first", [True, False])
@pytest.mark.spec("3.4", "8.7")
def test_an_event_and_an_exit_meet(machine: Machine, event_first: bool) -> None:
    """Whichever comes first: the contact leaves once, and nothing more happens to it."""
    machine.define_event("paid")
    version = started(machine, [by_event("w", "e", "e"), email("e")], "ab")
    machine.advance(HOUR)
    if event_first:
        machine.accept([("a", {})], "paid")
    ask(machine, "a")
    if not event_first:
        machine.accept([("a", {})], "paid")
    machine.settle()
    assert ended(machine, "a") == ["Ejected"]
    assert inside(machine) == ["b"]
    assert machine.number("SELECT count(*) FROM listening") == 1
    machine.fire([("b", {})], "paid")
    machine.advance(3 * DAY)
    assert machine.totals(version) == {"entered": 2, "ended:Ejected": 1, "ended:EndOfPath": 1}
    assert machine.number("SELECT count(*) FROM outbox") == 1
    check_invariants(machine)


@pytest.mark.spec("3.4", "8.6", "8.7")
def test_who_was_released_in_a_pause_can_still_be_ejected(machine: Machine) -> None:
    machine.define_event("paid")
    version = started(machine, [by_event("w", "e", "e"), email("e")], "ab")
    machine.advance(HOUR)
    pause(machine, version)
    machine.fire([("a", {})], "paid")
    machine.advance(HOUR)
    ask(machine, "a", "b")
    machine.settle()
    assert machine.totals(version) == {"entered": 2, "ended:Ejected": 2}
    assert machine.number("SELECT count(*) FROM queue") == 0
    check_invariants(machine)


def test_the_statements_do_not_grow_with_the_contacts(machine: Machine) -> None:
    version = started(machine, [wait("w", None)], "")
    counts: list[int] = []
    step = machine.database.step

    def counted(job: Any, lane: int | None = None) -> Any:
        def watched(tx: Any) -> Any:
            before = tx.statements
            batch = job(tx)
            if getattr(batch, "moved", 0):
                counts.append(tx.statements - before)
            return batch

        return step(watched, lane)

    lane = machine.lane_of("a0")
    keys = [key for key in (f"a{n}" for n in range(1000)) if machine.lane_of(key) == lane]
    machine.fire([(key, {}) for key in keys[:110]])
    machine.database.step = counted  # type: ignore[method-assign]  # only to count
    for some in (keys[:10], keys[10:110]):
        machine.engine.stop()
        ask(machine, *some)
        machine.engine = machine._engine()
        machine.engine.start()
        machine.settle()
    assert machine.totals(version) == {"entered": 110, "ended:Ejected": 110}
    assert len(set(counts)) == 1, counts


def test_membership(machine: Machine) -> None:
    version = started(machine, [wait("w", None)], "aab")
    machine.publish(journey([wait("w", None)]))
    other = machine.publish(journey([wait("w", None)], key="Other"))
    machine.settle()
    machine.fire([("a", {}), ("c", {})])
    pause(machine, version)

    def found(*keys: str) -> tuple[list[tuple[str, str, int]], list[str]]:
        members, missing = machine.read(lambda tx: read_membership.memberships(tx, ACCOUNT, keys))
        return [(one.contact_key, one.journey_key, one.version) for one in members], missing

    expected = [("c", "Other", 1), ("c", "welcome", 2), ("a", "Other", 1), ("a", "welcome", 1), ("a", "welcome", 2)]
    assert found("c", "a", "nobody", "a") == (expected, ["nobody"])
    machine.stop("Other")
    ask(machine, "c")
    machine.settle()
    assert machine.totals(other)["entered"] == 2
    assert found("c", "b") == ([("b", "welcome", 1)], [])
