"""An engine on a database of each kind."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import Machine


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    """A started engine with one event definition, `signup`."""
    with Machine(database_url, lanes=1 if database_url.startswith("sqlite") else 3) as made:
        made.define_event()
        yield made


@pytest.fixture
def sqlite_machine(sqlite_url: str) -> Iterator[Machine]:
    """The same where only one process may run a database."""
    with Machine(sqlite_url, lanes=1) as made:
        made.define_event()
        yield made
