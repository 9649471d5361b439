"""Forgetting old history in slices: what goes, what stays, and that it comes to an end (WAYSTAGE_HISTORY_DAYS)."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import ACCOUNT, DAY, START, Machine, email, journey, split, wait
from waystage.engine.retention import cutoff_of, forget_old
from waystage.operations import read_history
from waystage.operations.read_history import Asked
from waystage.store import trace
from waystage.store.sql import Tx

pytestmark = pytest.mark.spec("9")
MAIL = {"EmailAddress": "a@example.org"}
KEPT = ("instance", "past", "active", "counter", "daily", "contact", "queue")


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, lanes=1) as made:
        yield made


def _merge(tx: Tx) -> None:
    mark, last = trace.unmerged(tx, 1)
    if last > mark:
        trace.merge(tx, 1, mark, last)


def _forget(machine: Machine, cutoff: int, limit: int = 3) -> int:
    """Slices until nothing is left; returns how many there were."""
    machine.write(_merge)
    slices = 0
    while machine.write(lambda tx: forget_old(tx, 1, cutoff, limit)):
        slices += 1
    return slices


def _told(machine: Machine) -> set[str]:
    """Contacts with a history, and statuses of refusals."""
    found = machine.read(lambda tx: list(read_history.rows(tx, machine.plans.kinds, ACCOUNT, Asked())))
    return {row.contact_key if row.instance else row.status for row in found}


def _kept(machine: Machine) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(machine.rows(f"SELECT * FROM {table}"), key=str) for table in KEPT}


def _live(machine: Machine) -> None:
    """One journey lets ann in on day 0 and cid on day 2, each once, for two days; another holds all for a month."""
    machine.define_event()
    says = email("e", "v", subject="{{Interaction.s.actualChoice}}")
    machine.publish(
        journey([wait("w", "s"), split("s", (50, "e"), (50, "e")), says, wait("v", None)], entryMode="OnceAndDone")
    )
    machine.publish(journey([wait("m", None, 1, "MONTHS")], key="long", event="signup"))
    machine.settle()
    machine.fire([("ann", MAIL)])
    machine.fire([("ann", MAIL)])
    machine.advance(2 * DAY)
    machine.fire([("cid", MAIL)])
    machine.fire([("ann", MAIL)])
    machine.advance(2 * DAY)


def test_what_ended_before_the_limit_is_forgotten(machine: Machine) -> None:
    _live(machine)
    refused = "ContactPreviouslyInSameInteraction"
    assert _told(machine) == {"ann", "cid", refused}
    assert machine.number("SELECT count(*) FROM output") == 2
    before = _kept(machine)
    assert _forget(machine, START) == 0
    assert _forget(machine, START + 3 * DAY) > 1
    assert _kept(machine) == before
    versions = machine.read(lambda tx: _short_and_long(tx, machine))
    assert versions == {("welcome", "cid"), ("long", "ann"), ("long", "cid")}
    assert machine.rows("SELECT DISTINCT status FROM remark") == []
    assert _forget(machine, START + 3 * DAY) == 0
    assert _forget(machine, START + 40 * DAY) >= 1
    assert machine.read(lambda tx: _short_and_long(tx, machine)) == {("long", "ann"), ("long", "cid")}
    machine.advance(60 * DAY)
    before = _kept(machine)
    _forget(machine, START + 60 * DAY)
    assert _told(machine) == set()
    assert _kept(machine) == before
    for table in ("hop", "hop_log", "output", "looked", "remark", "goal_met"):
        assert machine.rows(f"SELECT * FROM {table}") == []


def _short_and_long(tx: Tx, machine: Machine) -> set[tuple[str, str]]:
    found = read_history.rows(tx, machine.plans.kinds, ACCOUNT, Asked())
    return {(row.origin.key, row.contact_key) for row in found if row.instance}


def test_nothing_goes_before_the_log_is_merged(machine: Machine) -> None:
    _live(machine)
    machine.write(lambda tx: tx.run("UPDATE mark SET seq = seq - 1 WHERE name = 'merge'"))
    assert machine.write(lambda tx: forget_old(tx, 1, START + 3 * DAY, 100)) == 0


def test_the_limit_is_the_begin_of_a_day() -> None:
    assert cutoff_of(START + 10 * DAY + 5, 3, 0) == START + 7 * DAY
    assert cutoff_of(START + 10 * DAY, 3, -360) == START + 6 * DAY + 6 * 3_600_000
