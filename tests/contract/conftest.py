"""A running server and clients of it for the tests over HTTP."""

from collections.abc import Iterator

import pytest

from tests.contract.served import Api, Served


@pytest.fixture
def database_url(fresh_url: str) -> str:
    """A server makes nothing more of such a database, so its tables need not be made for each test."""
    return fresh_url


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
