"""Where the server under test is: one of ours on each kind of database, or any other by its address."""

import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

import httpx
import pytest

from tests.contract.served import CLIENT_ID, CLIENT_SECRET, Api, Served
from waystage.ground.ids import new_secret

ADDRESS = "WAYSTAGE_TEST_ADDRESS"
ELSEWHERE = os.environ.get(ADDRESS, "").rstrip("/")


class Place:
    """A server and the client that may do everything there; `served` only if it is ours."""

    def __init__(self, address: str, client_id: str, secret: str, served: Served | None = None) -> None:
        self.address = address
        self.served = served
        self.client_id = client_id
        self.secret = secret
        self.kind = "" if served is None else served.built.database.dialect.name
        self.api = Api(address, None)
        self.api.http.headers["Authorization"] = f"Bearer {self.token()}"

    def ask_token(self, **asked: Any) -> httpx.Response:
        """A token request with the right id and secret unless `asked` says otherwise; `...` leaves a property out."""
        right = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret}
        body = {name: value for name, value in (right | asked).items() if value is not ...}
        return self.api.http.post("/v2/token", json=body)

    def token(self, **asked: Any) -> str:
        """A fresh access token."""
        answer = self.ask_token(**asked)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    @cached_property
    def reader(self) -> str:
        """A token with the one scope of the seed."""
        return self.token(scope="journeys_read")

    @cached_property
    def bare(self) -> str:
        """A token without scopes."""
        return self.token(scope="")

    def key(self) -> str:
        """A key that nothing has."""
        return f"c-{new_secret(9).lower().replace('_', 'x')}"

    def ours(self) -> Served:
        """The server, if it is ours; skips the test otherwise."""
        if self.served is None:
            pytest.skip(f"{ADDRESS} names a server into which tests cannot look")
        return self.served

    def advance(self, by: str) -> None:
        """Move the clock; skips the test where it does not move by hand."""
        answer = self.api.http.post("/waystage/v1/clock/advance", json={"by": by})
        if answer.status_code != 200 and self.served is None:
            pytest.skip(f"{ADDRESS} names a server whose clock is not virtual")
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        """Let go of the connections."""
        self.api.http.close()


def ours(served: Served) -> Place:
    """A server that this run has started."""
    return Place(served.address, CLIENT_ID, CLIENT_SECRET, served)


def elsewhere() -> Place:
    """The server that the environment names."""
    return Place(ELSEWHERE, os.environ["WAYSTAGE_TEST_CLIENT_ID"], os.environ["WAYSTAGE_TEST_CLIENT_SECRET"])


Configured = Callable[..., Place]
