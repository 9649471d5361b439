"""One server process that may die at a named point, and what it takes to start it again."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import socket
import threading
from http.client import HTTPConnection, HTTPException
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

CLIENT = ("crash-client", "crash-secret")
PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.02

#: Importing the program takes longer than the whole script, so a process that has done it is forked.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.crash.program", "pytest"])


class Program:
    """The product as a child process on one database; the port stays the same over restarts."""

    def __init__(self, database_url: str, log: Path, command: str = "serve", **settings: str) -> None:
        """`command` is what `waystage` is told to do; a worker answers at WAYSTAGE_HEALTH_PORT."""
        self.database_url = database_url
        self.command = command
        self.log = log
        self.exits: list[int] = []
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.tells = "/readyz"
        """Where the process says that it can be used."""
        self.service = ""
        """Where custom activities are served."""
        self._environment = {
            "WAYSTAGE_DATABASE_URL": database_url,
            "WAYSTAGE_PORT": str(port),
            "WAYSTAGE_CLIENT_ID": CLIENT[0],
            "WAYSTAGE_CLIENT_SECRET": CLIENT[1],
            "WAYSTAGE_CLOCK": "virtual:2026-01-01T00:00:00Z",
            **settings,
        }
        self.doors: dict[str, Any] = {}
        """What the next start does that no operator can ask for; see tests.crash.doors."""
        self._process: ForkServerProcess | None = None
        self._watched = threading.Lock()

    def start(self, crash_at: str = "") -> None:
        """Start the process; `crash_at` is a crash point, with `:n` for its nth time."""
        from tests.crash import program  # noqa: PLC0415 - only the forked process needs what it imports

        environment = self._environment | {"WAYSTAGE_CRASH_AT": crash_at}
        self._process = _FORKS.Process(
            target=program.run, args=(self.command, environment, str(self.log), self.doors), daemon=True
        )
        self._process.start()

    def ready(self) -> bool:
        """Wait until the process can serve; False if it ended instead."""
        for _ in range(round(PATIENCE_SECONDS / _PAUSE_SECONDS)):
            if self.ended(_PAUSE_SECONDS):
                return False
            if self._answers():
                return True
        raise AssertionError(f"the server does not become ready\n{self.told()}")

    def _answers(self) -> bool:
        """Not by httpx: it reads the certificates of the world for every call, which takes longer than the answer."""
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", self.tells)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def restart(self) -> None:
        """Start it again, whatever it is doing now; it must become ready."""
        self.kill()
        self.start()
        assert self.ready(), f"the server ended at its start\n{self.told()}"

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether the process has ended; waits at most so long for it."""
        with self._watched:
            if self._process is None:
                return True
            self._process.join(seconds)
            if self._process.exitcode is None:
                return False
            self.exits.append(self._process.exitcode)
            self._process.close()
            self._process = None
            return True

    def move_to(self, database_url: str) -> None:
        """The next start is on another database."""
        self.database_url = database_url
        self._environment["WAYSTAGE_DATABASE_URL"] = database_url

    def kill(self) -> None:
        """End it without any warning."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does, as a machine does that is out of breath."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        self._send(signal.SIGCONT)

    def stop(self) -> int:
        """End it the polite way and give its exit code."""
        self._signal(signal.SIGTERM)
        return self.exits[-1]

    def told(self) -> str:
        """The end of what the process wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-8_000:] if self.log.exists() else ""

    def _send(self, number: signal.Signals) -> None:
        with self._watched:
            if self._process is not None and self._process.pid is not None:
                os.kill(self._process.pid, number)

    def _signal(self, number: signal.Signals) -> None:
        self._send(number)
        assert self.ended(PATIENCE_SECONDS), f"the server does not end\n{self.told()}"


#: Below those that systems give to whoever connects or asks for any: a port out of there could be taken by the time its
#: server starts, and while that is dead between two lives.
_PORTS = range(20_000, 30_000)
#: Processes that run tests side by side have neighbouring numbers; the prime lets them begin far apart.
_ports = itertools.islice(itertools.cycle(_PORTS), os.getpid() * 997 % len(_PORTS), None)


def free_port() -> int:
    """A port of this machine that nobody listens on, and that this process has not named before."""
    for port in _ports:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("there is always a next one")
