"""A file that cannot grow: what shares a commit with the one that hits the end is done once, not twice."""

import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from waystage.store.database import Database
from waystage.store.dialects.sqlite import SqliteTx
from waystage.store.sql import Tx

_MUCH = "x" * 1_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'full.db'}")
    made.write(lambda tx: tx.run("CREATE TABLE done (what TEXT)")).result()
    yield made
    made.close()


def note(what: str, tx: Tx) -> None:
    tx.run("INSERT INTO done (what) VALUES (:what)", what=what)


def hit_the_end(tx: Tx) -> None:
    """SQLite undoes the whole transaction when it finds no further page, not only the statement."""
    assert isinstance(tx, SqliteTx)
    tx._connection.execute("PRAGMA max_page_count = 20")
    try:
        note(_MUCH, tx)
    finally:
        tx._connection.execute("PRAGMA max_page_count = 1000000")


def test_the_others_of_a_group_are_done_once(database: Database) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        begun.set()
        goes_on.wait()

    held = database.write(hold)
    begun.wait()
    before = database.write(lambda tx: note("before", tx))
    full = database.write(hit_the_end)
    behind = [database.write(lambda tx, n=n: note(f"behind {n}", tx)) for n in range(3)]  # type: ignore[misc]
    goes_on.set()
    for one in (held, before, *behind):
        one.result()
    with pytest.raises(apsw.FullError):
        full.result()
    done = database.read(lambda tx: tx.rows("SELECT what FROM done ORDER BY what")).result()
    assert [row[0] for row in done] == ["before", "behind 0", "behind 1", "behind 2"]
