"""Several processes on one PostgreSQL: each moves its lanes, whoever answers, and all agree (design 3.6, 8.22)."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.contract.event_bodies import EVENTS
from tests.contract.mailing import asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.bootstrap import OneProcessOnly, build
from waystage.engine.running.timekeeping import OtherClock
from waystage.ground.clock import real_now
from waystage.ground.settings import load
from waystage.store import leases, processes
from waystage.store.processes import API, WORKER

PEOPLE = [f"p{number}" for number in range(40)]
ADVANCE = "/waystage/v1/clock/advance"
LANES = {"WAYSTAGE_LANES": "8"}


def owners(server: Served) -> Counter[str]:
    """How many lanes each process has."""
    held = server.built.database.read(leases.holders).result()
    return Counter(one.owner for one in held)


def until(met: Callable[[], bool], server: Served) -> None:
    """Look until something has come about; each look is a read of the database."""
    for _ in range(20_000):
        if met():
            return
        server.built.database.read(leases.holders).result()
    raise AssertionError("it never comes about")


def shared(*servers: Served) -> Callable[[], bool]:
    """Whether the lanes are shared evenly by exactly these."""
    names = {one.built.engine.stepper.tenure.owner for one in servers}

    def met() -> bool:
        found = owners(servers[0])
        return set(found) == names and max(found.values()) <= -(-8 // len(names))

    return met


def told(api: Api) -> Counter[str]:
    """How many messages each contact got."""
    return Counter(one["contactKey"] for one in messages(api, pageSize=500))


def begin(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hello", text="x")
    publish(api, [wait("w", "m"), mail("m")])


def test_an_api_and_two_workers(postgresql_url: str) -> None:
    with (
        Served(postgresql_url, role=API, **LANES) as front,
        Served(postgresql_url, role=WORKER) as one,
        Served(postgresql_url, role=WORKER) as other,
    ):
        until(shared(one, other), front)
        api = front.client()
        begin(api)
        for person in PEOPLE:
            fire(api, person)
        settle(api)
        assert messages(api) == []
        moved = api.done("POST", ADVANCE, {"by": "P2D"})
        assert moved["moved"] == len(PEOPLE)
        assert moved["now"] == "2026-01-03T00:00:00Z"
        assert told(api) == Counter(PEOPLE)
        assert one.built.engine.moved
        assert other.built.engine.moved
        assert one.built.world.clock.now() == other.built.world.clock.now() == front.built.world.clock.now()


def test_a_worker_that_ends_hands_its_lanes_over(postgresql_url: str) -> None:
    with Served(postgresql_url, **LANES) as stays:
        with Served(postgresql_url, role=WORKER) as goes:
            until(shared(stays, goes), stays)
            api = stays.client()
            begin(api)
            for person in PEOPLE:
                fire(api, person)
            settle(api)
            assert stays.built.engine.moved < len(PEOPLE)
        until(shared(stays), stays)
        for person in PEOPLE:
            fire(api, person)
        api.done("POST", ADVANCE, {"by": "P2D"})
        assert told(api) == Counter(PEOPLE * 2)


def test_lanes_that_were_taken_away_are_left_alone(postgresql_url: str) -> None:
    """As after a pause that was longer than the lease: what it does then is written nowhere."""
    with Served(postgresql_url, **LANES) as server:
        api = server.client()
        begin(api)
        elsewhere = "elsewhere:1:place-start-1"
        server.built.database.write(lambda tx: leases.take_all(tx, elsewhere, real_now() + 3_600_000)).result()
        for person in PEOPLE:
            fire(api, person)
        until(lambda: not server.built.engine.stepper.lanes, server)
        count = server.built.database.read(lambda tx: tx.one("SELECT count(*) FROM inbox WHERE kind = 0")).result()
        assert count == (len(PEOPLE),)
        assert server.built.engine.is_alive
        server.built.database.write(lambda tx: leases.release(tx, elsewhere)).result()
        server.built.engine.look(lanes=True)
        until(shared(server), server)
        api.done("POST", ADVANCE, {"by": "P2D"})
        assert told(api) == Counter(PEOPLE)


def test_two_that_answer_and_move_share_the_clock(postgresql_url: str) -> None:
    with Served(postgresql_url, **LANES) as one, Served(postgresql_url) as other:
        until(shared(one, other), one)
        here, there = one.client(), other.client()
        begin(here)
        for place, person in enumerate(PEOPLE):
            fire(there if place % 2 else here, person)
        there.done("POST", ADVANCE, {"by": "PT12H"})
        here.done("POST", ADVANCE, {"to": "2026-01-02T00:00:00Z"})
        assert told(there) == Counter(PEOPLE)


def test_without_a_worker_events_are_kept(postgresql_url: str) -> None:
    with Served(postgresql_url, role=API, **LANES) as front:
        api = front.client()
        define_event(api)
        answer = api.http.get("/readyz")
        assert (answer.status_code, answer.json()["engine"]) == (503, "not running")
        body = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Mail": "ann@example.com"}}
        assert api.http.post(EVENTS, json=body).status_code == 201
        assert api.http.post("/waystage/v1/engine/settle", json={"timeoutSeconds": 0.2}).status_code == 504
        with Served(postgresql_url, role=WORKER):
            settle(api)
        assert front.built.database.read(lambda tx: tx.one("SELECT count(*) FROM inbox")).result() == (0,)


def test_roles_need_a_database_that_can_be_shared(sqlite_url: str) -> None:
    settings = load({"WAYSTAGE_DATABASE_URL": sqlite_url})
    for role in (API, WORKER):
        with pytest.raises(OneProcessOnly, match="PostgreSQL"):
            build(settings, role)


def test_all_go_by_one_clock(postgresql_url: str) -> None:
    with Served(postgresql_url, **LANES) as server:
        with pytest.raises(OtherClock, match="virtual"):
            Served(postgresql_url, WAYSTAGE_CLOCK="system")
        assert len(server.built.database.read(processes.everybody).result()) == 1
