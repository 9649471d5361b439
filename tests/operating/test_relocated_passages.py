"""What people see after a move to other lanes is what they see without: draws, explanations, names, audiences."""

import re
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.activities.test_wait_until_event import ORDER_FIELDS, until_order
from tests.engine.audiences import HOURLY, NEW_ONLY, define, put, waiting
from tests.engine.machine import ACCOUNT, DAY, HOUR, Machine, email, journey, schema, split, wait
from tests.engine.test_reference import check_invariants
from waystage.engine.sending.signing_keys import place_of
from waystage.ground import ids
from waystage.ground.sealing import Sealer
from waystage.operations import explain
from waystage.operations.copy_database import CannotCopy, copy_database
from waystage.operations.explain import Question
from waystage.store import copying, inbox, keys, relocated_lanes, whereabouts
from waystage.store.copying import quiet
from waystage.store.database import Database
from waystage.store.inbox import InboxKind
from waystage.store.keys import SigningKey
from waystage.store.migrate import migrate
from waystage.store.sql import Tx

PEOPLE = [f"person-{number}" for number in range(60)]
OLD = PEOPLE[:40]
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEALER = Sealer("a key", None)


@pytest.fixture(params=[(1, "postgresql"), (3, "sqlite")], ids=["one lane to PostgreSQL", "three lanes to a file"])
def way(request: pytest.FixtureRequest) -> tuple[int, str]:
    """How many lanes the grown database has, and what kind the other one is."""
    lanes, kind = request.param
    return int(lanes), str(kind)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table has several pages, and slices of the log end amid them."""
    monkeypatch.setattr(copying, "ROWS", 7)
    monkeypatch.setattr(copying, "FEW_ROWS", 3)
    monkeypatch.setattr(relocated_lanes, "_SLICE", 5)


@pytest.fixture
def elsewhere(way: tuple[int, str], request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if way[1] == "sqlite":
        return f"sqlite:///{tmp_path / 'moved.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def grown(tmp_path: Path, way: tuple[int, str]) -> str:
    """A database in which people are on their way, some held back by a pause, and an audience has been looked at."""
    url = f"sqlite:///{tmp_path / 'grown.db'}"
    with Machine(url, lanes=way[0]) as machine:
        machine.define_event()
        machine.define_event("order", schema(ORDER_FIELDS))
        hearing = until_order("e", "t") | {"key": "h", "name": "h"}
        activities = [
            split("s", (30, "w"), (30, "h"), (40, "e")),
            wait("w", "t"),
            hearing,
            email("e", "t"),
            split("t", (50, "v"), (50, None)),
            wait("v", "u", 2),
            split("u", (50, "e2"), (50, None)),
            email("e2", None, "Bye"),
        ]
        machine.publish(journey(activities))
        define(machine, **HOURLY, **NEW_ONLY)
        machine.publish(waiting(key="audience"))
        machine.settle()
        put(machine, enumerate(PEOPLE[:20]))
        machine.fire([(who, {}) for who in OLD])
        machine.advance(2 * HOUR)
        put(machine, enumerate(PEOPLE[10:30], start=100))
        machine.pause(RetainContactInjectionWhileJourneyPaused=True)
        machine.fire([(who, {}) for who in PEOPLE[40:]])
    return url


@pytest.fixture
def small(tmp_path: Path, way: tuple[int, str]) -> str:
    """A database with a few passages and messages."""
    url = f"sqlite:///{tmp_path / 'small.db'}"
    with Machine(url, lanes=way[0]) as machine:
        machine.define_event()
        machine.publish(journey([email("e", "w"), wait("w", None)]))
        machine.settle()
        machine.fire([(who, {}) for who in PEOPLE[:9]])
    return url


def moved(source: str, target: str, lanes: int, sealers: tuple[Sealer, Sealer] = (SEALER, SEALER)) -> None:
    database = Database(target)
    try:
        migrate(database, lanes)
    finally:
        database.close()
    copy_database(source, target, sealers, quiet)


def go_on(machine: Machine) -> dict[str, Any]:
    """The rest of the story, and what can be seen of it."""
    known = {
        ids.guid_of(kind, lane, number)
        for kind, text in (
            ("request", "SELECT lane, seq FROM outbox"),
            ("instance", "SELECT lane, instance FROM instance"),
        )
        for lane, number in machine.rows(text)
    }
    machine.resume()
    machine.fire([(who, {"Total": 3}) for who in PEOPLE[::3]], "order")
    machine.advance(3 * HOUR)
    put(machine, enumerate(PEOPLE[:10], start=200))
    machine.advance(5 * DAY)
    check_invariants(machine)
    now = machine.clock.now()

    def told(who: str) -> str:
        """The explanation; messages that were written after the move have names that were not known before."""
        asked = Question(ACCOUNT, "welcome", who, 50, 0)
        text = repr(machine.read(lambda tx: explain.explain(tx, machine.plans.kinds, asked, now, 0)))
        return GUID.sub(lambda found: found[0] if found[0] in known else "later", text)

    named = machine.database.dialect.json_text("i.data", "'Id'")
    return {
        "trails": {who: machine.trail(who) for who in OLD},
        "explained": {who: told(who) for who in OLD},
        "entered": machine.counters()[1, 0, "entered"],
        "rows": sorted(
            (key, int(number))
            for key, number in machine.rows(
                f"SELECT c.key, {named} FROM instance i JOIN contact c ON c.lane = i.lane AND c.contact = i.contact"
                f" WHERE {named} IS NOT NULL"
            )
        ),
        "messages": sorted(
            (key, activity, at)
            for key, activity, at in machine.rows(
                "SELECT c.key, o.activity, o.at FROM outbox o"
                " JOIN contact c ON c.lane = o.lane AND c.contact = o.contact"
            )
            if key in OLD
        ),
    }


def test_the_rest_of_the_story_is_the_same(grown: str, elsewhere: str) -> None:
    moved(grown, elsewhere, 5)
    with Machine(elsewhere) as machine:
        assert len(machine.rows("SELECT DISTINCT lane FROM contact")) == 5
        after = go_on(machine)
    with Machine(grown) as machine:
        before = go_on(machine)
    assert after == before
    assert len(before["rows"]) == 50, "each row of the audience enters once"


@pytest.mark.parametrize(("table", "key", "kind"), [("outbox", "seq", "request"), ("instance", "instance", "instance")])
def test_names_stay_and_lead_there(
    small: str, elsewhere: str, table: Literal["outbox", "instance"], key: str, kind: str
) -> None:
    """Links in mails and ids in other systems name messages and passages."""
    with Machine(small) as machine:
        named = [(lane, number) for lane, number in machine.rows(f"SELECT lane, {key} FROM {table}")]
    moved(small, elsewhere, 5)

    def places(tx: Tx) -> list[tuple[int, int] | None]:
        return [whereabouts.find(tx, table, lane, number) for lane, number in [*named, (1, 2**43), (1, 2**62)]]

    with Machine(elsewhere) as machine:
        *found, unknown, never = machine.read(places)
    assert (unknown, never) == (None, None)
    assert [place and ids.guid_of(kind, *place) for place in found] == [ids.guid_of(kind, *one) for one in named]


def test_signing_keys_are_sealed_anew(small: str, elsewhere: str) -> None:
    place, other = place_of(ACCOUNT, "key"), Sealer("another key", None)
    with Machine(small) as machine:
        machine.write(lambda tx: keys.save(tx, SigningKey(ACCOUNT, "key", SEALER.seal(b"secret", place), 1, 1)))
    with pytest.raises(CannotCopy, match="cannot be opened"):
        moved(small, elsewhere, 5, (other, other))
    moved(small, elsewhere, 5, (SEALER, other))
    with Machine(elsewhere) as machine:
        found = machine.read(lambda tx: keys.find(tx, ACCOUNT, "key"))
    assert found is not None
    assert other.open(found.sealed, place) == b"secret"


def test_a_copy_goes_into_an_empty_database_only(small: str, elsewhere: str) -> None:
    moved(small, elsewhere, 5)
    with pytest.raises(CannotCopy, match="not empty"):
        moved(small, elsewhere, 5)
    with pytest.raises(CannotCopy, match="same database"):
        moved(small, small, 5)


def test_a_source_that_works_is_left_alone(small: str, elsewhere: str) -> None:
    with Machine(small), pytest.raises(CannotCopy, match="in use"):
        moved(small, elsewhere, 5)


def test_what_is_half_told_is_not_taken_apart(tmp_path: Path, elsewhere: str) -> None:
    """A completed automation that some lanes have heard of and others not."""
    url = f"sqlite:///{tmp_path / 'half.db'}"
    database = Database(url)
    try:
        migrate(database, 3)
        database.write(lambda tx: inbox.tell_lanes(tx, InboxKind.AUDIENCE, 1, ACCOUNT, 99)).result()
        database.write(lambda tx: tx.run("DELETE FROM inbox WHERE lane = 2")).result()
    finally:
        database.close()
    with pytest.raises(CannotCopy, match="not at rest"):
        moved(url, elsewhere, 5)
