"""What is done after the answer is done by one process, and by another one when that has gone."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from waystage.bootstrap import Built, build
from waystage.ground import clock
from waystage.ground.clock import real_now
from waystage.ground.settings import load
from waystage.operations import publish_version, save_version
from waystage.operations.background import Claims
from waystage.operations.save_version import Author
from waystage.store import jobs, processes
from waystage.store.claims import IMPORT, JOB
from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.store.processes import API, Process
from waystage.store.sql import Tx
from waystage.store.versions import Selector


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    made = Database(postgresql_url)
    migrate(made, 3)
    yield made
    made.close()


def living(database: Database, name: str, milliseconds: int = 60_000) -> Claims:
    """A process that lives for so long."""
    process = Process(name, API, "elsewhere", 1, "1", real_now())
    database.write(lambda tx: processes.tell(tx, process, real_now() + milliseconds)).result()
    return Claims(database, name)


def taken(claims_: Claims, thing: str) -> bool:
    return claims_.database.write(lambda tx: claims_.take(tx, JOB, thing)).result()


def two(tx: Tx) -> list[str]:
    return ["a", "b"]


def test_a_thing_belongs_to_one_living_process(database: Database) -> None:
    first, second = living(database, "first"), living(database, "second")
    assert taken(first, "a")
    assert taken(first, "a")
    assert not taken(second, "a")
    assert second.free(JOB, two) == ["b"]
    first.end(JOB, "a")
    database.flush(database.losses).result()  # what was written before is committed
    assert second.free(JOB, two) == ["a", "b"]
    assert taken(second, "a")
    assert not taken(first, "a")


def test_what_a_dead_process_had_is_anybodys(database: Database) -> None:
    first, second = living(database, "first"), living(database, "second")
    assert taken(first, "a")
    living(database, "first", -1)
    assert second.free(JOB, two) == ["a", "b"]
    assert taken(second, "a")
    living(database, "first")
    assert not taken(first, "a"), "who comes back too late has lost it"


def test_what_is_done_here_is_not_begun_twice(database: Database) -> None:
    first = living(database, "first")
    assert first.begin(JOB, "a")
    assert not first.begin(JOB, "a")
    assert first.free(JOB, two) == ["b"]


def test_claims_on_what_is_over_go_with_their_process(database: Database) -> None:
    first, second = living(database, "first"), living(database, "second")
    assert taken(first, "old")
    assert taken(second, "own")
    living(database, "first", -1)
    second.free(JOB, two)
    rows = database.read(lambda tx: tx.rows("SELECT thing FROM claim")).result()
    assert rows == [("own",)]


@pytest.fixture
def processes_of_two(database: Database, postgresql_url: str) -> Iterator[tuple[Built, Built]]:
    """Two APIs on one database; the test closes the first."""
    settings = load({"WAYSTAGE_DATABASE_URL": postgresql_url, "WAYSTAGE_CLOCK": "virtual:2026-01-01T00:00:00Z"})
    with ExitStack() as rest:
        first, second = build(settings, API), build(settings, API)
        rest.callback(second.close)
        yield first, second


def asked(database: Database, now: int) -> str:
    """A publication that was asked for and is not begun; its version has no activities, so it ends in an error."""
    document = {"key": "empty", "name": "Empty", "workflowApiVersion": 1.0, "activities": [], "triggers": []}
    database.write(lambda tx: save_version.create(tx, Author(1, 1), document, now)).result()
    return database.write(
        lambda tx: publish_version.request_publish(tx, 1, Selector("key", "empty"), 1, now)
    ).result()  # fmt: skip


def test_a_job_is_run_by_another_process_when_its_own_is_gone(processes_of_two: tuple[Built, Built]) -> None:
    first, second = processes_of_two
    job = asked(first.database, first.world.clock.now())
    assert taken(first.world.claims, job)
    second.publisher.resume()
    assert second.world.claims.free(JOB, jobs.unfinished) == [], "a living process has it"

    def ended() -> bool:
        found = second.database.read(lambda tx: jobs.find(tx, job)).result()
        return found is not None and found.ended is not None

    assert not ended()
    first.close()
    second.publisher.resume()
    for _ in range(1_000):
        if ended():
            break
        clock.pause(0.02)
    assert ended()


def test_an_import_runs_in_one_process(database: Database) -> None:
    first, second = living(database, "first"), living(database, "second")
    assert database.write(lambda tx: first.take(tx, IMPORT, "1:x")).result()
    assert not database.write(lambda tx: second.take(tx, IMPORT, "1:x")).result()
    assert database.read(lambda tx: second.others(tx, IMPORT, ["1:x", "1:y"])).result() == {"1:x"}
