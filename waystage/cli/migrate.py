"""`waystage migrate`: bring the tables of the database up to date."""

from __future__ import annotations

import typer

from waystage.cli.databases import opened, shown
from waystage.cli.words import AsJson, settings_now, write_json

HELP = """Bring the database up to date and show which schema files were applied.

`serve` does the same when it starts; on its own this is for installations where the server may not change tables.

\b
Examples:
  waystage migrate
  WAYSTAGE_CONFIG=waystage.toml waystage migrate --json
"""


def migrate(as_json: AsJson = False) -> None:
    """See HELP."""
    settings = settings_now()
    with opened(settings) as (_, applied):
        pass
    if as_json:
        write_json({"database": shown(settings.database_url), "applied": applied})
        return
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo(f"{shown(settings.database_url)} is up to date.")
