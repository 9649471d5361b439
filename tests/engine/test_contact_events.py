"""Contact events: rows that are written fire them, once, and are not written again."""

from collections.abc import Iterator

import pytest

from tests.engine.audiences import define, entered, put, upsert, waiting
from tests.engine.machine import DAY, Machine, condition, criteria

pytestmark = pytest.mark.spec("2.2", "2.7")


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url) as made:
        yield made


def _listen(machine: Machine, key: str = "changed", mode: str = "MultipleEntries", filter_: str = "") -> int:
    define(machine, key, "ContactEvent")
    trigger = {"configurationArguments": {"criteria": filter_}} if filter_ else {}
    version = machine.publish(waiting(key, "ContactEvent", mode, key=key, trigger=trigger))
    machine.settle()
    return version


def _kinds(machine: Machine) -> list[str]:
    text = machine.database.dialect.json_text("data", "'Kind'")
    return sorted(row[0] for row in machine.rows(f"SELECT {text} FROM row WHERE lane > 0"))


def test_rows_added_and_changed_by_the_api_fire_it(machine: Machine) -> None:
    version = _listen(machine)
    assert put(machine, [(1, "ann", "new"), (2, "bob", "new"), (3, None, "new")])
    machine.settle()
    assert put(machine, [(1, "ann", "old")])
    machine.settle()
    assert entered(machine) == [("ann", 1), ("ann", 1), ("bob", 2)]
    assert _kinds(machine) == ["new", "new", "old"]
    assert machine.totals(version)["entered"] == 3


def test_nobody_listens(machine: Machine) -> None:
    define(machine, "unused", "ContactEvent")
    assert not put(machine, [(1, "ann", "new")])
    _listen(machine)
    machine.stop("changed")
    assert not put(machine, [(1, "ann", "new")])
    machine.settle()
    assert machine.number("SELECT count(*) FROM inbox") == 0


def test_the_filter_looks_at_the_stored_row(machine: Machine) -> None:
    _listen(machine, filter_=criteria(condition("Event.changed.Kind", "Equal", "gold")))
    put(machine, [(1, "ann", "tin"), (2, "bob", "gold")])
    machine.settle()
    upsert(machine, [{"Id": 2, "Day": "2026-01-01"}])
    machine.settle()
    assert entered(machine) == [("bob", 2), ("bob", 2)]
    assert len(machine.remarks("DidNotMeetEntryCriteria")) == 1


def test_attribute_sets_of_contacts_fire_it(machine: Machine) -> None:
    _listen(machine)
    machine.save_contact("ann", {"Orders": [{"Id": 1, "Kind": "x"}, {"Id": 2, "Kind": "y"}]})
    machine.settle()
    assert entered(machine) == [("ann", 1), ("ann", 2)]


def test_an_event_that_writes_a_row_fires_it_too(machine: Machine) -> None:
    version = _listen(machine, mode="OnceAndDone")
    guid = define(machine, "signup", "APIEvent")
    other = machine.publish(waiting("signup", "APIEvent", key="signup"))
    silent = machine.define_event("silent", dataExtensionId=guid, disableDEDataLogging=True)
    assert silent
    machine.fire([("ann", {"Id": 1, "Kind": "x"}), ("bob", {"Id": 2, "Kind": "y"}), ("ann", {"Id": 3})], "signup")
    machine.fire([("cid", {"Id": 4})], "silent")
    assert machine.totals(version)["entered"] == 2
    assert machine.totals(version)["refused:ContactPreviouslyInSameInteraction"] == 1
    assert machine.totals(other)["entered"] == 3
    assert machine.number("SELECT count(*) FROM row") == 3


def test_its_own_key_can_be_posted(machine: Machine) -> None:
    """The row is stored and the journey entered, each once."""
    version = _listen(machine)
    machine.fire([("ann", {"Id": 1, "Kind": "x"})], "changed")
    machine.fire([("ann", {"Id": 1, "Kind": "y"})], "changed")
    assert machine.totals(version)["entered"] == 2
    assert _kinds(machine) == ["y"]


def test_a_pause_that_retains_lets_them_in_afterwards(machine: Machine) -> None:
    _listen(machine)
    define(machine, "signup", "APIEvent")
    machine.pause("changed", RetainContactInjectionWhileJourneyPaused=True)
    put(machine, [(1, "ann")])
    machine.fire([("bob", {"Id": 2})], "signup")
    machine.advance(DAY)
    assert not entered(machine)
    machine.resume("changed")
    assert entered(machine) == [("ann", 1), ("bob", 2)]
