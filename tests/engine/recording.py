"""A database that remembers what the engine asks of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from waystage.store.database import Database
from waystage.store.dialects.base import Dialect
from waystage.store.sql import NOBODY, Actor, Loaded, Row, SqlValue, Tx

T = TypeVar("T")

Statement = tuple[str, dict[str, SqlValue]]


@dataclass
class Recorded:
    """One transaction of the engine: its statements with the values of the first run of each text."""

    inner: Tx
    texts: list[Statement] = field(default_factory=list)
    actor: Actor = NOBODY

    @property
    def dialect(self) -> Dialect:
        return self.inner.dialect

    @property
    def lanes(self) -> int:
        return self.inner.lanes

    @property
    def statements(self) -> int:
        return self.inner.statements

    def rows(self, text: str, **values: SqlValue) -> list[Row]:
        self.texts.append((text, values))
        return self.inner.rows(text, **values)

    def one(self, text: str, **values: SqlValue) -> Row | None:
        self.texts.append((text, values))
        return self.inner.one(text, **values)

    def run(self, text: str, **values: SqlValue) -> int:
        self.texts.append((text, values))
        return self.inner.run(text, **values)

    def many(self, text: str, rows: Iterable[Mapping[str, SqlValue]]) -> None:
        listed = [dict(row) for row in rows]
        self.texts.extend((text, values) for values in listed[:1])
        self.inner.many(text, listed)

    def insert(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, SqlValue]]) -> None:
        self.inner.insert(table, columns, rows)

    def load(self, table: str, columns: Mapping[str, Loaded], conflict: str = "") -> None:
        self.inner.load(table, columns, conflict)


class RecordingDatabase(Database):
    """Keeps every transaction of the engine in `recorded`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.recorded: list[Recorded] = []

    def step(self, job: Callable[[Tx], T], lane: int | None = None) -> T:
        def recorded(tx: Tx) -> T:
            one = Recorded(tx)
            self.recorded.append(one)
            return job(one)

        return super().step(recorded, lane)

    def take(self) -> list[Recorded]:
        """What was recorded since the last call."""
        taken, self.recorded = self.recorded, []
        return taken
