"""Fixtures that every test may use: databases of both kinds, and Hypothesis' profiles."""

import logging
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from tests.architecture.sizes import SIZES
from tests.citus import CitusCluster
from tests.postgresql import PostgresqlServer
from tests.quick_disk import use_quick_disk
from tests.statements.watching import Watch, watched
from waystage.ground import secrets
from waystage.store.dialects.postgresql import PostgresqlDialect

use_quick_disk()

# Examples run against real databases, whose speed is the machine's; a deadline would only measure that.
# The short profile tries the same examples each time, so that a run tells of the change and not of luck; the long one
# draws anew.
settings.register_profile(
    "short",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("long", settings.get_profile("short"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


#: What needs a cluster of the user's (`make test-citus`).
collect_ignore = [] if os.environ.get("CITUS_DSN") else ["cluster"]

WATCH = pytest.StashKey[Watch]()


def pytest_configure(config: pytest.Config) -> None:
    """Statements are read along with."""
    config.stash[WATCH] = watched()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, bool | None, bool | None]:
    """Whoever sets up logging, as commands do, leaves it to no other test."""
    libraries = logging.getLogger()
    before, lines = list(libraries.handlers), structlog.get_config()
    result = yield
    libraries.handlers = before
    structlog.configure(**lines)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The first test that issues a statement against the rules fails."""
    yield
    if verdict := item.config.stash[WATCH].verdict():
        pytest.fail(verdict, pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a run on several cores hands over the sizes that it measured."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["sizes"] = session.config.stash.get(SIZES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has measured; pytest-xdist calls this."""
    if lines := getattr(node, "workeroutput", {}).get("sizes"):
        node.config.stash[SIZES] = lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the sizes, if the run measured them."""
    lines = terminalreporter.config.stash.get(SIZES, None)
    if lines:
        terminalreporter.section("sizes")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _hashing_is_quick() -> Iterator[None]:
    """Secrets are hashed as always, but with the least memory: a test over HTTP would take most of its time for that.

    Programs that tests start as processes of their own hash as in production.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """One real server for the whole run, started when the first test asks for it; a failure to start fails the test.

    With CITUS_DSN it is that cluster (`make test-citus`).
    """
    dsn = os.environ.get("CITUS_DSN")
    server: Any = CitusCluster(dsn) if dsn else PostgresqlServer()
    try:
        server.start()
        yield server
    finally:
        server.discard()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'waystage.db'}"


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """Address of a fresh, empty database on a real server."""
    url = postgresql_server.create_database()
    yield url
    postgresql_server.drop_database(url)


@pytest.fixture
def migrated_url(postgresql_server: PostgresqlServer) -> Iterator[Callable[[int], str]]:
    """Makes databases on a real server that are as a start leaves an empty one, with so many lanes."""
    made: list[str] = []

    def make(lanes: int) -> str:
        made.append(postgresql_server.create_database(lanes))
        return made[-1]

    yield make
    for url in made:
        postgresql_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh, empty database: the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest) -> str:
    """Address of a database as a server finds it at its first start, or as that leaves it: nothing has happened yet."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("migrated_url")(PostgresqlDialect.default_lanes))
