"""A migrated database for the tests of definitions and contact data: the same calls on each kind, the same rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.store.sql import Tx

T = TypeVar("T")

ACCOUNT = 1
OTHER_ACCOUNT = 2
NOW = 1_767_225_600_000


@dataclass(frozen=True)
class Store:
    """One database, its transactions waited for."""

    database: Database

    def write(self, job: Callable[[Tx], T]) -> T:
        return self.database.write(job).result()

    def read(self, job: Callable[[Tx], T]) -> T:
        return self.database.read(job).result()


def opened(url: str, lanes: int = 8) -> Iterator[Store]:
    """Open, migrate and at the end close a new database."""
    database = Database(url)
    try:
        migrate(database, lanes)
        yield Store(database)
    finally:
        database.close()
