"""A backup is checked before anything is changed, and nothing that is there is lost."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from waystage import cli
from waystage.ground.clock import real_now
from waystage.ground.identity import process_name
from waystage.store import processes
from waystage.store.database import Database
from waystage.store.migrate import migrate

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on one of the files of the test's folder."""

    def ran(name: str, *arguments: str) -> int:
        monkeypatch.setenv("WAYSTAGE_DATABASE_URL", f"sqlite:///{tmp_path / name}")
        return cli.run(arguments)

    return ran


@pytest.fixture
def backup(run: Run, tmp_path: Path) -> Path:
    """A backup of a database that has one client."""
    assert run("grown.db", "client", "create", "--name", "Shop") == 0
    assert run("grown.db", "backup", str(tmp_path / "backup")) == 0
    return tmp_path / "backup"


def clients(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM client ORDER BY number")]


def test_a_backup_comes_back_whole(run: Run, backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()
    assert run("new.db", "restore", str(backup)) == 0
    assert clients(tmp_path / "new.db") == ["Shop"]
    assert backup.read_bytes() == before, "a restore leaves the backup as it was"
    assert run("new.db", "client", "create", "--name", "More") == 0
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'backup'").fetchone() == (0,)


@pytest.mark.parametrize("place", [60, 100, 5_000, -1])
def test_a_damaged_backup_is_refused(
    place: int, run: Run, backup: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(backup.read_bytes())
    content[place] ^= 1
    backup.write_bytes(content)
    assert run("new.db", "restore", str(backup)) == 1
    assert "damaged" in capfd.readouterr().err
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"no database" * 99])
def test_what_is_no_backup_is_refused(
    content: bytes, run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").write_bytes(content)
    assert run("new.db", "restore", str(tmp_path / "other")) == 1
    assert "waystage:" in capfd.readouterr().err
    assert not (tmp_path / "new.db").exists()


def test_a_database_with_something_in_it_is_kept(run: Run, backup: Path, tmp_path: Path) -> None:
    assert run("other.db", "client", "create", "--name", "Other") == 0
    assert run("other.db", "restore", str(backup)) == 1
    assert clients(tmp_path / "other.db") == ["Other"]
    assert run("other.db", "restore", str(backup), "--force") == 0
    assert clients(tmp_path / "other.db") == ["Shop"]
    assert clients(tmp_path / "other.db.before-restore") == ["Other"], "what was replaced lies beside it"


def test_a_database_in_use_is_left_alone(
    run: Run, backup: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    try:
        migrate(database)
        me = processes.Process(process_name(), processes.SERVE, "here", 1, "1", real_now())
        database.write(lambda tx: processes.tell(tx, me, real_now() + 60_000)).result()
        assert run("other.db", "restore", str(backup), "--force") == 1
        assert f"in use by {me.name}" in capfd.readouterr().err
    finally:
        database.close()


def test_a_backup_never_replaces_a_file(run: Run, backup: Path) -> None:
    before = backup.read_bytes()
    assert run("grown.db", "backup", str(backup)) == 1
    assert backup.read_bytes() == before


def test_a_backup_of_nothing_makes_nothing(run: Run, tmp_path: Path) -> None:
    assert run("nothing.db", "backup", str(tmp_path / "backup")) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_key_file_is_named(run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("grown.db", "client", "create", "--name", "Shop") == 0
    (tmp_path / "grown.db.key").write_text("a key")
    assert run("grown.db", "backup", str(tmp_path / "backup")) == 0
    assert str(tmp_path / "grown.db.key") in capfd.readouterr().out


def test_a_newer_backup_is_refused(run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "9000_later.sql").write_text("CREATE TABLE later (\n  one SMALLINT PRIMARY KEY\n);\n")
    assert run("grown.db", "migrate", "--more-files", str(more)) == 0
    assert run("grown.db", "backup", str(tmp_path / "backup")) == 0
    assert run("new.db", "restore", str(tmp_path / "backup")) == 1
    assert "newer" in capfd.readouterr().err
