"""`demo` in a process of its own, with an output that is no terminal: contacts flow, and a second start goes on."""

import signal
import subprocess
from pathlib import Path

from tests.cli.processes import Process

ENTERED = r"Welcome series: (\d+) entered, (\d+) inside, (\d+) left"


def test_contacts_move_and_a_second_demo_goes_on_with_the_data(sqlite_url: str) -> None:
    settings = {"WAYSTAGE_DATABASE_URL": sqlite_url, "WAYSTAGE_PORT": "0", "WAYSTAGE_CLOCK": "scaled:172800"}
    with Process("demo", **settings) as demo:
        demo.line("Its data stay in")
        entered = int(demo.line(r"Welcome series: ([1-9]\d*) entered, \d+ inside, [1-9]\d* left")[1])
        demo.line(r"[1-9]\d* messages")
        code, rest, errors = demo.end(signal.SIGINT)
    assert (code, errors) == (0, "")
    assert rest.splitlines()[-1].startswith("Ended: the running batch is committed")
    with Process("demo", **settings) as demo:
        assert int(demo.line(ENTERED)[1]) > entered
        assert demo.end(signal.SIGINT)[0] == 0


def test_the_shown_curl_enters_a_contact_and_nothing_stays_behind() -> None:
    with Process("demo", WAYSTAGE_PORT="0") as demo:
        shown = demo.line(r"curl (\S+) -H @(\S+) -d '(\{.*\})'")
        headers = Path(shown[2])
        call = ["curl", "-s", shown[1], "-H", f"@{headers}", "-d", shown[3]]
        answer = subprocess.run(call, check=True, capture_output=True, text=True).stdout
        assert "eventInstanceId" in answer
        assert headers.stat().st_mode & 0o077 == 0
        assert demo.end(signal.SIGTERM)[0] == 0
    assert not headers.parent.exists()
