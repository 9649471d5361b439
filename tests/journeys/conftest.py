"""A running server on each kind of database, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import Running, started
from waystage.store.dialects.postgresql import PostgresqlDialect

#: As many as a database has that nobody asks for anything else.
LANES = PostgresqlDialect.default_lanes


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a database in which nothing has happened yet: the test runs once on each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("migrated_url")(LANES))


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Running]:
    """The program in a process of its own, with large pages."""
    with started(database_url, tmp_path / "log", WAYSTAGE_MAX_PAGE_SIZE="10000") as made:
        yield made
