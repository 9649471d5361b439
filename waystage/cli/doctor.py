"""`waystage doctor`: what is wrong with a system, and what to do about it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer

from waystage.channels import registry as channels
from waystage.cli.databases import shown
from waystage.cli.words import REFUSED, AsJson, settings_now, write_json
from waystage.ground.ailments import SETTINGS_UNREADABLE, Finding
from waystage.ground.settings import SettingError
from waystage.installed import installed_kinds
from waystage.operations import doctor as system

HELP = """Look at a system and say in words what is wrong with it and what to do.

It may run or not; nothing is changed. The settings should be those of the processes. Exit code 1 if any finding is an
error; warnings alone leave it at 0.

\b
Examples:
  waystage doctor
  waystage doctor --json
  WAYSTAGE_CONFIG=waystage.toml waystage doctor
"""


def doctor(as_json: AsJson = False) -> None:
    """See HELP."""
    database, findings = _examined()
    if as_json:
        write_json({"database": database, "findings": [_written(one) for one in findings]})
    else:
        _tell(database, findings)
    if any(one.ailment.severity == "error" for one in findings):
        raise typer.Exit(REFUSED)


def _examined() -> tuple[str | None, list[Finding]]:
    try:
        settings = settings_now()
    except SettingError as error:
        return None, [Finding(SETTINGS_UNREADABLE, f"{error}.")]
    kinds = installed_kinds(settings.test_wait_seconds)
    findings = system.examine(settings, kinds, frozenset(channels.ways_out(settings)))
    return shown(settings.database_url), sorted(findings, key=lambda one: one.ailment.severity)


def _written(finding: Finding) -> dict[str, Any]:
    ailment = finding.ailment
    return {"code": ailment.code, "severity": ailment.severity, "what": finding.what, "remedy": ailment.remedy}


def _tell(database: str | None, findings: list[Finding]) -> None:
    """Errors first; the sentence of the table, what was seen, what to do."""
    for one in findings:
        ailment = one.ailment
        typer.secho(
            f"{ailment.severity}: {ailment.code}", bold=True, fg="red" if ailment.severity == "error" else "yellow"
        )
        typer.echo(f"  {ailment.when} {one.what}\n  -> {ailment.remedy}")
    counts = Counter(one.ailment.severity for one in findings)
    if findings:
        typer.echo(f"{_count(counts['error'], 'error')}, {_count(counts['warning'], 'warning')}.")
    else:
        typer.echo(f"Nothing is wrong with {database}.")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
