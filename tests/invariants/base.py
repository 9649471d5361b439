"""A database at rest, and the form of an invariant: a function that tells what is wrong with it, one text for each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from waystage.store.database import Database
from waystage.store.dialects.base import Dialect
from waystage.store.sql import Row, SqlValue


@dataclass(frozen=True)
class AtRest:
    """A database that nobody changes, so that every statement may be a snapshot of its own.

    One snapshot for everything would stand open while much is computed, which the sessions do not allow.
    """

    database: Database

    @property
    def dialect(self) -> Dialect:
        """See `Database.dialect`."""
        return self.database.dialect

    def rows(self, text: str, **values: SqlValue) -> list[Row]:
        """What a statement finds."""
        return self.database.read(lambda tx: tx.rows(text, **values)).result()

    def together(self, *texts: str) -> list[list[Row]]:
        """What several statements find in one snapshot, for what an idle engine tidies by itself."""
        return self.database.read(lambda tx: [tx.rows(text) for text in texts]).result()


Invariant = Callable[[AtRest], Iterator[str]]

#: How many offenders are named; the others are like them.
SHOWN = 5


@contextmanager
def at_rest(database_url: str) -> Iterator[AtRest]:
    """Open a database that nobody changes."""
    database = Database(database_url)
    try:
        yield AtRest(database)
    finally:
        database.close()


def nothing(base: AtRest, what: str, text: str, **values: SqlValue) -> Iterator[str]:
    """Tell of the rows that a statement finds, where it must find none."""
    if found := base.rows(f"{text} LIMIT {SHOWN}", **values):
        yield f"{what}: {found}"


def few(things: Any) -> list[Any]:
    """The first of many offenders, the same ones in every run."""
    return sorted(things, key=repr)[:SHOWN]
