"""An engine on a database of each kind."""

from collections.abc import Iterator

import pytest

from tests.engine.machine import Machine


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """A started engine; the event definition `signup` writes to the data extension `machine.signup`."""
    is_file = request.param == "sqlite"
    url = request.getfixturevalue("sqlite_url") if is_file else request.getfixturevalue("migrated_url")(3)
    with Machine(url, lanes=1 if is_file else 3) as made:
        yield made
