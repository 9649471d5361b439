"""A running server and clients of it for the tests over HTTP."""

from collections.abc import Iterator

import pytest

from tests.contract.served import Api, Served
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
def server(database_url: str) -> Iterator[Served]:
    """The program on a fresh database of each kind."""
    with Served(database_url) as served:
        yield served


@pytest.fixture
def api(server: Served) -> Iterator[Api]:
    """A client with every scope."""
    client = server.client()
    yield client
    client.http.close()


@pytest.fixture
def light_server(sqlite_url: str) -> Iterator[Served]:
    """The program on SQLite, for what the database has no part in."""
    with Served(sqlite_url) as served:
        yield served


@pytest.fixture
def light(light_server: Served) -> Iterator[Api]:
    """A client of the light server."""
    client = light_server.client()
    yield client
    client.http.close()
