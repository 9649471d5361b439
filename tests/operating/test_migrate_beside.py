"""Old and new processes work side by side while a database is migrated and afterwards."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.crash.conftest import program, sink  # noqa: F401 - fixtures
from tests.crash.process import Program
from tests.crash.script import Script
from waystage import cli
from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.store.schema_files import known_files

LATER = """-- Something of every kind that later schema files may hold.
CREATE TABLE later (
  lane INTEGER NOT NULL,
  one BIGINT NOT NULL,
  PRIMARY KEY (lane, one)
) {clustered};
ALTER TABLE inbox ADD COLUMN later_text TEXT;
ALTER TABLE queue ADD COLUMN later_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN later_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN later_text TEXT;
CREATE INDEX later_index ON lease (until);
"""


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """A folder with one further schema file."""
    folder = tmp_path / "later"
    folder.mkdir()
    (folder / "9000_later.sql").write_text(LATER)
    return folder


@contextmanager
def events(script: Script, first: int) -> Iterator[list[int]]:
    """Events come in all the while; gives how many were answered so far."""
    over, answered = threading.Event(), [0]

    def load() -> None:
        number = first
        while not over.is_set():
            script.fire([f"contact-{one}" for one in range(number, number + 10)])
            number += 10
            answered[0] += 10

    loader = threading.Thread(target=load)
    loader.start()
    try:
        yield answered
    finally:
        over.set()
        loader.join()


def schema(program: Program) -> str:  # noqa: F811
    answer = httpx.get(f"{program.address}/readyz")
    assert answer.status_code == 200
    return str(answer.json()["schema"])


def test_a_server_goes_on_through_a_migration(
    program: Program,  # noqa: F811
    later: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No event is refused while the tables change, and what is older than the database runs on."""
    program.start()
    assert program.ready(), program.told()
    script = Script(program)
    script.prepare()
    monkeypatch.setenv("WAYSTAGE_DATABASE_URL", program.database_url)
    with events(script, 1_000) as answered, ExitStack() as rest:
        script.fire(["contact-1"])
        assert cli.run(["migrate", "--more-files", str(later)]) == 0
        since = answered[0]
        assert schema(program) == "newer"
        if program.database_url.startswith("postgresql"):
            second = Program(program.database_url, tmp_path / "second", "api")
            rest.callback(second.kill)
            second.start()
            assert second.ready(), second.told()
            assert schema(second) == "newer"
        while answered[0] <= since + 10:
            script.fire(["contact-2"])
    assert script.lost == 0
    script.finish()
    assert program.stop() == 0, program.told()


def test_many_may_migrate_at_once(database_url: str, later: Path) -> None:
    """Of a new database, and of one that is there, every file is applied once."""
    before = threading.Barrier(4)

    def run() -> list[str]:
        database = Database(database_url)
        try:
            before.wait()
            applied = migrate(database, 3)
            before.wait()
            return applied + migrate(database, more=later)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as together:
        applied = [name for one in [together.submit(run) for _ in range(4)] for name in one.result()]
    assert sorted(applied) == sorted([one.name for one in known_files()] + ["9000_later.sql"])


def test_who_waits_behind_a_change_of_a_table_waits_briefly(postgresql_url: str, later: Path) -> None:
    """Somebody holds on to a table; the change of it waits, gives up, lets others pass and tries again."""
    database = Database(postgresql_url)
    try:
        migrate(database, 3)
        with psycopg.connect(postgresql_url) as holder, psycopg.connect(postgresql_url, autocommit=True) as other:
            holder.execute("SELECT * FROM queue")
            with ThreadPoolExecutor(1) as apart:
                migrating = apart.submit(migrate, database, more=later)
                other.execute("SET lock_timeout = '5s'")
                waited = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                while not (other.execute(waited).fetchone() or (0,))[0]:
                    assert not migrating.done()
                other.execute("SELECT * FROM queue")  # stands behind the change, and gets its turn
                assert not migrating.done()
                holder.rollback()
                assert migrating.result() == ["9000_later.sql"]
    finally:
        database.close()
