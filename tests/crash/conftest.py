"""A mail server, a custom activity, a program on each kind of database, and the run that others are compared with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.process import Program
from tests.crash.script import Script
from tests.crash.sink import Sink
from tests.invariants.checker import check
from tests.invariants.seen import Seen
from tests.postgresql import PostgresqlServer

#: Enough to have more than one lane, few enough that a small run does not spend its time on empty ones.
LANES = "4"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """An SMTP server."""
    made = Sink()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def program(database_url: str, sink: Sink, tmp_path: Path) -> Iterator[Program]:
    """The program, not started, on a fresh database of each kind."""
    made = on(database_url, sink, tmp_path / "log")
    yield made
    made.kill()


def on(database_url: str, sink: Sink, log: Path) -> Program:
    """A program on a database, not started."""
    lanes = {"WAYSTAGE_LANES": LANES} if database_url.startswith("postgresql") else {}
    made = Program(database_url, log, WAYSTAGE_SMTP_URL=sink.url, WAYSTAGE_ALLOW_PRIVATE_URLS="true", **lanes)
    made.service = sink.service.address
    return made


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the script gives when nothing happens; the same on both databases, so played once, on a file."""
    home = tmp_path_factory.mktemp("undisturbed")
    database_url, sink = f"sqlite:///{home / 'waystage.db'}", Sink()
    sink.start()
    program = on(database_url, sink, home / "log")
    try:
        program.start()
        assert program.ready(), program.told()
        Script(program).play()
        program.stop()
    finally:
        program.kill()
        sink.stop()
    return check(database_url)


@pytest.fixture
def own_server() -> Iterator[PostgresqlServer]:
    """A server that no other test uses."""
    server = PostgresqlServer()
    try:
        server.start()
        yield server
    finally:
        server.discard()
