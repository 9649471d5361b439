"""Forgetting old history in slices: what goes, what stays, and that it comes to an end (WAYSTAGE_HISTORY_DAYS)."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import ACCOUNT, DAY, START, Machine, email, journey, split, wait
from waystage.engine.retention import Keep, cutoff_of, forget_messages, forget_old
from waystage.operations import read_history
from waystage.operations.read_history import Asked
from waystage.store import jobs, trace
from waystage.store.sql import Tx

pytestmark = pytest.mark.spec("9")
MAIL = {"EmailAddress": "a@example.org"}
KEPT = ("past", "active", "counter", "daily", "contact", "queue")
PASSAGES = "SELECT lane, instance, version, contact, entered, event FROM instance"


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
    rows = {table: machine.rows(f"SELECT * FROM {table}") for table in KEPT} | {"instance": machine.rows(PASSAGES)}
    return {table: sorted(found, key=str) for table, found in rows.items()}


def _entered_with(machine: Machine) -> set[tuple[str, str]]:
    """Journeys and contacts of all passages that still know what these came with."""
    data = machine.database.dialect.json_out("i.data")
    rows = machine.rows(
        f"SELECT j.key, c.key FROM (SELECT version, lane, contact, {data} AS data FROM instance i) p"
        " JOIN version v ON v.number = p.version JOIN journey j ON j.number = v.journey"
        " JOIN contact c ON c.lane = p.lane AND c.contact = p.contact WHERE p.data <> '{}'"
    )
    return {(journey_key, contact_key) for journey_key, contact_key in rows}


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
    assert versions == _entered_with(machine) == {("welcome", "cid"), ("long", "ann"), ("long", "cid")}
    assert machine.rows("SELECT DISTINCT status FROM remark") == []
    assert _forget(machine, START + 3 * DAY) == 0
    assert _forget(machine, START + 40 * DAY) >= 1
    assert machine.read(lambda tx: _short_and_long(tx, machine)) == {("long", "ann"), ("long", "cid")}
    machine.advance(60 * DAY)
    before = _kept(machine)
    _forget(machine, START + 60 * DAY)
    assert not _told(machine)
    assert not _entered_with(machine)
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


def test_messages_go_when_they_are_over(machine: Machine) -> None:
    """What waits to be handed over stays, however old; so do numbers of what people did with a message."""
    _live(machine)
    seqs = [row[0] for row in machine.rows("SELECT seq FROM outbox ORDER BY seq")]
    assert len(seqs) == 2
    machine.write(lambda tx: tx.run("UPDATE outbox SET state = 0"))
    receipt = "INSERT INTO receipt (lane, seq, attempt, at, status, detail) VALUES (1, :seq, :attempt, 0, :status, '')"
    machine.write(lambda tx: tx.run(receipt, seq=seqs[0], attempt=1, status="deferred"))
    late = START + 40 * DAY
    assert machine.write(lambda tx: forget_messages(tx, 1, START, 0, 10)) is None
    assert machine.write(lambda tx: forget_messages(tx, 1, late, 0, 1)) == seqs[0]
    assert machine.write(lambda tx: forget_messages(tx, 1, late, seqs[0], 10)) == seqs[1]
    assert machine.write(lambda tx: forget_messages(tx, 1, late, seqs[1], 10)) is None
    assert machine.number("SELECT count(*) FROM outbox") == 2
    machine.write(lambda tx: tx.run(receipt, seq=seqs[0], attempt=2, status="sent"))
    machine.write(lambda tx: forget_messages(tx, 1, late, 0, 10))
    assert machine.rows("SELECT seq FROM outbox") == [(seqs[1],)]
    assert machine.rows("SELECT seq FROM receipt") == []


def test_each_kind_is_kept_for_its_own_time(database_url: str) -> None:
    """The engine forgets by itself, when there is nothing else to do."""
    keep = Keep(history=5, messages=10, audit=20, requests=30)
    with Machine(database_url, lanes=2, keep=keep) as machine:
        _live(machine)
        first = machine.rows("SELECT id FROM job ORDER BY created, id")[0][0]
        machine.write(lambda tx: jobs.end(tx, first, "PublishCompleted", [], 1))
        machine.write(lambda tx: tx.run("UPDATE audit SET at = :at", at=START))  # nobody did it, at no journey time
        counted = machine.counters()

        def left() -> tuple[bool, ...]:
            def tidy() -> None:
                while machine.engine.stepper.tidy():
                    pass

            machine.engine.ask(tidy).result()
            texts = (
                "SELECT count(*) FROM hop h JOIN path p ON p.lane = h.lane AND p.id = h.path WHERE p.ended <> ''",
                "SELECT count(*) FROM outbox",
                "SELECT count(*) FROM audit",
            )
            return tuple(machine.number(text) > 0 for text in texts)

        assert left() == (True, True, True)
        for days, expected in ((6, (False, True, True)), (6, (False, False, True)), (9, (False, False, False))):
            machine.advance(days * DAY)
            assert left() == expected
        assert machine.number("SELECT count(*) FROM job") == 1, "it ended long ago by the real clock"
        assert machine.counters() == counted


def test_without_limits_everything_stays(machine: Machine) -> None:
    _live(machine)
    tables = ("hop", "outbox", "audit")
    machine.write(_merge)
    before = [machine.number(f"SELECT count(*) FROM {table}") for table in tables]
    machine.advance(25 * DAY)
    while machine.engine.ask(machine.engine.stepper.tidy).result():
        pass
    assert [machine.number(f"SELECT count(*) FROM {table}") for table in tables] == before
