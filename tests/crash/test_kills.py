"""The process is killed from outside, at any moment."""

import threading

import pytest

from tests.crash.process import Program
from tests.crash.script import Script
from tests.crash.sink import Sink
from tests.crash.verdict import judge
from tests.invariants.seen import Seen

#: Numbers of requests of the script under which the process is killed; drawn once, by dice.
REQUESTS = (9, 17, 26, 38, 45)


@pytest.mark.parametrize("request_number", REQUESTS)
def test_a_kill_under_request(
    request_number: int, program: Program, database_url: str, sink: Sink, undisturbed: Seen
) -> None:
    def kill(number: int) -> None:
        if number == request_number:
            threading.Thread(target=program.kill).start()

    program.start()
    assert program.ready(), program.told()
    script = Script(program, before_request=kill)
    script.play()
    assert program.exits == [-9]
    judge(database_url, script, sink, undisturbed)
