"""Pages of rows as they lie: each row once, and found by its key however many lie before it (api.md 11.5)."""

import json
from collections.abc import Iterator

import pytest

from tests.engine.recording import Recorded
from tests.store.definitions import Store, opened
from waystage.plan import expressions as e
from waystage.store import row_reads
from waystage.store.row_reads import START, Place, Query
from waystage.store.sql import SqlValue, Tx

LANES, IN_LANE, EXTENSION = 4, 700, 7
EVERY = Query(EXTENSION, e.Always())
ODD = Query(EXTENSION, e.Compare(e.RelatedField("n", e.Kind.INTEGER), e.Comparison.EQUAL, e.Literal(1)))

COLUMNS = {
    "lane": "INTEGER",
    "extension": "BIGINT",
    "contact": "BIGINT",
    "key": "TEXT",
    "data": "JSON",
    "seq": "BIGINT",
}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    for opened_store in opened(database_url, LANES):
        opened_store.write(_fill)
        yield opened_store


def _fill(tx: Tx) -> None:
    """Rows of two extensions; of the first, lane 3 has none."""
    for lane in range(1, tx.lanes + 1):
        rows: list[dict[str, SqlValue]] = [
            {
                "lane": lane,
                "extension": extension,
                "contact": n // 2,
                "key": json.dumps([f"{lane}-{n}"]),
                "data": json.dumps({"n": n % 2}),
                "seq": n,
            }
            for n in range(IN_LANE)
            for extension in (EXTENSION, EXTENSION + 1)
            if lane != 3 or extension != EXTENSION
        ]
        tx.insert("row", COLUMNS, rows)


def _walk(store: Store, query: Query, size: int) -> list[Place]:
    found: list[Place] = []
    behind = START
    while page := store.read(lambda tx, behind=behind: row_reads.as_they_lie(tx, query, behind, 0, size)):  # type: ignore[misc]  # mypy cannot type a lambda's default
        found += [row.place for row in page]
        behind = page[-1].place
    return found


def test_pages_that_follow_each_other_hold_each_row_once(store: Store) -> None:
    lanes = store.read(lambda tx: tx.lanes) - 1
    every = _walk(store, EVERY, 333)
    assert len(set(every)) == len(every) == store.read(lambda tx: row_reads.count(tx, EVERY)) == lanes * IN_LANE
    assert every == sorted(every)
    odd = _walk(store, ODD, 100)
    assert len(set(odd)) == len(odd) == store.read(lambda tx: row_reads.count(tx, ODD)) == lanes * IN_LANE // 2


@pytest.mark.parametrize("query", [EVERY, ODD])
def test_skipping_leads_where_walking_does(store: Store, query: Query) -> None:
    walked = _walk(store, query, 500)
    for skip in (0, 1, 349, 350, 700, 701, len(walked) - 1, len(walked), len(walked) + 1):
        for start in (0, 10):
            behind = START if not start else walked[start - 1]
            page = store.read(
                lambda tx, behind=behind, skip=skip: row_reads.as_they_lie(tx, query, behind, skip, 400)  # type: ignore[misc]
            )
            assert [row.place for row in page] == walked[start + skip :][:400], (skip, start)


def test_a_page_is_entered_by_the_key(store: Store) -> None:
    store.write(lambda tx: tx.run("ANALYZE"))
    behind = Place(store.read(lambda tx: tx.lanes), IN_LANE // 4, "")

    def plans(tx: Tx) -> list[str]:
        recorded = Recorded(tx)
        row_reads.as_they_lie(recorded, EVERY, behind, 0, 20)
        ((text, values),) = recorded.texts
        return [str(row[-1]) for row in tx.rows(f"{_explain(tx)} {text}", **values)]

    steps = "\n".join(store.read(plans)).lower()
    assert "(contact" in steps, steps
    assert "primary key" in steps or "row_pkey" in steps, steps
    assert "sort" not in steps, steps
    assert "order by" not in steps, steps


def _explain(tx: Tx) -> str:
    """How this database explains a statement."""
    return "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN"
