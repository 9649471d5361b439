"""`waystage demo`: the server with a made-up business unit, and a live table of what its contacts do."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from waystage.bootstrap import Built
from waystage.cli.databases import shown
from waystage.cli.server import LAST_LINE, claim_port, finish, listening_to_signals, server_of, start_up, with_port
from waystage.cli.words import Refusal, settings_now
from waystage.demo.business_unit import LoadFailed
from waystage.demo.calls import Api, CallRefused
from waystage.demo.show import Demo, follow
from waystage.demo.texts import duration
from waystage.ground import clock, ids, log
from waystage.ground.settings import SETTINGS, Settings
from waystage.operations import read_progress

#: The file of the default database; the demo has it in a folder of its own.
FILE = "waystage.db"
#: A day passes in five seconds.
CLOCK = "scaled:17280"

HELP = """Run a server with a demo business unit and watch its contacts flow.

Journeys, event definitions and e-mails are loaded through the public API, then made-up contacts keep entering. A day
passes in five seconds. The data lie in a fresh temporary folder and go with the demo; with WAYSTAGE_DATABASE_URL they
stay where that says, and the next demo goes on with them. All settings of `waystage serve --help` count.

\b
Examples:
  waystage demo
  WAYSTAGE_PORT=9000 waystage demo
  WAYSTAGE_CLOCK=scaled:3600 waystage demo
"""


def demo() -> None:
    """See HELP."""
    log.set_up("warning")
    stop = threading.Event()
    with _folder() as folder, listening_to_signals() as signals:
        signals.then(stop.set)
        fresh = _default_database().replace(FILE, str(folder / FILE))
        settings = settings_now(
            WAYSTAGE_DATABASE_URL=fresh,
            WAYSTAGE_CLOCK=CLOCK,
            WAYSTAGE_CLIENT_ID="demo",
            WAYSTAGE_CLIENT_SECRET=ids.new_secret(18),
        )
        kept = settings.database_url != fresh
        built = _serve_and_follow(settings, folder, stop, keeps=kept)
    # Ctrl-C is how a demo is meant to end, so it is no interruption.
    finish(built, 0, LAST_LINE if kept else "Ended: the running batch was committed; the demo's data are removed.")


def _serve_and_follow(settings: Settings, folder: Path, stop: threading.Event, *, keeps: bool) -> Built:
    with claim_port(settings) as port:
        settings = with_port(settings, port)
        built = start_up(settings)
        server = server_of(built)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, name="http")
        thread.start()
        try:
            _follow(built, settings, folder, stop, keeps=keeps)
        except (CallRefused, LoadFailed) as error:
            raise Refusal(str(error)) from error
        finally:
            server.should_exit = True
            thread.join()
            built.close()
    return built


def _follow(built: Built, settings: Settings, folder: Path, stop: threading.Event, *, keeps: bool) -> None:
    client_id, secret = settings.client_id or "", settings.client_secret or ""
    api = Api(settings.public_url, client_id, secret)

    def progress() -> list[read_progress.VersionProgress]:
        return built.database.read(lambda tx: read_progress.running(tx, settings.account_id)).result()

    course = Demo(api, progress, stop, folder / "headers", settings.utc_offset, _speed(built.world.clock))
    console = Console()
    try:
        course.prepare()
        lines = _four_lines(settings, folder, keeps=keeps)
        for line in lines:
            typer.echo(line)
        follow(course, console, sum(1 + (len(line) - 1) // console.width for line in lines))
    finally:
        api.close()


def _four_lines(settings: Settings, folder: Path, *, keeps: bool) -> list[str]:
    address = settings.public_url
    you = (
        '{"ContactKey":"you","EventDefinitionKey":"demo-signup",'
        '"Data":{"EmailAddress":"you@example.com","FirstName":"You"}}'
    )
    stays = f"Its data stay in {shown(settings.database_url)}." if keeps else f"Its data in {folder} go with it."
    return [
        f"Waystage demo: {address}/ (API documentation: {address}/docs)",
        f"Client id {settings.client_id}, secret {settings.client_secret}",
        f"Enter a journey: curl {address}/interaction/v1/events -H @{folder / 'headers'} -d '{you}'",
        f"Ctrl-C ends it. {stays}",
    ]


def _default_database() -> str:
    return next(setting.default for setting in SETTINGS if setting.name == "WAYSTAGE_DATABASE_URL")


def _speed(journey_time: clock.Clock) -> str:
    if isinstance(journey_time, clock.ScaledClock):
        return f"1 s = {duration(journey_time.rate)}"
    return f"{journey_time.mode} clock"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="waystage-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
