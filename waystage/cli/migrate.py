"""`waystage migrate`: bring the tables of the database up to date, or fill a new database from a grown one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waystage.cli.databases import opened, shown
from waystage.cli.progress import shown_by_table
from waystage.cli.spread import spread
from waystage.cli.words import AsJson, Refusal, settings_now, write_json
from waystage.ground.sealing import Sealer
from waystage.ground.settings import Settings
from waystage.operations.copy_database import CannotCopy, copy_database
from waystage.store import transfer

HELP = """Bring the database up to date and show which schema files were applied.

`serve` does the same when it starts; on its own this is for installations where the server may not change tables.
Old and new processes may run meanwhile. With --copy-from a new database is filled from a grown one that nobody uses.
With --citus the tables are spread over the machines of a Citus cluster; with --dry-run too, the statements that would
do it are shown, and nothing is changed.

\b
Examples:
  waystage migrate
  WAYSTAGE_CONFIG=waystage.toml waystage migrate --json
  WAYSTAGE_DATABASE_URL=postgresql://... waystage migrate --copy-from sqlite:///waystage.db
  WAYSTAGE_DATABASE_URL=postgresql://... waystage migrate --citus --dry-run
"""

CopyFrom = Annotated[
    str, typer.Option(help="Fill the new, empty database from this one: sqlite:///... or postgresql://...")
]
Citus = Annotated[bool, typer.Option("--citus", help="Spread the tables over the machines of a Citus cluster.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --citus: show the statements and change nothing.")]
More = Annotated[
    Path | None,
    typer.Option(
        "--more-files", help="A folder of further schema files to apply.", hidden=True, exists=True, file_okay=False
    ),
]


def migrate(
    copy_from: CopyFrom = "",
    citus: Citus = False,
    dry_run: DryRun = False,
    more_files: More = None,
    as_json: AsJson = False,
) -> None:
    """See HELP."""
    settings = settings_now()
    if dry_run and not citus:
        raise typer.BadParameter("it goes with --citus", param_hint="--dry-run")
    if citus:
        spread(settings, dry_run=dry_run, as_json=as_json)
        return
    with opened(settings, more_files) as (_, applied):
        pass
    copied = _copied(copy_from, settings) if copy_from else {}
    if as_json:
        rows = {"rows": copied} if copy_from else {}
        write_json({"database": shown(settings.database_url), "applied": applied, **rows})
        return
    for name in applied:
        typer.echo(f"applied {name}")
    if copy_from:
        typer.echo(f"copied {sum(copied.values()):,} rows of {sum(map(bool, copied.values()))} tables")
    typer.echo(f"{shown(settings.database_url)} is up to date.")


def _copied(source: str, settings: Settings) -> dict[str, int]:
    """Fill the database; Refusal."""
    try:
        sealers = (
            _sealer_of(source, settings),
            Sealer(settings.secret_key, transfer.key_file_of(settings.database_url)),
        )
        with shown_by_table() as told:
            return copy_database(source, settings.database_url, sealers, told)
    except (CannotCopy, ValueError) as error:
        raise Refusal(str(error)) from error


def _sealer_of(source: str, settings: Settings) -> Sealer:
    """What opens the signing keys of the source: the key file beside it, else the key that is set."""
    file = transfer.key_file_of(source)
    has_file = file is not None and file.is_file()
    return Sealer(None if has_file else settings.secret_key, file)
