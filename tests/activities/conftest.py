"""An engine on a database of each kind."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import Machine


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    """A started engine; the event definition `signup` writes to the data extension `machine.signup`."""
    with Machine(database_url, lanes=1 if database_url.startswith("sqlite") else 3) as made:
        yield made
