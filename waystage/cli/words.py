"""How commands speak: readings on standard output, errors as one sentence on standard error, and the exit codes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from waystage.ground.settings import Settings, load, read_config

REFUSED = 1
WRONG_USAGE = 2
INTERRUPTED = 130
#: Columns of a table that no terminal cuts.
WIDE = 1000

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for machines.")]


class Refusal(Exception):
    """A command cannot be carried out; the text says what was wrong and what to do next."""


def settings_now(**otherwise: str) -> Settings:
    """Read the settings; `otherwise` (variable to text) counts where neither environment nor file says anything."""
    toml = read_config(os.environ)
    environ = dict(os.environ)
    for name, text in otherwise.items():
        if not environ.get(name, "").strip() and name.removeprefix("WAYSTAGE_").lower() not in toml:
            environ[name] = text
    return load(environ, toml)


def say(sentence: str) -> None:
    """One sentence on standard error."""
    typer.echo(f"waystage: {sentence}", err=True)


def write_json(value: object) -> None:
    """A value as indented JSON on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table, the last column folded to fit; Rich leaves colours out without a terminal or with NO_COLOR."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns, start=1):
        table.add_column(column, no_wrap=place < len(columns))
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table, width=None if console.is_terminal else WIDE)


def write_pairs(pairs: Mapping[str, str]) -> None:
    """One `name: value` line for each."""
    for name, value in pairs.items():
        typer.echo(f"{name}: {value}")


def first_line(text: str) -> str:
    """The sentence that stands in the list of commands."""
    return text.partition("\n")[0].rstrip(".")
