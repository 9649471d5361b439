"""A running server as these tests use it."""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.contract.served import Api
from tests.crash.process import CLIENT, PATIENCE_SECONDS, Program
from tests.journeys.posting import post_all
from waystage.ground import clock

J = "/interaction/v1"
W = "/waystage/v1"
#: How many contacts walk through a sample.
CONTACTS = int(os.environ.get("WAYSTAGE_TEST_CONTACTS", "2000"))
#: Seconds within which any call must be answered, an advance of the clock over many contacts included.
_LONGEST_CALL = 600
_PAUSE_SECONDS = 0.02

_log = logging.getLogger(__name__)


def token(address: str, client_id: str, secret: str) -> str:
    """A fresh access token."""
    body = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return str(httpx.post(f"{address}/v2/token", json=body).raise_for_status().json()["access_token"])


def published(api: Api, status_url: str) -> None:
    """Wait until a publication has come about; it must."""
    for _ in range(round(PATIENCE_SECONDS / _PAUSE_SECONDS)):
        job = api.done("GET", status_url)
        if job["status"] == "PublishCompleted":
            return
        assert job["status"] == "PublishInProcess", job
        threading.Event().wait(_PAUSE_SECONDS)
    raise AssertionError("the journey is not published in time")


@dataclass
class Running:
    """One server, its database, and a client of it with every scope."""

    program: Program
    database_url: str
    api: Api
    bearer: str

    def publish(self, key: str) -> None:
        """Publish version 1 of a journey and wait until it is."""
        asked = self.api.done("POST", f"{J}/interactions/publishAsync/key:{key}?versionNumber=1")
        published(self.api, asked["statusUrl"])

    def fire(self, events: Sequence[dict[str, Any]]) -> None:
        """Post events, each of which must be accepted under an id of its own."""
        answers = post_all(self.program.address, self.bearer, f"{J}/events", events)
        assert len({answer["eventInstanceId"] for answer in answers}) == len(events)

    def advance(self, **body: str) -> None:
        """Move the clock and let everything due happen."""
        self.api.done("POST", f"{W}/clock/advance", body, timeout=_LONGEST_CALL)

    def settle(self) -> None:
        """Wait until nothing is runnable now."""
        self.api.done("POST", f"{W}/engine/settle", {"timeoutSeconds": _LONGEST_CALL}, timeout=_LONGEST_CALL)

    def messages(self, **query: str) -> Iterator[dict[str, Any]]:
        """Every message, page by page."""
        page, size, seen = 1, 10_000, 0
        while True:
            found = self.api.done(
                "GET", f"{W}/messages", params={**query, "$page": page, "$pageSize": size}, timeout=60
            )
            yield from found["items"]
            seen += len(found["items"])
            if seen >= found["count"] or not found["items"]:
                assert seen == found["count"]
                return
            page += 1

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Log how long something took."""
        started = clock.monotonic()
        yield
        _log.info("%s: %.1f s", what, clock.monotonic() - started)


@contextmanager
def started(database_url: str, log: Path, **settings: str) -> Iterator[Running]:
    """The program in a process of its own."""
    program = Program(database_url, log, **settings)
    program.start()
    try:
        assert program.ready(), program.told()
        bearer = token(program.address, *CLIENT)
        api = Api(program.address, bearer)
        yield Running(program, database_url, api, bearer)
        api.http.close()
    finally:
        program.kill()
