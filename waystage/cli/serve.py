"""`waystage serve`: API and engine in one process."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from waystage.cli.databases import shown
from waystage.cli.server import LAST_LINE, claim_port, finish, listening_to_signals, server_of, start_up, with_port
from waystage.cli.words import settings_now
from waystage.ground import log
from waystage.ground.settings import SETTINGS, Setting
from waystage.store.processes import SERVE

LEVELS = ("debug", "info", "warning", "error")


def _row(setting: Setting) -> str:
    default = f" [{setting.default}]" if setting.default else ""
    return f"  {setting.name}{default}\n      {setting.help}"


HELP = """Run the API and the engine in one process until Ctrl-C.

\b
Examples:
  waystage serve
  WAYSTAGE_PORT=9000 WAYSTAGE_CLOCK=virtual waystage serve
  WAYSTAGE_CONFIG=waystage.toml waystage serve --log-json

\b
Settings, from the environment or the TOML file named by WAYSTAGE_CONFIG
(there in lower case without the prefix), with their defaults:
""" + "\n".join(map(_row, SETTINGS))


LogLevel = Annotated[str, typer.Option(help="debug, info, warning or error.")]
LogJson = Annotated[bool, typer.Option("--log-json", help="Write log lines as JSON.")]


def serve(log_level: LogLevel = "info", log_json: LogJson = False) -> None:
    """See HELP."""
    begin_log(log_level, as_json=log_json)
    answer(SERVE)


def begin_log(level: str, *, as_json: bool) -> None:
    """Set the log up as the options of a command say."""
    if level.lower() not in LEVELS:
        raise typer.BadParameter(f"{level} is none of {', '.join(LEVELS)}", param_hint="--log-level")
    log.set_up(level, as_json=as_json)


def answer(role: str) -> None:
    """Run a process that answers requests, until a signal ends it."""
    settings = settings_now()
    with claim_port(settings) as port, listening_to_signals() as signals:
        settings = with_port(settings, port)
        built = start_up(settings, role)
        try:
            server = server_of(built)
            signals.then(lambda: setattr(server, "should_exit", True))
            _announce(settings.public_url, settings.database_url, built.world.clock.mode)
            server.run(sockets=[port])
        finally:
            built.close()
    finish(built, signals.exit_code, LAST_LINE)


def _announce(address: str, database_url: str, mode: str) -> None:
    typer.echo(f"Waystage serves {address} (documentation: {address}/docs)")
    typer.echo(f"Database {shown(database_url)}, {mode} clock. Ctrl-C ends it.")
    sys.stdout.flush()
