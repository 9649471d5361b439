"""How commands end: exit codes, one sentence for an error, no trace unless it is asked for (ux.md 1)."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from waystage.ground.settings import SETTINGS


def one_sentence(errors: str) -> bool:
    return errors.startswith("waystage: ") and errors.count("\n") == 1 and "Traceback" not in errors


def test_help_lists_the_commands_that_exist(command: Command) -> None:
    done = command("--help")
    assert done.code == 0
    for name in ("serve", "demo", "migrate", "client", "clock", "bench"):
        assert f"\n  {name} " in done.output


def test_the_help_of_serve_lists_every_setting(command: Command) -> None:
    done = command("serve", "--help")
    assert done.code == 0
    assert [one.name for one in SETTINGS if one.name not in done.output] == []


@pytest.mark.parametrize("name", ["serve", "demo", "migrate", "clock", "client create", "client list", "client revoke"])
def test_every_help_has_an_example(command: Command, name: str) -> None:
    done = command(*name.split(), "--help")
    assert done.code == 0
    assert f"  waystage {name}" in done.output


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("serve", "--nothing"), ("client", "create"), ("clock", "--by", "P1D", "--to", "now")]
)
def test_wrong_usage_is_2(command: Command, arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert (done.code, done.output) == (2, "")
    assert "Traceback" not in done.errors


def test_a_wrong_setting_is_wrong_usage_and_named(command: Command) -> None:
    done = command("migrate", WAYSTAGE_PORT="many")
    assert done.code == 2
    assert one_sentence(done.errors)
    assert "WAYSTAGE_PORT" in done.errors


def test_a_taken_port_is_refused_before_the_database_is_made(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = command("serve", WAYSTAGE_PORT=port, WAYSTAGE_DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    assert done.code == 1
    assert one_sentence(done.errors)
    assert "WAYSTAGE_PORT" in done.errors
    assert list(tmp_path.iterdir()) == []


def test_an_unusable_database_is_refused(command: Command, tmp_path: Path) -> None:
    for name in ("migrate", "serve"):
        url = f"sqlite:///{tmp_path / 'none' / 'new.db'}"
        done = command(name, WAYSTAGE_PORT="0", WAYSTAGE_DATABASE_URL=url)
        assert done.code == 1
        assert one_sentence(done.errors)
        assert "WAYSTAGE_DATABASE_URL" in done.errors


def test_a_password_is_not_shown(command: Command) -> None:
    done = command("migrate", WAYSTAGE_DATABASE_URL="postgresql://me:hidden@127.0.0.1:1/none?connect_timeout=1")
    assert done.code == 1
    assert "hidden" not in done.errors
    assert "me:***@127.0.0.1" in done.errors


def test_debug_shows_the_trace_wherever_it_stands(command: Command) -> None:
    for arguments in (("--debug", "migrate"), ("migrate", "--debug")):
        with pytest.raises(Exception, match="WAYSTAGE_PORT"):
            command(*arguments, WAYSTAGE_PORT="many")


def test_version(command: Command) -> None:
    assert command("--version").output.startswith("waystage ")
