"""A database of its own for a moment: the engine's own code runs in it, and nothing of it lasts (contract 21, 26).

It lies in memory, and in a file that nobody sees where it outgrows that. Everything runs on the caller's thread, one
piece after the other: nobody else has work for it, and handing work to another thread takes longer than most of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from waystage.ground.meters import Meters
from waystage.store.database import Database
from waystage.store.dialects.base import Dialect
from waystage.store.dialects.connection import Connection, Driver
from waystage.store.dialects.drivers import SCRATCH, driver_for
from waystage.store.migrate import migrate
from waystage.store.sql import NOBODY, Actor, Tx

T = TypeVar("T")


class Scratch(Database):
    """See `store.database.Database`; for one thread."""

    def __init__(self) -> None:
        """Connect to an empty database; no threads, so nothing of the class above is set up."""
        self._driver: Driver = driver_for(SCRATCH)
        self._connection: Connection = self._driver.connect(write=True, step=True)
        self.requests = self.losses = 0
        self.meters = Meters()

    @property
    def dialect(self) -> Dialect:
        """See `Database.dialect`."""
        return self._driver.dialect

    @property
    def key_file(self) -> Path | None:
        """Nothing is kept."""
        return None

    def write(self, job: Callable[[Tx], T], *, awaited: bool = True, actor: Actor = NOBODY) -> Future[T]:
        """See `Database.write`."""
        return self.in_turn(job)

    def step(self, job: Callable[[Tx], T], lane: int | None = None) -> T:
        """See `Database.step`."""
        try:
            result = job(self._connection.begin(write=True))
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        return result

    def in_turn(self, job: Callable[[Tx], T], lane: int | None = None) -> Future[T]:
        """See `Database.in_turn`; done when it returns."""
        future: Future[T] = Future()
        future.set_result(self.step(job))
        return future

    def flush(self, losses: int) -> Future[Any]:
        """See `Database.flush`; nothing lasts here."""
        return self.in_turn(lambda tx: None)

    def read(self, job: Callable[[Tx], T]) -> Future[T]:
        """See `Database.read`."""
        return self.in_turn(job)

    def close(self) -> None:
        """Let go; nothing is left of it."""
        self._connection.close()


@contextmanager
def scratch_database() -> Iterator[Scratch]:
    """An empty database with one lane; it is gone when the context ends."""
    database = Scratch()
    try:
        migrate(database, 1)
        yield database
    finally:
        database.close()
