"""The background side of simulations: one after the other, each in a process of its own (contract 21; design 8.22).

A process of its own, because a simulation is busy in Python for seconds: beside it, in this one, events would wait for
the interpreter's lock, and its memory would stay. It is killed when it takes too long, and when this process ends; what
was not over is run again by the next one.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from waystage.ground import log
from waystage.ground.clock import Clock
from waystage.operations import simulations
from waystage.operations.background import Claims
from waystage.operations.simulate import MOST_SECONDS
from waystage.operations.simulation_report import Outcome, broken, too_long
from waystage.store import claims
from waystage.store import simulations as stored
from waystage.store.database import Database
from waystage.store.sql import Tx

#: Real seconds after which a process is ended that has not ended itself.
_PATIENCE = MOST_SECONDS * 1.5
_ATTEMPTS = 2
_OUTCOME = msgspec.json.Decoder(Outcome)


@dataclass(slots=True)
class Simulations:
    """Runs what was asked for. `command` is a program that reads a task and writes an outcome, both JSON."""

    database: Database
    clock: Clock
    command: Sequence[str]
    claims: Claims
    ended: Callable[[], object] = lambda: None
    """Called after each."""
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="simulate"))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: subprocess.Popen[bytes] | None = None
    _closing: bool = False

    def start(self, account: int, guid: str) -> None:
        """Run a simulation when those before it are over."""
        self.claims.begin(claims.SIMULATION, _named(account, guid))
        with suppress(RuntimeError):  # closed meanwhile; the next start resumes it
            self._thread.submit(self._run, account, guid)

    def resume(self) -> None:
        """Run what processes that are gone were asked for and did not finish."""
        for thing in self.claims.free(claims.SIMULATION, _pending):
            account, _, guid = thing.partition(":")
            self.start(int(account), guid)

    def close(self) -> None:
        """End the one that runs, without an outcome, and begin no other."""
        with self._lock:
            self._closing = True
            if self._running is not None:
                self._running.kill()
        self._thread.shutdown(cancel_futures=True)

    def _run(self, account: int, guid: str) -> None:
        thing = _named(account, guid)
        try:
            if not self.database.write(
                lambda tx: self.claims.take(tx, claims.SIMULATION, thing), awaited=False
            ).result():
                return
            task = self.database.read(lambda tx: stored.task_of(tx, account, guid)).result()
            if task is None or (outcome := self._outcome(task.encode(), guid)) is None:
                return
            now = self.clock.now()
            self.database.write(lambda tx: simulations.end(tx, account, guid, outcome, now), awaited=False).result()
        except Exception:  # noqa: BLE001 - the database is away or closed; the next start runs it again
            log.logger("simulation").exception("a simulation could not be run", simulation=guid)
        finally:
            self.claims.end(claims.SIMULATION, thing)

    def _outcome(self, task: bytes, guid: str) -> Outcome | None:
        """What comes of a task; None if this process ends first."""
        for _ in range(_ATTEMPTS):
            try:
                text = self._ask(task)
                return None if self._closing else _OUTCOME.decode(text)
            except subprocess.TimeoutExpired:
                return Outcome("failed", [too_long(_PATIENCE)])
            except (OSError, msgspec.DecodeError) as error:
                if self._closing:
                    return None
                log.logger("simulation").error("the process of a simulation broke", simulation=guid, error=str(error))
        return Outcome("failed", [broken()])

    def _ask(self, task: bytes) -> bytes:
        """What the program writes; OSError if it ends otherwise than it should."""
        with self._lock:
            if self._closing:
                return b""
            process = self._running = subprocess.Popen(  # noqa: S603 - the command is the program's own
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        try:
            text, errors = process.communicate(task, _PATIENCE)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise OSError(
                f"exit code {process.returncode}: {log.without_values(errors.decode(errors='replace'))[-500:]}"
            )
        return text


def _named(account: int, guid: str) -> str:
    return f"{account}:{guid}"


def _pending(tx: Tx) -> list[str]:
    return [_named(account, guid) for account, guid in stored.pending(tx)]
