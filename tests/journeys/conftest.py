"""A running server on each kind of database, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.served import Api
from tests.crash.process import CLIENT, Program
from tests.journeys.running import Running, token


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Running]:
    """The program in a process of its own, with large pages."""
    program = Program(database_url, tmp_path / "log", WAYSTAGE_MAX_PAGE_SIZE="10000")
    program.start()
    try:
        assert program.ready(), program.told()
        bearer = token(program.address, *CLIENT)
        api = Api(program.address, bearer)
        yield Running(program, database_url, api, bearer)
        api.http.close()
    finally:
        program.kill()
