"""`waystage clock`: show the journey clock, or move a virtual one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from waystage.cli.databases import opened
from waystage.cli.words import AsJson, Refusal, settings_now, write_json
from waystage.demo.calls import Api, CallRefused
from waystage.ground.clock import real_now
from waystage.ground.settings import Settings
from waystage.spec.moments import iso_z
from waystage.store import journey_clock
from waystage.store.sql import Tx

HELP = """Show the journey clock of the database, or move the virtual clock of a server.

Moving needs a server that runs with WAYSTAGE_CLOCK=virtual, and its WAYSTAGE_CLIENT_ID and WAYSTAGE_CLIENT_SECRET
in the settings of this command.

\b
Examples:
  waystage clock
  waystage clock --by P3DT2H
  waystage clock --to 2026-03-01T00:00:00Z --json
"""


def clock(
    by: Annotated[str, typer.Option(help="Move by an ISO 8601 duration, such as P3DT2H.")] = "",
    to: Annotated[str, typer.Option(help="Move to an instant, such as 2026-03-01T00:00:00Z.")] = "",
    as_json: AsJson = False,
) -> None:
    """See HELP."""
    if by and to:
        raise typer.BadParameter("give --by or --to, not both")
    settings = settings_now()
    reading = _move(settings, {"by": by} if by else {"to": to}) if by or to else _show(settings)
    if as_json:
        write_json(reading)
    else:
        typer.echo(_sentence(reading))


def _show(settings: Settings) -> dict[str, Any]:
    with opened(settings) as (database, _):
        return database.read(_stored).result()


def _stored(tx: Tx) -> dict[str, Any]:
    stored = journey_clock.read(tx)
    if stored is None:
        return {"mode": "system", "now": iso_z(real_now())}
    now = stored.journey_start + (real_now() - stored.real_start) * stored.rate // 1000
    return {"mode": stored.mode, "now": iso_z(now)}


def _move(settings: Settings, body: Mapping[str, str]) -> dict[str, Any]:
    if settings.client_id is None or settings.client_secret is None:
        raise Refusal("Moving the clock needs WAYSTAGE_CLIENT_ID and WAYSTAGE_CLIENT_SECRET; set both.")
    api = Api(settings.public_url, settings.client_id, settings.client_secret)
    try:
        answer: dict[str, Any] = api("POST", "/waystage/v1/clock/advance", body)
    except CallRefused as refused:
        raise Refusal(str(refused)) from refused
    finally:
        api.close()
    return answer


def _sentence(reading: Mapping[str, Any]) -> str:
    text = f"{reading['now']} ({reading['mode']} clock)"
    if "moved" in reading:
        text += f"; {reading['instants']} instants had something due, {reading['moved']} contacts moved on"
    return text
