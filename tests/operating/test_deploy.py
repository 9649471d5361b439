"""What stands in deploy/ speaks of commands and settings that exist, and keeps what it promises of the image."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with the tools of the tests, without types

from waystage import cli
from waystage.ground.settings import SETTINGS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
NAMES = {one.name for one in SETTINGS} | {"WAYSTAGE_CONFIG"}
FILES = ["Containerfile", "compose.yaml", ".env.example", "waystage.service"]


def instructions(stage: int) -> list[tuple[str, str]]:
    """(word, rest) of a stage of the Containerfile, continued lines put together."""
    text = re.sub(r"\\\n", " ", "\n".join(line for line in CONTAINERFILE.splitlines() if not line.startswith("#")))
    found = [tuple(line.split(" ", 1)) for line in text.splitlines() if line.strip()]
    starts = [place for place, (word, *_) in enumerate(found) if word == "FROM"] + [len(found)]
    return [(word, rest.strip()) for word, rest in found[starts[stage] : starts[stage + 1]]]


@pytest.mark.parametrize("name", FILES)
def test_every_setting_exists(name: str) -> None:
    named = set(re.findall(r"WAYSTAGE_[A-Z_]+", (DEPLOY / name).read_text()))
    assert named - {"WAYSTAGE_"} <= NAMES


def commands() -> list[list[str]]:
    services = [one["command"] for name, one in COMPOSE["services"].items() if name != "database"]
    service = (DEPLOY / "waystage.service").read_text()
    unit = re.search(r"^ExecStart=/opt/waystage/bin/waystage (.*)$", service, re.MULTILINE)
    image = re.search(r'^CMD \["(.*)"\]$', CONTAINERFILE, re.MULTILINE)
    assert unit is not None
    assert image is not None
    return [*services, shlex.split(unit[1]), image[1].split('", "')]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists(command: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command[0], "--help"]) == 0
    told = capfd.readouterr().out
    assert all(option in told for option in command[1:])


def test_the_image_is_small_and_runs_as_nobody() -> None:
    last = instructions(1)
    assert dict(last)["USER"].isdecimal()
    assert dict(last)["USER"] != "0"
    assert [rest for word, rest in last if word == "COPY"] == ["--from=build /opt/waystage /opt/waystage"]
    assert not [rest for word, rest in last if word == "RUN" and re.search(r"apt|pip|gcc|uv ", rest)]
    built = " ".join(rest for word, rest in instructions(0) if word == "RUN")
    assert "--require-hashes" in built
    assert "--only-binary :all:" in built
    assert "uv export --frozen --no-dev" in built


def test_the_image_gets_what_it_is_made_from_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    wanted = {word for _, rest in instructions(0) if _ == "COPY" for word in rest.split()[:-1]}
    assert {f"!{word}" for word in wanted} <= set(ignored)
    assert all((ROOT / word).exists() for word in wanted)
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert built["packages"] == ["waystage"]


def test_the_health_check_is_a_program() -> None:
    check = re.search(r'CMD \["python", "-c", "(.*)"\]', CONTAINERFILE)
    assert check is not None
    compile(check[1], "healthcheck", "exec")
    told = subprocess.run([sys.executable, "-c", check[1]], capture_output=True, check=False, timeout=20)
    assert told.returncode != 0, "nobody listens here"


def test_processes_wait_for_the_tables_and_write_nowhere() -> None:
    ours = {name: one for name, one in COMPOSE["services"].items() if name != "database"}
    assert sorted(ours) == ["api-1", "api-2", "migrate", "worker-1", "worker-2"]
    for name, one in ours.items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["environment"]["WAYSTAGE_DATABASE_URL"].startswith("postgresql://")
        waits = one["depends_on"]
        assert waits == (
            {"database": {"condition": "service_healthy"}}
            if name == "migrate"
            else {"migrate": {"condition": "service_completed_successfully"}}
        )
    secrets = "".join((DEPLOY / name).read_text() for name in FILES)
    assert not re.search(r"(?:PASSWORD|SECRET|SECRET_KEY)=[^\s$]", secrets), "no secret stands in a file"
