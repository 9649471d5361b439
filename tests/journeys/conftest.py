"""A running server on each kind of database, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import Running, started


@pytest.fixture
def database_url(fresh_url: str) -> str:
    """A server makes nothing more of such a database, so its tables need not be made for each test."""
    return fresh_url


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Running]:
    """The program in a process of its own, with large pages."""
    with started(database_url, tmp_path / "log", WAYSTAGE_MAX_PAGE_SIZE="10000") as made:
        yield made
