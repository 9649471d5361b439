"""Lanes lie on machines as wholes, and batches run where their lanes lie (design 3.1, 3.3)."""

from collections import Counter

import pytest

from tests.contract.mailing import asset, define_event, fire, mail, messages, publish, settle
from tests.contract.served import Served
from tests.statements.tables import run_time
from waystage.ground.lanes import SPREAD, lane_numbers
from waystage.store.database import Database
from waystage.store.dialects import citus
from waystage.store.migrate import migrate
from waystage.store.sql import Tx

_GROUPS = (
    "SELECT CAST(l.value AS INTEGER), p.groupid FROM jsonb_array_elements_text(CAST(:lanes AS JSONB)) l"
    " JOIN pg_dist_placement p ON p.shardid = get_shard_id_for_distribution_column(:table, CAST(l.value AS INTEGER))"
)


def groups(tx: Tx, table: str) -> dict[int, int]:
    """Lane to the group of machines where its rows of a table lie."""
    return dict(tx.rows(_GROUPS, lanes=str(list(lane_numbers(SPREAD))), table=table))


@pytest.fixture
def database(postgresql_url: str) -> Database:
    made = Database(postgresql_url)
    migrate(made, SPREAD)
    return made


def test_a_spread_database_needs_nothing_more(database: Database) -> None:
    assert database.read(citus.distribution).result() == []


def test_all_rows_of_a_lane_lie_together_and_lanes_evenly(database: Database) -> None:
    first = database.read(lambda tx: groups(tx, "lease")).result()
    for table in sorted(run_time() - {"row"}):
        assert database.read(lambda tx, table=table: groups(tx, table)).result() == first  # type: ignore[misc]
    counted = Counter(first.values())
    assert max(counted.values()) - min(counted.values()) <= SPREAD // 4


def test_a_batch_runs_where_its_lane_lies(database: Database) -> None:
    where = database.read(lambda tx: groups(tx, "lease")).result()
    for lane in lane_numbers(SPREAD)[::16]:
        row = database.step(lambda tx: tx.one("SELECT groupid FROM pg_dist_local_group"), lane)
        assert row == (where[lane],)


def test_a_journey_over_all_lanes(postgresql_url: str) -> None:
    people = [f"p{number}" for number in range(20)]
    with Served(postgresql_url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hello", text="x")
        publish(api, [mail("m")])
        for person in people:
            fire(api, person)
        settle(api)
        assert Counter(one["contactKey"] for one in messages(api, pageSize=500)) == Counter(people)
