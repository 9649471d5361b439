"""Backups are taken while events come in, hold what was answered before, and come back whole or not at all."""

import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import bodies
from tests.crash.conftest import on, program, sink  # noqa: F401 - fixtures
from tests.crash.process import Program
from tests.crash.script import Script
from tests.crash.sink import Sink
from tests.invariants.base import at_rest
from tests.invariants.checker import violations
from tests.invariants.events import decisions
from tests.postgresql import PostgresqlServer
from waystage import cli


@pytest.fixture
def restored_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a backup of a database goes: the same kind, new."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored.db'}"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


def run(monkeypatch: pytest.MonkeyPatch, url: str, *arguments: str) -> int:
    monkeypatch.setenv("WAYSTAGE_DATABASE_URL", url)
    return cli.run(arguments)


def test_a_backup_under_load_holds_what_was_answered_before(
    program: Program,  # noqa: F811
    sink: Sink,  # noqa: F811
    restored_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "backup"
    program.start()
    assert program.ready(), program.told()
    script, over = Script(program), threading.Event()
    script.prepare()
    before = [f"contact-{number}" for number in range(40)]
    script.fire(before)

    def load() -> None:
        for number in range(1_000, 1_600, 20):
            if over.is_set():
                return
            script.fire([f"contact-{one}" for one in range(number, number + 20)])

    loader = threading.Thread(target=load)
    loader.start()
    try:
        assert run(monkeypatch, program.database_url, "backup", str(file), "--json") == 0
    finally:
        over.set()
        loader.join()
        script.close()
    told = json.loads(capfd.readouterr().out)
    assert told["rows"]["journey"] == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    program.stop()

    assert run(monkeypatch, restored_url, "restore", str(file)) == 0
    elsewhere = on(restored_url, sink, tmp_path / "log-restored")
    try:
        elsewhere.start()
        assert elsewhere.ready(), elsewhere.told()
        Script(elsewhere).finish()
        assert elsewhere.stop() == 0
    finally:
        elsewhere.kill()
    with at_rest(restored_url) as base:
        assert list(violations(base)) == []
        entered = decisions(base).entered
    for contact in before:
        answered = script.ledger.answered[bodies.EVENT, contact]
        assert set(answered) <= {*entered[bodies.WALKED, contact]}, "what was answered before the backup is in it"
