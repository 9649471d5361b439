"""The process dies at each named point, and after a new start everything ends as if it had not."""

import pytest

from tests.crash.process import Program
from tests.crash.script import Script
from tests.crash.sink import Sink
from tests.crash.verdict import judge
from tests.invariants.seen import Seen
from waystage.ground.crashpoints import POINTS

pytestmark = pytest.mark.spec("8.3")

#: Which times a point is reached; the first commits of all are those of the migration.
TIMES = {
    "api.before-commit": (1, 20, 40),
    "api.after-commit": (6, 30),
    "engine.before-admit": (1, 3),
    "engine.after-work": (1, 4),
    "engine.before-commit": (1, 8),
    "engine.after-commit": (1, 9),
    "engine.before-merge": (1, 3),
    "deliver.before-send": (1, 3),
    "deliver.after-send": (1, 3),
    "deliver.before-commit": (1, 3),
    "call.before-send": (1, 9),
    "call.after-answer": (1, 9),
    "call.before-commit": (1, 3),
    "clock.before-move": (1, 4),
    "publish.before-switch": (1, 2),
}
CASES = [f"{point}:{time}" for point, times in TIMES.items() for time in times]


def test_every_point_is_tried() -> None:
    assert set(TIMES) == set(POINTS)


@pytest.mark.parametrize("point", CASES)
def test_a_kill_at(point: str, program: Program, database_url: str, sink: Sink, undisturbed: Seen) -> None:
    program.start(point)
    if not program.ready():
        program.restart()
    script = Script(program)
    script.play()
    assert program.exits == [-9], f"{point}: {program.exits}\n{program.told()}"
    judge(database_url, script, sink, undisturbed)
