"""The database server crashes under load and comes back; the product goes on by itself or after a new start."""

import logging
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.crash.conftest import on
from tests.crash.process import Program
from tests.crash.script import Gone, Script
from tests.crash.sink import Sink
from tests.crash.verdict import judge
from tests.invariants.seen import Seen
from tests.postgresql import PostgresqlServer

#: Numbers of requests under which the server crashes: while a version is published, and in the middle of events.
REQUESTS = (9, 30)
_ANSWER_SECONDS = 15.0
#: How often a failing step is tried again on the running product before it is started anew.
_PATIENCE = 3

_log = logging.getLogger(__name__)


class PatientScript(Script):
    """Takes a refusal for an answer that never came, and starts the product anew only if it does not recover."""

    refusals = 0

    def _ask(self, verb: str, path: str, body: Any = None) -> httpx.Response:
        with self._told:
            self.requests += 1
            number = self.requests
        self.before_request(number)
        try:
            answer = self._http.request(verb, path, json=body, timeout=_ANSWER_SECONDS)
        except httpx.TransportError as error:
            _log.info("%s %s: %r", verb, path, error)
            raise Gone from error
        if answer.status_code >= 500:
            _log.info("%s %s: %s", verb, path, answer.text)
            raise Gone
        return answer

    def _revive(self) -> None:
        self.refusals += 1
        if self.program.ended() or self.refusals % _PATIENCE == 0 or not self.program.ready():
            _log.info("started anew after %s refusals", self.refusals)
            super()._revive()


@pytest.mark.parametrize("request_number", REQUESTS)
def test_a_crash_of_postgresql(
    request_number: int, own_server: PostgresqlServer, sink: Sink, tmp_path: Path, undisturbed: Seen
) -> None:
    def crash() -> None:
        own_server.stop("immediate")
        own_server.start()

    crashing = threading.Thread(target=crash)

    def when(number: int) -> None:
        if number == request_number:
            crashing.start()

    program = on(own_server.create_database(), sink, tmp_path / "log")
    try:
        _play(program, when, crashing, sink, undisturbed)
    finally:
        program.kill()


def _play(program: Program, when: Any, crashing: threading.Thread, sink: Sink, undisturbed: Seen) -> None:
    program.start()
    assert program.ready(), program.told()
    script = PatientScript(program, before_request=when)
    script.play()
    crashing.join()
    _log.info("%s refusals, %s restarts, exits %s", script.refusals, script.restarts, program.exits)
    judge(program.database_url, script, sink, undisturbed)
