"""A grown database goes on in another one with other lanes, as if nothing had happened (decisions/0017)."""

import itertools
from pathlib import Path

import pytest

from tests.crash.conftest import on, sink, undisturbed  # noqa: F401 - fixtures
from tests.crash.process import Program
from tests.crash.script import Script
from tests.crash.sink import Sink
from tests.crash.verdict import judge
from tests.invariants.seen import Seen
from tests.postgresql import PostgresqlServer
from waystage import cli
from waystage.ground import ids
from waystage.store import copying

#: Before which requests of the script the program is ended, by a kill where the number is odd.
REQUESTS = (25, 39, 54)


class Mover:
    """Moves the database under a script: before some of its requests the program is ended and goes on elsewhere."""

    def __init__(self, program: Program, stages: dict[int, tuple[str, int]], patch: pytest.MonkeyPatch) -> None:
        """`stages`: number of a request to the next database and its number of lanes."""
        self.program = program
        self.stages = stages
        self.patch = patch
        self.script = Script(program, before_request=self.before)

    def before(self, number: int) -> None:
        if number in self.stages:
            url, lanes = self.stages[number]
            if number % 2:
                self.program.kill()
            else:
                self.program.stop()
            copy(self.program.database_url, url, lanes, self.patch)
            self.program.move_to(url)
            self.program.start()
            assert self.program.ready(), self.program.told()
            self._rename(lanes)

    def _rename(self, lanes: int) -> None:
        """The judge names events by the lane in which they are found."""
        answered = self.script.ledger.answered
        for (_, contact), guids in answered.items():
            named = [ids.read_guid(guid) for guid in guids]
            guids[:] = [ids.guid_of("event", ids.lane_of(1, contact, lanes), one[2]) for one in named if one]


def copy(source: str, target: str, lanes: int, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("WAYSTAGE_DATABASE_URL", target)
    patch.setenv("WAYSTAGE_LANES", str(lanes))
    patch.setenv("WAYSTAGE_SECRET_KEY", "moved-key")
    assert cli.run(["migrate", "--copy-from", source]) == 0


def test_a_journey_goes_on_in_other_lanes(
    postgresql_server: PostgresqlServer,
    sink: Sink,  # noqa: F811
    undisturbed: Seen,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From a file to four lanes, to seven, and back to a file: people see what they see where nothing is moved."""
    monkeypatch.setattr(copying, "ROWS", 7)
    urls = [
        postgresql_server.create_database(),
        postgresql_server.create_database(),
        f"sqlite:///{tmp_path / 'back.db'}",
    ]
    program = on(f"sqlite:///{tmp_path / 'first.db'}", sink, tmp_path / "log")
    try:
        stages = dict(zip(REQUESTS, zip(urls, (4, 7, 1), strict=True), strict=True))
        mover = Mover(program, stages, monkeypatch)
        program.start()
        assert program.ready(), program.told()
        mover.script.play()
        judge(urls[-1], mover.script, sink, undisturbed)
    finally:
        program.kill()
        for url in itertools.islice(urls, 2):
            postgresql_server.drop_database(url)
