"""One fresh server for all clients, started as a reader of the README starts it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.cli.processes import environment

CLIENT_ID, CLIENT_SECRET, ACCOUNT_ID = "published-clients", "secret-of-the-published-clients", 7000001
#: The only form of address that sfmc-sdk and mcdev take; nobody is asked there.
AUTH_URL = "https://mcwaystage000000000000000000.auth.marketingcloudapis.com/"


@dataclass(frozen=True)
class Place:
    """The running server and a plain client of it, for looking at what the published ones have done."""

    address: str
    http: httpx.Client

    def done(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """The body of an answer, which must be good."""
        answer = self.http.request(verb, path, json=body, params=query)
        assert answer.is_success, f"{verb} {path}: {answer.status_code} {answer.text}"
        return answer.json()


@contextmanager
def served(scratch: Path) -> Iterator[Place]:
    """The program on a new database file in this folder; its log is beside it."""
    settings = environment({
        "WAYSTAGE_DATABASE_URL": f"sqlite:///{scratch / 'waystage.db'}",
        "WAYSTAGE_PORT": "0",
        "WAYSTAGE_CLIENT_ID": CLIENT_ID,
        "WAYSTAGE_CLIENT_SECRET": CLIENT_SECRET,
        "WAYSTAGE_ACCOUNT_ID": str(ACCOUNT_ID),
        "WAYSTAGE_CLOCK": "virtual:2026-01-01T00:00:00Z",
        "WAYSTAGE_NO_CHANGE_STATUS": "200",  # mcdev counts a 304 as a failed deploy
        "WAYSTAGE_ALLOW_PRIVATE_URLS": "true",
    })  # fmt: skip
    command = [sys.executable, "-m", "waystage", "serve"]
    with (
        (scratch / "server.log").open("wb") as log,
        subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("Waystage serves "), (scratch / "server.log").read_text(encoding="utf-8")
            address = first.split()[2]
            with httpx.Client(base_url=address, timeout=60) as http:
                http.headers["Authorization"] = f"Bearer {_token(http)}"
                yield Place(address, http)
        finally:
            process.terminate()


def _token(http: httpx.Client) -> str:
    body = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return str(http.post("/v2/token", json=body).raise_for_status().json()["access_token"])
