"""Other programs that keep work in a database take the same contacts through the same five steps, as they advise it.

They are no dependencies: `make bench` installs them (the dependency group `bench`), else this part tells how to.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import dataclass

import msgspec

from waystage.bench import documents
from waystage.bench.scene import expect
from waystage.bench.stores import POSTGRESQL, SQLITE, Store, fresh


@dataclass(frozen=True, slots=True)
class Rival:
    """A program: its package, our module that runs the journey with it, and the stores that it knows.

    `least` is by how much we promise to be faster (design 2); 0: nothing is promised.
    """

    name: str
    package: str
    module: str
    stores: tuple[str, ...]
    least: float = 0


DBOS = Rival("DBOS", "dbos", "waystage.bench.rival_dbos", (SQLITE, POSTGRESQL), least=100)
QUEUE = Rival("procrastinate", "procrastinate", "waystage.bench.rival_queue", (POSTGRESQL,))
RIVALS = (DBOS, QUEUE)


class _Told(msgspec.Struct):
    """What the process of a rival writes."""

    seconds: float
    cpu: float
    sent: int
    gold: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run; `cpu` seconds of the program and of the database's server."""

    rival: str
    store: str
    contacts: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Steps a second."""
        return documents.STEPS * self.contacts / self.seconds


def is_here(rival: Rival) -> bool:
    """Whether its package is installed."""
    return importlib.util.find_spec(rival.package) is not None


def measure(rival: Rival, store: Store, contacts: int) -> Run:
    """Take so many contacts through the journey; each must have been sent the e-mail that its data ask for."""
    with fresh(store) as url:
        before = store.spent()
        command = [sys.executable, "-m", rival.module, url, str(contacts)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - our own module
        told = msgspec.json.decode(done.stdout, type=_Told)
        expect(f"messages of {rival.name}", (told.sent, told.gold), (contacts, documents.chosen(contacts)))
        return Run(rival.name, store.name, contacts, told.seconds, told.cpu + store.spent() - before)
