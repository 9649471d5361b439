"""An engine on a database of each kind."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import Machine


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """A started engine with one event definition, `signup`."""
    is_file = request.param == "sqlite"
    url = request.getfixturevalue("sqlite_url") if is_file else request.getfixturevalue("migrated_url")(3)
    with Machine(url, lanes=1 if is_file else 3) as made:
        made.define_event()
        yield made


@pytest.fixture
def sqlite_machine(sqlite_url: str) -> Iterator[Machine]:
    """The same where only one process may run a database."""
    with Machine(sqlite_url, lanes=1) as made:
        made.define_event()
        yield made
