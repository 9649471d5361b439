"""The invariants can fail: a good database, or what is known of its run, is damaged in each way, and they tell."""

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest

from tests.crash.beside import Beside
from tests.fire import journeys
from tests.fire.dice import Dice
from tests.fire.load import Load, W
from tests.fire.scene import VIRTUAL, Scene
from tests.invariants.base import at_rest
from tests.invariants.outside import CALL, EMAIL, Received
from waystage.ground import clock, ids

#: Enough for every kind of row.
EVENTS = 150


@dataclass
class Run:
    """A scene after a run in which nothing happened, with people inside and people who have left."""

    scene: Scene
    file: Path


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    home = tmp_path_factory.mktemp("good")
    beside = Beside()
    scene = Scene("sqlite", home, beside, Dice("checker"), VIRTUAL)
    try:
        scene.open()
        beside.run(scene.load.begin())
        beside.run(until(scene.load, EVENTS))
        beside.run(scene.load.end())
        beside.run(scene.load.ask("POST", f"{W}/clock/advance", {"by": "PT8H"}, fine={200}))
        beside.run(scene.load.begin())
        beside.run(until(scene.load, EVENTS + EVENTS // 3))
        found = scene.rest(empty=False)
        assert not found.violations, "\n".join(found.violations)
        yield Run(scene, home / "waystage.db")
    finally:
        scene.close()
        beside.close()


async def until(load: Load, events: int) -> None:
    while load.ledger.accepted < events:
        await clock.rest(0.01)


ONE_PAST = "(SELECT instance FROM past ORDER BY instance LIMIT 1)"
ONE_INSIDE = "(SELECT instance FROM queue ORDER BY instance LIMIT 1)"
ONE_SENT = "(SELECT min(seq) FROM outbox WHERE state = 0)"
#: What is done to the database, and what is told of it.
DAMAGES = {
    "a passage is lost": (f"DELETE FROM instance WHERE instance = {ONE_PAST}", "hops of no passage"),
    "a passage leaves no trace": (f"DELETE FROM hop_log WHERE instance = {ONE_PAST}", "passages without a hop"),
    "a hop is lost": (f"DELETE FROM hop_log WHERE instance = {ONE_PAST} AND hop = 0", "hops have gaps or are doubled"),
    "a hop is taken twice": (
        ("INSERT INTO hop_log SELECT lane, seq + 100000, instance, hop, at, path, seat, due FROM hop_log"
        " ORDER BY seq LIMIT 1"),
        "hops have gaps or are doubled",
    ),
    "a path is lost": ("DELETE FROM path WHERE id = (SELECT min(id) FROM path)", "hops along no path"),
    "the merged trace differs": ("UPDATE hop SET due = due + 1 WHERE hop = 0", "the merged trace is not the log"),
    "a merged hop is lost": ("DELETE FROM hop WHERE hop = 1", "the merged trace is not the log"),
    "an end is forgotten": (f"DELETE FROM past WHERE instance = {ONE_PAST}", "inside and past, or neither"),
    "somebody is inside and past": (
        f"INSERT INTO past SELECT lane, contact, journey, instance FROM active WHERE instance = {ONE_INSIDE}",
        "inside and past, or neither",
    ),
    "somebody unknown is inside": ("INSERT INTO active VALUES (1, 1, 1, 999999)", "inside and past, or neither"),
    "somebody rests twice": (
        f"INSERT INTO queue SELECT lane, seat, 0, instance, hop, contact FROM queue WHERE instance = {ONE_INSIDE}",
        "a passage rests twice",
    ),
    "somebody rests nowhere": (f"DELETE FROM queue WHERE instance = {ONE_INSIDE}", "the newest hop says otherwise"),
    "somebody rests elsewhere": (
        f"UPDATE queue SET due = due + 1 WHERE instance = {ONE_INSIDE}", "the newest hop says otherwise",
    ),
    "a hop is run again": (
        f"UPDATE queue SET hop = hop - 1 WHERE instance = {ONE_INSIDE}", "the newest hop says otherwise",
    ),
    "somebody past rests": (
        f"INSERT INTO queue SELECT lane, 1, 0, instance, 9, contact FROM past WHERE instance = {ONE_PAST}",
        "somebody rests who is not inside",
    ),
    "somebody goes on after the end": (
        ("UPDATE path SET ended = 'x' WHERE id = (SELECT path FROM hop_log g WHERE hop = 0 AND EXISTS"
        " (SELECT 1 FROM hop_log n WHERE n.instance = g.instance AND n.hop = 1) LIMIT 1)"),
        "a passage went on after its end",
    ),
    "an activity is visited twice in a hop": (
        "UPDATE path SET steps = '[[1,0],[1,0]]' WHERE id = (SELECT path FROM hop_log WHERE hop = 0 LIMIT 1)",
        "visited twice in one hop",
    ),
    "somebody wakes elsewhere": (
        "UPDATE hop_log SET seat = seat + 1 WHERE hop = 0 AND seat > 0", "and went on at activity",
    ),
    "a counter runs ahead": ("UPDATE counter SET n = n + 1 WHERE name = 'entered'", "counters and the trace differ"),
    "a counter is lost": ("DELETE FROM counter WHERE name = 'departed'", "counters and the trace differ"),
    "a day's counter runs ahead": ("UPDATE daily SET n = n + 1 WHERE name = 'reached'", "counters of day"),
    "a day's counter is lost": ("DELETE FROM daily WHERE name = 'entered'", "counters of day"),
    "an effect is doubled": (
        ("INSERT INTO outbox SELECT lane, seq + 100000, instance, hop, version, activity, contact, at, content, state,"
        " parameters FROM outbox ORDER BY seq LIMIT 1"),
        "an effect has two keys",
    ),
    "an effect is lost": (f"DELETE FROM outbox WHERE seq = {ONE_SENT}", "messages and visits differ"),
    "an effect of nobody": (f"UPDATE outbox SET activity = 3 WHERE seq = {ONE_SENT}", "which it did not visit"),
    "a receipt is lost": (f"DELETE FROM receipt WHERE seq = {ONE_SENT}", "handed over without a receipt"),
    "a receipt of nothing": (
        "INSERT INTO receipt (lane, seq, attempt, at, status, detail, contact) VALUES (1, 999999, 1, 0, 'sent', '', 1)",
        "a receipt without a message",
    ),
    "a message is sent twice": (
        ("INSERT INTO receipt (lane, seq, attempt, at, status, detail, contact)"
        f" SELECT lane, seq, attempt + 1, at, status, detail, contact FROM receipt WHERE seq = {ONE_SENT}"),
        "attempts have gaps",
    ),
    "an attempt is missing": (f"UPDATE receipt SET attempt = 3 WHERE seq = {ONE_SENT}", "attempts have gaps"),
    "a retry is forgotten": ("INSERT INTO retry VALUES (1, 'email', 0, 1, 2)", "retries are left"),
    "an event waits": ("INSERT INTO inbox VALUES (1, 1, 0, 1, 1, 'x', NULL, '{}')", "the inbox still holds"),
    "a call waits": ("INSERT INTO pending_call VALUES (1, 1, 1, 1, 1, 1, 1, 1, '[]')", "calls are still to be made"),
    "a job is open": ("UPDATE job SET ended = NULL", "jobs are open"),
    "a farewell waits": ("INSERT INTO farewell (version, word) VALUES (1, 'stop')", "services are still to be told"),
    "numbers of passages run again": ("UPDATE lease SET instances = 2", "numbers of instance were given out twice"),
    "numbers of effects run again": ("UPDATE lease SET effects = 2", "numbers of outbox were given out twice"),
    "numbers of hops run again": ("UPDATE lease SET hops = 2", "numbers of hop_log were given out twice"),
    "numbers of remarks run again": ("UPDATE lease SET remarks = 1", "numbers of remark were given out twice"),
    "numbers of contacts run again": (
        "UPDATE lane_counter SET next = 1 WHERE name = 'contact'", "numbers of contact were given out twice",
    ),
    "numbers of rows run again": ("UPDATE lane_counter SET next = 1 WHERE name = 'row'", "numbers of row were given"),
    "a number is given to two rows": (
        ("UPDATE row SET seq = (SELECT max(seq) FROM row) WHERE seq IN"
        " (SELECT seq FROM row WHERE seq > 0 ORDER BY seq DESC LIMIT 3)"),
        "a number was given to two rows",
    ),
    "a sender runs ahead": ("UPDATE mark SET seq = 999999 WHERE name = 'email'", "a mark lies behind what exists"),
    "an event is lost": (
        "DELETE FROM row WHERE key = (SELECT min(key) FROM row WHERE key LIKE '#%')", "answered and not stored",
    ),
    "an event enters twice": (
        ("UPDATE instance SET event = (SELECT event FROM instance i WHERE i.contact = instance.contact AND i.version ="
        " instance.version ORDER BY i.instance LIMIT 1)"),
        "an event entered twice",
    ),
    "a refusal is lost": ("DELETE FROM remark WHERE instance = 0", "events were lost or doubled"),
    "a caller's row is lost": ("DELETE FROM row WHERE key NOT LIKE '#%'", "hold what nobody wrote last"),
    "a message is made up": (
        f"DELETE FROM form WHERE id = (SELECT content FROM outbox WHERE seq = {ONE_SENT})",
        "somebody got what the database does not know",
    ),
}  # fmt: skip


def told(good: Run, file: Path) -> list[str]:
    with at_rest(f"sqlite:///{file}") as base:
        return list(good.scene.wrong(base))


def test_nothing_is_wrong(good: Run) -> None:
    assert told(good, good.file) == []


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_database(what: str, good: Run, tmp_path: Path) -> None:
    statement, expected = DAMAGES[what]
    damaged = tmp_path / "damaged.db"
    shutil.copy(good.file, damaged)
    connection = apsw.Connection(str(damaged))
    connection.execute(statement)
    assert connection.total_changes() > 0, "nothing was damaged"
    connection.close()
    found = told(good, damaged)
    assert any(expected in one for one in found), found


@pytest.fixture
def run(good: Run) -> Iterator[Run]:
    """What callers and hosts know may be changed here."""
    load, hosts = good.scene.load, good.scene.hosts
    kept = load.ledger, load.rows, hosts.received
    load.ledger, load.rows, hosts.received = copy.deepcopy(kept)
    yield good
    load.ledger, load.rows, hosts.received = kept


def _an_answer_of_nothing(run: Run) -> None:
    ledger = run.scene.load.ledger
    sent = next(sent for sent, answers in ledger.answered.items() if answers)
    ledger.answered[sent][0] = ids.guid_of("event", 1, 1)


def _an_answer_too_many(run: Run) -> None:
    ledger = run.scene.load.ledger
    sent = next(iter(ledger.answered))
    ledger.answered[sent].append(ids.guid_of("event", 1, 1))
    ledger.posted[sent] += 1


def _nobody_asked(run: Run) -> None:
    ledger = run.scene.load.ledger
    sent = next(iter(ledger.posted))
    del ledger.posted[sent], ledger.answered[sent]


def _another_value(run: Run) -> None:
    rows = run.scene.load.rows
    rows.allowed[next(iter(rows.allowed))] = {-1}


def _another_letter(run: Run) -> None:
    bodies = run.scene.hosts.received.bodies
    bodies[next(one for one in bodies if one[0] == EMAIL)].add(b"another")


def _a_letter_of_nobody(run: Run) -> None:
    run.scene.hosts.received.note(EMAIL, ids.guid_of("request", 1, 999_999), b"", taken=True)


def _nobody_got_it(run: Run) -> None:
    taken = run.scene.hosts.received.taken
    taken.remove(next(one for one in taken if one[0] == EMAIL))


def _nobody_was_called(run: Run) -> None:
    taken = run.scene.hosts.received.taken
    taken -= {one for one in taken if one[0] == CALL}


def _two_keys(run: Run) -> None:
    visits = run.scene.hosts.received.visits
    visits[next(iter(visits))].add("another")


def _a_call_for_nobody(run: Run) -> None:
    run.scene.hosts.received.visits[ids.guid_of("instance", 1, 999_999)].add("x")


MEMORIES: dict[str, tuple[Callable[[Run], None], str]] = {
    "an answered event is not there": (_an_answer_of_nothing, "answered and not stored"),
    "an answered event was not decided upon": (_an_answer_too_many, "events were lost or doubled"),
    "an event that nobody sent": (_nobody_asked, "events were lost or doubled"),
    "a row that was written over": (_another_value, "hold what nobody wrote last"),
    "two letters under one key": (_another_letter, "came with different bodies"),
    "a letter that the database forgot": (_a_letter_of_nobody, "what the database does not know"),
    "a receipt for a letter that nobody got": (_nobody_got_it, "nobody got it"),
    "an answer of a service that was not asked": (_nobody_was_called, "behind a call that nobody got"),
    "two calls for one visit": (_two_keys, "called for under several keys"),
    "a call that the database forgot": (_a_call_for_nobody, "called for passages that the database does not know"),
}


@pytest.mark.parametrize("what", MEMORIES)
def test_what_callers_and_hosts_remember(what: str, run: Run) -> None:
    change, expected = MEMORIES[what]
    change(run)
    found = told(run, run.file)
    assert any(expected in one for one in found), found


def test_the_run_had_everything(good: Run) -> None:
    """A damage of what is not there would prove nothing."""
    received: Received = good.scene.hosts.received
    assert {host for host, _ in received.taken} == {"email", "webhook", "call"}
    assert {journey for journey, event in journeys.STARTED_BY.items() if event == journeys.EVENT}
