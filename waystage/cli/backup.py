"""`waystage backup` and `waystage restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waystage.cli.databases import shown
from waystage.cli.progress import shown_by_table
from waystage.cli.words import AsJson, Refusal, settings_now, write_json
from waystage.operations.backup import CannotBackUp, Made, back_up
from waystage.operations.restore import restore as restored
from waystage.spec.moments import iso_z

BACKUP = """Write everything in the database to one file, while the processes go on.

The file appears when it is whole. It holds the data as they were at one instant, and a checksum. The key file beside
an embedded database is not in it: without it the stored signing keys cannot be read, so keep a copy of it elsewhere.

\b
Examples:
  waystage backup /backups/waystage-monday
  WAYSTAGE_DATABASE_URL=postgresql://... waystage backup monday --json
"""
RESTORE = """Make a database of a backup, after checking the backup.

Nothing may be working with the database, and it must be new or empty. A file goes back into a file, and into PostgreSQL
what came from there; from a file to PostgreSQL it is `waystage migrate --copy-from sqlite:///FILE`.

\b
Examples:
  waystage restore /backups/waystage-monday
  WAYSTAGE_DATABASE_URL=postgresql://... waystage restore monday
"""

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", dir_okay=False, resolve_path=True)]
Force = Annotated[bool, typer.Option("--force", help="Replace everything that is in the database.")]


def backup(file: File, as_json: AsJson = False) -> None:
    """See BACKUP."""
    settings = settings_now()
    try:
        with shown_by_table() as told:
            made = back_up(settings.database_url, file, told)
    except CannotBackUp as error:
        raise Refusal(str(error)) from error
    if as_json:
        write_json({"file": str(file), **_said(made)})
        return
    rows = sum(made.manifest.rows.values())
    typer.echo(f"{file} holds {rows:,} rows, {made.size:,} bytes, schema {made.manifest.schema:04}.")
    if made.key_file is not None:
        typer.echo(f"The key file {made.key_file} is not in it: keep a copy of it in another place.")


def _said(made: Made) -> dict[str, object]:
    manifest = made.manifest
    return {
        "made": iso_z(manifest.made), "version": manifest.version, "schema": manifest.schema, "lanes": manifest.lanes,
        "bytes": made.size, "rows": manifest.rows, "keyFile": str(made.key_file) if made.key_file else None,
    }  # fmt: skip


def restore(file: File, force: Force = False, as_json: AsJson = False) -> None:
    """See RESTORE."""
    settings = settings_now()
    try:
        with shown_by_table() as told:
            manifest = restored(file, settings.database_url, told, force=force)
    except CannotBackUp as error:
        raise Refusal(str(error)) from error
    if as_json:
        write_json({"database": shown(settings.database_url), "made": iso_z(manifest.made), "rows": manifest.rows})
        return
    rows = sum(manifest.rows.values())
    typer.echo(f"{shown(settings.database_url)} holds {rows:,} rows, as they were at {iso_z(manifest.made)}.")
