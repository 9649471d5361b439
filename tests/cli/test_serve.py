"""`serve` in a process of its own: it serves, and ends cleanly on a signal."""

import re
import signal

import httpx
import pytest

from tests.cli.processes import Process
from waystage.ground.settings import load


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_serves_until_a_signal_ends_it(sqlite_url: str, by: signal.Signals, code: int) -> None:
    with Process("serve", WAYSTAGE_DATABASE_URL=sqlite_url, WAYSTAGE_PORT="0") as server:
        address = server.line(r"serves (http://127\.0\.0\.1:\d+)")[1]
        server.line("Ctrl-C ends it")
        assert httpx.get(f"{address}/healthz").json()["status"] == "alive"
        ended, rest, errors = server.end(by)
    assert ended == code
    assert rest.splitlines()[-1].startswith("Ended: the running batch is committed")
    assert "Traceback" not in errors


def test_the_first_client_is_told_once_and_works(sqlite_url: str) -> None:
    told = []
    for _ in range(2):
        with Process("serve", WAYSTAGE_DATABASE_URL=sqlite_url, WAYSTAGE_PORT="0") as server:
            address = server.line(r"serves (\S+)")[1]
            errors = server.end(signal.SIGINT)[2]
        told.append(dict(re.findall(r"^(id|secret): (\S+)$", errors, re.MULTILINE)))
        assert load({}).public_url != address
    assert set(told[0]) == {"id", "secret"}
    assert told[1] == {}


def test_a_second_server_on_the_same_database_is_refused(sqlite_url: str) -> None:
    settings = {"WAYSTAGE_DATABASE_URL": sqlite_url, "WAYSTAGE_PORT": "0"}
    with Process("serve", **settings) as first:
        first.line("Ctrl-C ends it")
        with Process("serve", **settings) as second:
            code, rest, errors = second.wait()
        assert (code, rest) == (1, "")
        assert "run by another process" in errors
        assert errors.count("\n") == 1
        assert first.end(signal.SIGINT)[0] == 130
