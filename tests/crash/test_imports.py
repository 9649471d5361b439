"""The process is killed while a file of events is being sent; sent again, each row has come exactly once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.crash.process import CLIENT, PATIENCE_SECONDS, Program
from waystage.store.database import Database

J, IMPORTS = "/interaction/v1", "/waystage/v1/imports"
GUID = "0b3e1c52-7f0c-4a57-8d52-2f6f3a0c9d11"
ROWS = 17_000
FIELDS = [
    {"name": "Key", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "Points", "dataType": "Number"},
]
DEFINITION = {
    "type": "APIEvent",
    "name": "Sent in bulk",
    "eventDefinitionKey": "bulk",
    "schema": {"fields": FIELDS, "sendableCustomObjectField": "Key", "sendableSubscriberField": "_SubscriberKey"},
}


@contextmanager
def signed_in(program: Program) -> Iterator[httpx.Client]:
    body = {"grant_type": "client_credentials", "client_id": CLIENT[0], "client_secret": CLIENT[1]}
    with httpx.Client(base_url=program.address, timeout=PATIENCE_SECONDS) as http:
        http.headers["Authorization"] = f"Bearer {http.post('/v2/token', json=body).json()['access_token']}"
        yield http


def taken_in(database_url: str) -> tuple[int, int]:
    """How many rows there are, and how many were numbered, which counts an event that came twice twice."""
    database = Database(database_url)
    try:
        rows = database.read(lambda tx: tx.rows("SELECT count(*) FROM row")).result()
        numbered = database.read(lambda tx: tx.rows("SELECT sum(next - 1) FROM lane_counter WHERE name = 'row'"))
        return int(rows[0][0]), int(numbered.result()[0][0])
    finally:
        database.close()


def send(http: httpx.Client, body: Any) -> httpx.Response:
    where = {"target": "event:bulk", "id": GUID}
    return http.post(IMPORTS, params=where, content=body, headers={"content-type": "text/csv"})


def killed_after(program: Program, text: bytes, rows: int) -> Iterator[bytes]:
    """The file up to three quarters; then the process dies, as soon as so many rows are stored."""
    yield text[: 3 * len(text) // 4]
    with signed_in(program) as other:
        while True:
            told = other.get(f"{IMPORTS}/{GUID}")
            if told.status_code == 200 and told.json()["rowsRead"] >= rows:
                break
    program.kill()
    yield text[3 * len(text) // 4 :]


def test_an_import_goes_on_after_a_kill(database_url: str, tmp_path: Path) -> None:
    program = Program(database_url, tmp_path / "log")
    text = b"Key,Points\n" + b"".join(b"c%d,%d\n" % (n, n) for n in range(ROWS))
    program.start()
    try:
        assert program.ready(), program.told()
        with signed_in(program) as http:
            assert http.post(f"{J}/eventDefinitions", json=DEFINITION).is_success
            with pytest.raises(httpx.TransportError):
                send(http, killed_after(program, text, 5_000))
        program.restart()
        with signed_in(program) as http:
            told = http.get(f"{IMPORTS}/{GUID}").json()
            assert told["status"] == "Interrupted"
            assert 5_000 <= told["rowsStored"] < ROWS
            done = send(http, text)
            assert (done.status_code, done.json()["rowsStored"]) == (201, ROWS), done.text
            assert http.post("/waystage/v1/engine/settle", json={}).is_success
        assert program.exits == [-9]
        program.stop()
        assert taken_in(database_url) == (ROWS, ROWS)
    finally:
        program.kill()
