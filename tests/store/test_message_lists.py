"""The few among many: messages of a rare state are found by an index, not by reading the store (design 2, traps)."""

from collections.abc import Iterator

import pytest

from tests.store.definitions import ACCOUNT, NOW, OTHER_ACCOUNT, opened
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


def test_pages_over_many_lanes_leave_nothing_out(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages lie in lanes of very different length, and several are of one instant."""
    monkeypatch.setattr(message_lists, "LARGEST_SLICE", 16)
    for store in opened(database_url):
        store.write(write_messages)
        rows = store.read(lambda tx: tx.rows("SELECT at, lane, seq, version FROM outbox"))
        ordered = [(lane, seq) for _, lane, seq, version in sorted(rows, key=lambda row: (-row[0], row[1], -row[2]))]
        for wanted, meant in (
            (Wanted(ACCOUNT), ordered),
            (Wanted(ACCOUNT, versions=(1,)), ordered),
            (Wanted(ACCOUNT, status="captured"), [place for place in ordered if place[1] % 5]),
            (Wanted(ACCOUNT, status="suppressed"), [place for place in ordered if not place[1] % 5]),
            (Wanted(ACCOUNT, (3, 4)), [place for place in ordered if place[0] == 3 and place[1] % 7 == 4]),
            (Wanted(OTHER_ACCOUNT), []),
        ):
            assert store.read(lambda tx, wanted=wanted: message_lists.count(tx, wanted)) == len(meant)  # type: ignore[misc]
            for offset in (*range(0, len(meant) + 3, 3), message_lists.FARTHEST):
                found = store.read(lambda tx, wanted=wanted, offset=offset: message_lists.page(tx, wanted, 3, offset))  # type: ignore[misc]
                assert [(one.effect.lane, one.effect.seq) for one in found] == meant[offset : offset + 3], wanted


def test_the_count_ends_where_it_would_take_long_but_pages_go_on(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_lists, "MOST_COUNTED", 10)
    for store in opened(sqlite_url):
        store.write(write_messages)
        assert store.read(lambda tx: message_lists.count(tx, Wanted(ACCOUNT))) == 10
        assert len(store.read(lambda tx: message_lists.page(tx, Wanted(ACCOUNT), 5, 10))) == 5


def write_messages(tx: Tx) -> None:
    tx.run(
        "INSERT INTO version (number, account, journey, definition_id, version, status, name_folded,"
        " description_folded, definition_type, workflow_tenths, document, created, created_by, modified, modified_by)"
        " VALUES (1, :account, 1, 'd', 1, 'Published', '', '', '', 10, '{}', 0, 0, 0, 0)",
        account=ACCOUNT,
    )
    columns = dict.fromkeys(("lane", "seq", "instance", "hop", "version", "activity", "contact", "at"), "BIGINT")
    tx.insert(
        "outbox",
        {**columns, "content": "BIGINT", "state": "SMALLINT", "parameters": "JSON"},
        [
            {
                "lane": lane, "seq": seq, "instance": seq, "hop": 1, "version": 1, "activity": 1, "contact": seq % 7,
                "at": NOW + seq // 3 * 1_000 * lane, "content": 1, "state": 1 if seq % 5 else 2, "parameters": "[null]",
            }
            for lane in range(1, 9)
            for seq in range(1, 2 + 12 * lane if lane % 2 else 3)
        ],
    )  # fmt: skip
