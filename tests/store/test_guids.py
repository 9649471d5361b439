"""GUIDs that a statement makes are those that the program reads back."""

from collections.abc import Iterator

import pytest

from tests.store.definitions import Store, opened
from waystage.ground import ids
from waystage.store import guids
from waystage.store.sql import Tx

NUMBERS = [0, 1, 255, 256, 2**22 - 1, 2**22, 2**34, 2**40 + 7, 2**53 + 1, 2**57 - 1, 2**62]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    yield from opened(database_url)


@pytest.mark.parametrize(("kind", "lane"), [("request", 1), ("request", 64), ("failed", 4095), ("instance", 17)])
def test_the_guid_in_sql_is_the_guid_in_python(store: Store, kind: str, lane: int) -> None:
    def made(tx: Tx) -> list[str]:
        text = guids.guid_of(tx.dialect, kind, lane, "w.n")
        return [tx.rows(f"SELECT {text} FROM (SELECT CAST({n} AS BIGINT) AS n) w")[0][0] for n in NUMBERS]

    found = store.read(made)
    assert found == [ids.guid_of(kind, lane, number) for number in NUMBERS]
    assert [ids.read_guid(guid) for guid in found] == [(kind, lane, number, 0) for number in NUMBERS]
