"""What the server writes while it runs: one JSON line for each thing, named by its request, and nobody in it."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.mailing import define_event, fire, publish, settle, wait
from tests.contract.served import CLIENT_ID, Served
from waystage.ground import log

PERSON = "ann.secret@example.com"


@pytest.fixture
def verbose() -> Iterator[None]:
    """Log as `waystage serve --log-json --log-level debug` does."""
    log.set_up("debug", as_json=True)
    yield
    log.set_up("info")  # whether details are told is no part of the configuration that all tests begin with


def test_each_request_has_a_line_and_nobody_is_in_it(
    verbose: None, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Served(sqlite_url) as server:
        api = server.client()
        define_event(api)
        publish(api, [wait("W")])
        fire(api, PERSON)
        settle(api)
        api("GET", f"/waystage/v1/journeys/welcome/contacts/{PERSON}", headers={"X-Request-Id": "mine"})
        api("GET", f"/waystage/v1/journeys/none/contacts/{PERSON}", headers={"X-Request-Id": "lost"})
        api("POST", "/waystage/v1/imports", content=PERSON.encode(), headers={"X-Request-Id": "import"})
        _noise(server.address)
    written = capsys.readouterr().err
    assert PERSON not in written
    assert "ann.secret" not in written
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    answered = {line["request"]: line for line in lines if line["event"] == "answered"}
    assert len(answered) == len([line for line in lines if line["event"] == "answered"])
    mine, lost = answered["mine"], answered["lost"]
    assert (mine["verb"], mine["status"], mine["client"]) == ("GET", 200, CLIENT_ID)
    assert mine["route"] == "/waystage/v1/journeys/{key}/contacts/{contactKey}"
    assert (lost["status"], lost["level"], lost["room"]) == (404, "debug", "api")
    assert isinstance(lost["errorcode"], int)
    assert 0 < mine["ms"] < 60_000
    assert answered["import"]["status"] == 400
    assert any(line["room"] == "uvicorn.error" and line["level"] == "warning" for line in lines)


def _noise(address: str) -> None:
    """What is no HTTP: the library that reads it complains."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"\x16\x03\x01 hello " + PERSON.encode() + b"\r\n\r\n")
        raw.recv(1000)


def test_at_info_requests_that_went_well_are_not_told_of(
    light_server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    light_server.client()
    written = capsys.readouterr()
    assert "answered" not in written.out + written.err
