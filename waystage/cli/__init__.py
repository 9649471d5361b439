"""The command `waystage`: what may be asked on a command line, and how every command ends (ux.md 1)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from waystage import __version__
from waystage.cli import api, backup, bench, clients, clock, demo, doctor, migrate, serve, worker
from waystage.cli.words import INTERRUPTED, REFUSED, WRONG_USAGE, Refusal, first_line, say
from waystage.ground.errors import WaystageError
from waystage.ground.settings import SettingError

DEBUG = "--debug"

# Plain help (no boxes): it reads the same on a terminal, in a pipe and in the documentation.
app = typer.Typer(
    name="waystage",
    help="A journey engine: contacts flow through published journeys, over an HTTP interface that clients know.",
    epilog="Exit codes: 0 done, 1 a finding or a refusal, 2 wrong usage, 130 interrupted.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.command(help=serve.HELP, short_help=first_line(serve.HELP))(serve.serve)
app.command(help=api.HELP, short_help=first_line(api.HELP))(api.api)
app.command(help=worker.HELP, short_help=first_line(worker.HELP))(worker.worker)
app.command(help=demo.HELP, short_help=first_line(demo.HELP))(demo.demo)
app.command(help=migrate.HELP, short_help=first_line(migrate.HELP))(migrate.migrate)
app.command(help=backup.BACKUP, short_help=first_line(backup.BACKUP))(backup.backup)
app.command(help=backup.RESTORE, short_help=first_line(backup.RESTORE))(backup.restore)
app.add_typer(clients.app, name="client")
app.command(help=clock.HELP, short_help=first_line(clock.HELP))(clock.clock)
app.command(help=doctor.HELP, short_help=first_line(doctor.HELP))(doctor.doctor)
app.command(help=bench.HELP, context_settings=bench.PASS_ON, add_help_option=False)(bench.bench)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"waystage {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the trace of an error; may stand anywhere.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """See the help of `app`; --debug itself is taken out of the arguments by `run`."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code. Every error becomes one sentence on standard error."""
    traced = DEBUG in arguments
    rest = [argument for argument in arguments if argument != DEBUG]
    try:
        typer.main.get_command(app)(args=rest, prog_name="waystage")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if traced:
            raise
        say(_sentence(error))
        return WRONG_USAGE if isinstance(error, SettingError) else REFUSED
    return 0


def _sentence(error: Exception) -> str:
    if isinstance(error, WaystageError):
        return f"{error.message} {error.remedy}".strip()
    if isinstance(error, SettingError | Refusal):
        return str(error)
    return f"Unexpected fault, {type(error).__name__}: {error}. Run the command again with {DEBUG} for the trace."


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))
