"""A run with a few contacts: the product does what it is asked, and the report has every gate; no figure is judged."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from waystage.bench.command import bench

GATES = {
    "engine": [
        "engine / raw, 500 contacts, MultipleEntries",
        "engine / raw, 500 contacts, OnceAndDone",
        "engine / raw, 500 contacts, OnceAndDone with filter, goal and exit",
        "engine / raw, 500 contacts, random due times",
        "set-based / batch of one",
    ],
    "events": [
        "event / do-nothing POST, without a journey",
        "event / do-nothing POST, with a journey",
        "event p99 while stepping / alone",
    ],
    "memory": ["resident memory"],
    "reads": [
        *(
            f"{name}, growth"
            for name in (
                "one journey by key",
                "one journey by id",
                "page of journeys",
                "page of journeys by name",
                "last page of journeys",
                "page of journeys, status=Published",
                "page of journeys, nameOrDescription",
                "history of one contact",
                "trace of one contact",
                "trace by journey and hour",
                "newest history of a journey",
                "page of messages",
                "page 200 of messages",
            )
        ),
        "async/events batch, p99",
        "one journey, p99 while stepping / alone",
    ],
    "sending": ["messages by smtp", "messages by webhook"],
    "timers": ["timer lateness, p99"],
}


def run(part: str, folder: Path) -> tuple[Result, dict[str, Any]]:
    app = Typer()
    app.command()(bench)
    kept = folder / "report.json"
    asked = ["--store", "sqlite", "--contacts", "500", "--rounds", "1", "--seconds", "0.2", "--folder", str(folder)]
    small = ["--few", "20", "--journeys", "300", "--hops", "20000"]
    result = CliRunner().invoke(app, [part, *asked, *small, "--json", str(kept), "--profile"])
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return result, report


@pytest.mark.parametrize("part", GATES)
def test_the_report_has_every_gate_of_a_part(part: str, tmp_path: Path) -> None:
    result, report = run(part, tmp_path)
    assert [gate["name"] for gate in report["gates"]] == GATES[part]
    assert {gate["verdict"] for gate in report["gates"]} <= {"pass", "falls short"}
    assert report["figures"][part]
    assert report["machine"]["python"]
    assert report["stores"]["sqlite"]["synchronous"] == "full"
    assert "Waystage benchmark" in result.output
    assert not list(tmp_path.glob("waystage-bench-*"))
