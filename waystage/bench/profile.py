"""Where the engine's time goes: seconds by kind of statement, with commits, and what is left to Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from waystage.ground import clock
from waystage.store.database import Database
from waystage.store.dialects.base import Dialect
from waystage.store.sql import Loaded, Row, SqlValue, Tx

T = TypeVar("T")

_VERB = re.compile(r"(INSERT INTO|DELETE FROM|UPDATE|SELECT)\s+(\w+)?")
_SOURCE = re.compile(r"\bFROM\s+(\w+)")


@dataclass(slots=True)
class Ledger:
    """Seconds and calls by kind of statement."""

    seconds: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)
    """One statement of each kind, to look at its plan."""

    def add(self, kind: str, seconds: float) -> None:
        """One more call."""
        self.seconds[kind] += seconds  # type: ignore[assignment]  # a counter of floats
        self.calls[kind] += 1

    def clear(self) -> None:
        """Forget what was before the measured time."""
        self.seconds.clear()
        self.calls.clear()


@lru_cache(maxsize=4096)
def kind_of(text: str) -> str:
    """What a statement does, to which table, from which: `INSERT outbox < work`."""
    found = _VERB.search(text.lstrip())
    if found is None:
        return text.split(maxsplit=1)[0]
    verb = found[1].split()[0]
    source = _SOURCE.search(text, found.end())
    table = "" if verb == "SELECT" else f" {found[2]}"
    return f"{verb}{table}" + (f" < {source[1]}" if source and source[1] != found[2] else "")


class TimedTx:
    """A transaction that keeps the time of its statements; see `store.sql.Tx`."""

    def __init__(self, inner: Tx, ledger: Ledger) -> None:
        self._inner = inner
        self.actor = inner.actor
        self._ledger = ledger

    @property
    def dialect(self) -> Dialect:
        """See `Tx.dialect`."""
        return self._inner.dialect

    @property
    def lanes(self) -> int:
        """See `Tx.lanes`."""
        return self._inner.lanes

    @property
    def statements(self) -> int:
        """See `Tx.statements`."""
        return self._inner.statements

    def rows(self, text: str, **values: SqlValue) -> list[Row]:
        """See `Tx.rows`."""
        return self._timed(text, lambda: self._inner.rows(text, **values))

    def one(self, text: str, **values: SqlValue) -> Row | None:
        """See `Tx.one`."""
        return self._timed(text, lambda: self._inner.one(text, **values))

    def run(self, text: str, **values: SqlValue) -> int:
        """See `Tx.run`."""
        return self._timed(text, lambda: self._inner.run(text, **values))

    def many(self, text: str, rows: Iterable[Mapping[str, SqlValue]]) -> None:
        """See `Tx.many`."""
        self._timed(text, lambda: self._inner.many(text, rows))

    def insert(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, SqlValue]]) -> None:
        """See `Tx.insert`."""
        self._timed(f"insert {table}", lambda: self._inner.insert(table, columns, rows))

    def load(self, table: str, columns: Mapping[str, Loaded], conflict: str = "") -> None:
        """See `Tx.load`."""
        self._timed(f"load {table}", lambda: self._inner.load(table, columns, conflict))

    def _timed(self, text: str, work: Callable[[], T]) -> T:
        started = clock.stopwatch()
        try:
            return work()
        finally:
            kind = kind_of(text)
            self._ledger.add(kind, clock.stopwatch() - started)
            self._ledger.texts.setdefault(kind, text)


def watch(database: Database) -> Ledger:
    """Keep the time of every batch of the engine from now on."""
    ledger = Ledger()
    step = database.step

    def watched(job: Callable[[Tx], Any], lane: int | None = None) -> Any:
        inside: list[float] = []

        def timed(tx: Tx) -> Any:
            began = clock.stopwatch()
            before = sum(ledger.seconds.values())
            result = job(TimedTx(tx, ledger))
            spent = clock.stopwatch() - began
            inside.append(spent)
            ledger.add("python between statements", spent - (sum(ledger.seconds.values()) - before))
            return result

        started = clock.stopwatch()
        result = step(timed, lane)
        ledger.add("begin, commit, hand-over", clock.stopwatch() - started - sum(inside))
        return result

    # An attribute of the instance hides the method, whoever built the database.
    vars(database)["step"] = watched
    return ledger
