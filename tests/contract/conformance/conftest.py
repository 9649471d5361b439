"""The servers of the conformance suite, one of each kind for a whole run, and a stage for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.conformance.cases import Case, Hold
from tests.contract.conformance.place import ADDRESS, ELSEWHERE, Configured, Place, elsewhere, ours
from tests.contract.conformance.stage import Stage
from tests.contract.served import Api, Served

Databases = Callable[[str], str]


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Gives the address of a fresh database of a kind."""

    def fresh(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{Path(tmp_path_factory.mktemp('conformance')) / 'waystage.db'}"
        return str(request.getfixturevalue("postgresql_server").create_database())

    return fresh


@pytest.fixture(scope="session", params=["elsewhere"] if ELSEWHERE else ["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Place]:
    """The server under test."""
    with ExitStack() as stack:
        if request.param == "elsewhere":
            found = elsewhere()
        else:
            found = ours(stack.enter_context(Served(databases(request.param))))
        stack.callback(found.close)
        yield found


@pytest.fixture(scope="session")
def configured(place: Place, databases: Databases) -> Iterator[Configured]:
    """Gives servers of the same kind with settings of their own; skips where none can be started."""
    started: dict[frozenset[tuple[str, str]], Place] = {}
    with ExitStack() as stack:

        def start(**settings: str) -> Place:
            if place.served is None:
                pytest.skip(f"{ADDRESS} names a server whose settings are its own")
            asked = frozenset(settings.items())
            if asked not in started:
                started[asked] = ours(stack.enter_context(Served(databases(place.kind), **settings)))
                stack.callback(started[asked].close)
            return started[asked]

        yield start


@pytest.fixture
def stage(place: Place) -> Stage:
    """Where the things of one test are made."""
    return Stage(place)


@pytest.fixture
def api(place: Place) -> Api:
    """A client with every scope."""
    return place.api


@pytest.fixture
def hold(stage: Stage, configured: Configured) -> Hold:
    """Tries a case, on a server of its own if it asks for settings."""

    def check(case: Case) -> None:
        case.hold(Stage(configured(**case.settings)) if case.settings else stage)

    return check
