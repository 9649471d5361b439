"""The server of a process: its port, its thread interplay, and how it ends."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import NoReturn

import typer
import uvicorn

from waystage import __version__
from waystage.bootstrap import Built, OneProcessOnly, build
from waystage.cli.databases import opened
from waystage.cli.words import INTERRUPTED, Refusal
from waystage.engine.running.tenure import AlreadyRun
from waystage.engine.running.timekeeping import OtherClock
from waystage.ground import tracing
from waystage.ground.settings import Settings
from waystage.store.processes import SERVE

#: Python lets a running thread keep the interpreter for 5 ms by default. Requests and the engine share it, so a request
#: would wait that long behind each piece of the engine's work; 0.5 ms bounds that wait and costs under one per cent.
SWITCH_SECONDS = 0.0005
#: How long an ending server waits for the requests at hand.
GRACE_SECONDS = 10
LAST_LINE = "Ended: the running batch is committed, everything else waits for the next start."


def claim_port(settings: Settings) -> socket.socket:
    """Bind before anything else is started, so that a taken port changes nothing; Refusal naming the setting."""
    return _bind(settings.host, settings.port, "WAYSTAGE_PORT (0 = any free port)")


def claim_health_port(settings: Settings) -> socket.socket | None:
    """As `claim_port`, for a process that answers nothing else; None if it is to listen nowhere."""
    return _bind(settings.host, settings.health_port, "WAYSTAGE_HEALTH_PORT") if settings.health_port else None


def _bind(host: str, port: int, setting: str) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refusal(
            f"Cannot listen on {host}:{port}: {reason}. Stop what listens there, or set {setting} or WAYSTAGE_HOST."
        ) from error


def with_port(settings: Settings, port: socket.socket) -> Settings:
    """The settings with the port that port 0 has turned into, in the default address too."""
    number = port.getsockname()[1]
    address = settings.public_url
    return replace(settings, port=number, public_url=f"{address[:-2]}:{number}" if address.endswith(":0") else address)


def start_up(settings: Settings, role: str = SERVE) -> Built:
    """Build the application; Refusal when the database cannot be used or is already run by another process."""
    sys.setswitchinterval(SWITCH_SECONDS)
    tracing.begin(os.environ, role, __version__)
    with opened(settings):
        pass
    try:
        built = build(settings, role)
    except AlreadyRun as error:
        raise Refusal(f"Cannot start: {error}. Stop that process, or set WAYSTAGE_DATABASE_URL.") from error
    except (OneProcessOnly, OtherClock) as error:
        raise Refusal(f"Cannot start: {error}.") from error
    gc.freeze()  # what is there now stays: the collector need not look at it again and again
    return built


def server_of(built: Built) -> uvicorn.Server:
    """The HTTP server of an application, not yet running."""
    config = uvicorn.Config(
        built.app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


@dataclass(slots=True)
class Signals:
    """The first SIGINT or SIGTERM is noted instead of killing; a second one ends the process at once."""

    noted: int | None = None
    _then: list[Callable[[], object]] = field(default_factory=list)

    def then(self, end: Callable[[], object]) -> None:
        """What to do when a signal comes; done now if one has come already, so that none is lost in between."""
        self._then.append(end)
        if self.noted is not None:
            end()

    def note(self, number: int, frame: FrameType | None) -> None:
        """See `signal.signal`."""
        if self.noted is not None:
            raise KeyboardInterrupt
        self.noted = number
        for end in self._then:
            end()

    @property
    def exit_code(self) -> int:
        """130 for Ctrl-C; a SIGTERM is an orderly request of whoever supervises the process."""
        return INTERRUPTED if self.noted == signal.SIGINT else 0


@contextmanager
def listening_to_signals() -> Iterator[Signals]:
    """Signals while the context lasts."""
    signals = Signals()
    former = {number: signal.signal(number, signals.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, action in former.items():
            signal.signal(number, action)


def finish(built: Built, exit_code: int, last_line: str) -> NoReturn:
    """The last line of a server that has ended, and its exit code unless the engine had failed."""
    if built.mover is not None and built.mover.failure is not None:
        raise Refusal(f"The engine had stopped: {built.mover.failure}. What was committed stays; start again.")
    typer.echo(last_line)
    raise typer.Exit(exit_code)
