"""The few among many: messages of a rare state are found by an index, not by reading the store (design 2, traps)."""

from collections.abc import Iterator

import pytest

from waystage.store import message_lists
from waystage.store.database import Database
from waystage.store.message_lists import Wanted
from waystage.store.migrate import migrate
from waystage.store.sql import Tx


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    migrate(opened, None)
    yield opened
    opened.close()


def plan(tx: Tx, wanted: Wanted) -> str:
    """How SQLite would find a page of messages, outermost step first."""
    source, values = message_lists._source(tx, wanted, 1)
    order = "r.seq" if wanted.status in message_lists._BY_INDEX else "o.seq"
    rows = tx.rows(f"EXPLAIN QUERY PLAN SELECT o.at, o.seq {source} ORDER BY {order} DESC LIMIT 50", **values)
    return "\n".join(str(row[3]) for row in rows)


@pytest.mark.parametrize(
    ("status", "found_by"),
    [
        ("sent", "SEARCH r USING COVERING INDEX receipt_by_status"),
        ("failed", "SEARCH r USING COVERING INDEX receipt_by_status"),
        ("suppressed", "r USING COVERING INDEX outbox_suppressed"),
        ("captured", "SEARCH o USING PRIMARY KEY"),
        (None, "SEARCH o USING PRIMARY KEY"),
    ],
)
def test_a_page_is_read_from_the_end_of_an_index(database: Database, status: str | None, found_by: str) -> None:
    for wanted in (
        Wanted(1, status=status),
        Wanted(1, (1, 7), status=status),
        Wanted(1, versions=(3, 4), status=status),
    ):
        steps = database.read(lambda tx, wanted=wanted: plan(tx, wanted)).result()  # type: ignore[misc]
        assert found_by in steps, steps
        assert "ORDER BY" not in steps, steps  # nothing is sorted
