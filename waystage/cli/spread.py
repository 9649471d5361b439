"""`waystage migrate --citus`: spread the tables over the machines of a Citus cluster, or show how."""

from __future__ import annotations

from dataclasses import replace

import typer

from waystage.cli.databases import opened, shown
from waystage.cli.words import Refusal, write_json
from waystage.ground.lanes import SPREAD
from waystage.ground.settings import Settings
from waystage.store import spreading
from waystage.store.database import Database
from waystage.store.spreading import CannotSpread


def spread(settings: Settings, *, dry_run: bool, as_json: bool) -> None:
    """Carry the statements out, or only show them; Refusal."""
    try:
        statements = _planned(settings) if dry_run else _carried_out(settings)
    except CannotSpread as error:
        where = shown(settings.database_url)
        raise Refusal(f"The database {where} cannot be spread over machines: {error}.") from error
    if as_json:
        write_json({"database": shown(settings.database_url), "statements": statements, "carriedOut": not dry_run})
        return
    for statement in statements:
        typer.echo(f"{statement};")
    if not dry_run:
        typer.echo(f"-- {shown(settings.database_url)} is up to date and spread.")


def _planned(settings: Settings) -> list[str]:
    database = Database(settings.database_url)
    try:
        return spreading.planned(database)
    finally:
        database.close()


def _carried_out(settings: Settings) -> list[str]:
    with opened(replace(settings, lanes=settings.lanes or SPREAD)) as (database, _):
        return spreading.spread(database)
