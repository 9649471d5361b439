"""`waystage migrate --citus`: which tables go where, and who is refused. On a real cluster: `make test-citus`."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.statements.tables import definitions, run_time, tables
from waystage.ground.ids import lane_of
from waystage.ground.lanes import SPREAD, lane_numbers
from waystage.store.database import Database
from waystage.store.dialects import citus

#: Written by `waystage migrate --citus --dry-run` on an empty database.
GOLDEN = Path(__file__).with_name("citus.sql")


def test_the_statements_that_spread_a_database(command: Command, postgresql_url: str) -> None:
    done = command("migrate", "--citus", "--dry-run", WAYSTAGE_DATABASE_URL=postgresql_url)
    assert (done.code, done.output) == (0, GOLDEN.read_text(encoding="utf-8"))
    again = command("migrate", "--json", WAYSTAGE_DATABASE_URL=postgresql_url)
    assert json.loads(again.output)["applied"]  # nothing had been made


def test_every_table_goes_where_its_key_says() -> None:
    text = GOLDEN.read_text(encoding="utf-8")
    assert {name for name in run_time() if f"create_distributed_table('{name}', 'lane'" in text} == run_time()
    everywhere = definitions() - citus.OF_WORKERS.keys() | {"migration"}
    assert {name for name in everywhere if f"create_reference_table('{name}')" in text} == everywhere
    assert {tables()[name].primary[0] for name in citus.OF_WORKERS} == set(citus.OF_WORKERS.values())
    assert text.count("create_") == len(run_time()) + len(everywhere) + len(citus.OF_WORKERS)


@pytest.mark.parametrize(
    ("lanes", "said"),
    [("64", "it has 64 lanes and 256 are needed"), ("256", 'extension "citus" is not available')],
)
def test_what_cannot_be_spread_is_refused(command: Command, postgresql_url: str, lanes: str, said: str) -> None:
    done = command("migrate", "--citus", WAYSTAGE_DATABASE_URL=postgresql_url, WAYSTAGE_LANES=lanes)
    assert (done.code, done.output) == (1, "")
    assert said in done.errors


def test_a_file_cannot_be_spread(command: Command, sqlite_url: str) -> None:
    done = command("migrate", "--citus", "--dry-run", WAYSTAGE_DATABASE_URL=sqlite_url)
    assert done.code == 1
    assert "it is a file, which lies on one machine" in done.errors


def test_a_dry_run_of_nothing_is_wrong_usage(command: Command, sqlite_url: str) -> None:
    assert command("migrate", "--dry-run", WAYSTAGE_DATABASE_URL=sqlite_url).code == 2


def test_lanes_are_spread_evenly(postgresql_url: str) -> None:
    """Equal ranges of the server's hashes, which is where the extension puts rows, hold equally many lanes."""
    database = Database(postgresql_url)
    place = "CAST(hashint4(CAST(value AS INTEGER)) AS BIGINT) + 2147483648"
    text = f"SELECT {place} FROM jsonb_array_elements_text(CAST(:lanes AS JSONB))"
    lanes = json.dumps(list(lane_numbers(SPREAD)))
    places = [row[0] for row in database.read(lambda tx: tx.rows(text, lanes=lanes)).result()]
    database.close()
    for parts in (2, 4, 8, 32, SPREAD):
        assert Counter(place * parts >> 32 for place in places) == dict.fromkeys(range(parts), SPREAD // parts)


def test_a_lane_is_one_of_the_numbers() -> None:
    assert {lane_of(1, f"k{n}", SPREAD) for n in range(10_000)} == set(lane_numbers(SPREAD))
    assert {lane_of(1, f"k{n}", 8) for n in range(1_000)} == set(range(1, 9))
