"""A run with a few contacts: the product does what it is asked, and the report has every gate; no figure is judged."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from waystage.bench import documents, rivals
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
    "growth": ["500 contacts / 200"],
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


def run(part: str, folder: Path, *more: str) -> tuple[Result, dict[str, Any]]:
    app = Typer()
    app.command()(bench)
    asked = ["--store", "sqlite", "--contacts", "500", "--rounds", "1", "--seconds", "0.2", "--folder", str(folder)]
    small = ["--few", "20", "--journeys", "300", "--hops", "2000"]
    result = CliRunner().invoke(app, [part, *asked, *small, *more, "--report", str(folder / "kept"), "--profile"])
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads((folder / "kept" / "report.json").read_text(encoding="utf-8"))
    return result, report


@pytest.mark.parametrize("part", GATES)
def test_the_report_has_every_gate_of_a_part(part: str, tmp_path: Path) -> None:
    result, report = run(part, tmp_path, *(["--contacts", "200"] if part == "growth" else []))
    assert [gate["name"] for gate in report["gates"]] == GATES[part]
    assert {gate["verdict"] for gate in report["gates"]} <= {"pass", "falls short"}
    assert report["figures"][part]
    assert report["machine"]["python"]
    assert report["stores"]["sqlite"]["synchronous"] == "full"
    assert all(bar["value"] >= 0 for plot in report["plots"] for bar in plot["bars"])
    assert "Waystage benchmark" in result.output
    assert "Waystage benchmark" in (tmp_path / "kept" / "report.html").read_text(encoding="utf-8")
    assert not list(tmp_path.glob("waystage-bench-*"))


def test_what_is_not_installed_or_has_one_size_only_is_named_as_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivals, "is_here", lambda rival: False)
    result, report = run("rivals", tmp_path)
    assert report["skipped"] == ["DBOS on sqlite: make bench installs it (uv sync --group bench)"]
    assert [bar["label"] for plot in report["plots"] for bar in plot["bars"]] == ["Waystage, sqlite"]
    assert "not measured: DBOS on sqlite" in " ".join(result.output.split())
    assert "Not measured: DBOS on sqlite" in (tmp_path / "kept" / "report.html").read_text(encoding="utf-8")
    _, report = run("growth", tmp_path)
    assert report["skipped"] == ["growth on sqlite: it takes two sizes (--contacts twice)"]


def test_a_wrong_outcome_gives_no_figures_but_the_rest_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "chosen", lambda contacts: contacts + 1)
    app = Typer()
    app.command()(bench)
    asked = ["growth", "--store", "sqlite", "--contacts", "20", "--contacts", "30", "--folder", str(tmp_path)]
    result = CliRunner().invoke(app, [*asked, "--report", str(tmp_path / "kept")])
    assert result.exit_code == 1
    report = json.loads((tmp_path / "kept" / "report.json").read_text(encoding="utf-8"))
    assert report["gates"] == []
    assert report["skipped"][0].startswith("growth, because of a wrong outcome: passages by activity")
