"""One worker against several on one PostgreSQL: real `waystage worker` processes share the lanes (issue F, 4).

Everybody waits, the lanes are shared out, and then the clock is moved to the instant at which all are due. Measured is
from there until every lane has said that it is at rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from waystage.bench import documents
from waystage.bench.cores import spent_by_family
from waystage.bench.engine import Say
from waystage.bench.scene import WrongOutcomeError, environment, expect, fill, scene
from waystage.bench.stores import Store, fresh
from waystage.bootstrap import Built, build
from waystage.ground import clock
from waystage.ground.settings import load
from waystage.store import processes, statistics
from waystage.store.processes import API, WORKER

COMMAND = (sys.executable, "-m", "waystage", "worker", "--log-level", "warning")
#: Seconds within which workers have shared the lanes out.
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Shared:
    """Runs with so many workers: seconds until everybody has moved, and of processor time that the workers used."""

    store: str
    workers: int
    contacts: int
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Contacts a second."""
        return self.contacts / median(self.seconds)


def compare(store: Store, contacts: int, rounds: int, say: Say, *, lanes: int | None) -> tuple[Shared, Shared]:
    """One worker and two, in turn."""
    one, two = (Shared(store.name, number, contacts) for number in (1, 2))
    for number in range(1, rounds + 1):
        for shared in (one, two):
            seconds, cpu = _run(store, contacts, shared.workers, lanes)
            shared.seconds.append(seconds)
            shared.cpu.append(cpu)
        say(f"{store.name} workers, round {number}: one {one.seconds[-1]:.2f} s, two {two.seconds[-1]:.2f} s")
    return one, two


def _run(store: Store, contacts: int, workers: int, lanes: int | None) -> tuple[float, float]:
    with fresh(store) as url:
        with scene(url, documents.PLAIN, lanes=lanes) as made:
            version, definition, end = made.version, made.definition, made.end
        with _started(url, workers) as pids, _door(url) as built:
            _share_out(built, workers)
            fill(built.database, definition, contacts)
            built.everywhere.settle().result()
            store.come_to_rest(url)
            before, started = sum(map(spent_by_family, pids)), clock.stopwatch()
            built.everywhere.advance(end).result()
            seconds, cpu = clock.stopwatch() - started, sum(map(spent_by_family, pids)) - before
            totals = built.database.read(lambda tx: statistics.totals(tx, version)).result()
            expect("ended", sum(n for name, n in totals.items() if name.startswith("ended:")), contacts)
    return seconds, cpu


@contextmanager
def _started(url: str, workers: int) -> Iterator[list[int]]:
    """So many workers; they are told to end afterwards, and waited for."""
    with ExitStack() as stack:
        running = []
        for _ in range(workers):
            process = subprocess.Popen(COMMAND, env={**os.environ, **environment(url)}, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
            stack.callback(process.wait)
            stack.callback(process.terminate)
            running.append(process.pid)
        yield running


@contextmanager
def _door(url: str) -> Iterator[Built]:
    """What answers requests, in this process: it moves nobody."""
    built = build(load(environment(url)), API)
    try:
        yield built
    finally:
        built.close()


def _share_out(built: Built, workers: int) -> None:
    """Wait until every worker has its share of the lanes; WrongOutcomeError."""
    end = clock.stopwatch() + _PATIENCE
    while clock.stopwatch() < end:
        living = built.database.read(processes.everybody).result()
        held = [one.lanes for one in living if one.process.role == WORKER]
        lanes = built.database.read(lambda tx: tx.lanes).result()
        if len(held) == workers and sum(held) == lanes and max(held) - min(held) <= 1:
            return
        clock.pause(0.2)
    raise WrongOutcomeError(f"{workers} workers did not share the lanes out within {_PATIENCE:.0f} s")
