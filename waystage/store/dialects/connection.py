"""What a database module must be able to do: connect, begin and end transactions, and tell errors apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from waystage.store.dialects.base import Dialect
from waystage.store.sql import Tx

T = TypeVar("T")


class TransactionLost(RuntimeError):
    """More was undone than the job that failed: SQLite does so when it finds no room or cannot write."""


class Connection(Protocol):
    """One connection as `store.database` uses it: transactions are begun and ended here and nowhere else."""

    def begin(self, *, write: bool) -> Tx:
        """Open a transaction, or a read snapshot."""
        ...

    def commit(self) -> None:
        """Make it durable."""
        ...

    def rollback(self) -> None:
        """Undo everything since `begin`."""
        ...

    def guarded(self, job: Callable[[Tx], T], tx: Tx) -> T:
        """Run `job`; if it raises, undo only what it did and raise on (a savepoint)."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Ear(Protocol):
    """Hears what other processes of the database say (a hint only: whoever misses it finds out by polling)."""

    def hear(self, seconds: float) -> list[str]:
        """Wait at most so long; what was said meanwhile."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Mouth(Protocol):
    """Says something to all processes of the database."""

    def say(self, word: str) -> None:
        """At once, without waiting for the disk."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Driver(Protocol):
    """How to reach one database."""

    @property
    def dialect(self) -> Dialect:
        """In what the database differs."""
        ...

    @property
    def key_file(self) -> Path | None:
        """A file beside the database for the key that secrets are encrypted with; None where there is no such place."""
        ...

    def connect(self, *, write: bool, step: bool = False, at: str | None = None) -> Connection:
        """A new connection; `step` tunes it for batches, `at` is another address of the same database."""
        ...

    def address_of(self, lane: int) -> str | None:
        """Where a lane lies, if that is another place than others; None if there is but one."""
        ...

    def ear(self) -> Ear | None:
        """A connection that hears; None where there is only one process."""
        ...

    def mouth(self) -> Mouth | None:
        """A connection that says; None where there is only one process."""
        ...

    def is_transient(self, error: Exception) -> bool:
        """Whether the same work may succeed when it is tried again."""
        ...

    def is_bad_row(self, error: Exception) -> bool:
        """Whether a statement failed on the values of some row, so that a smaller batch may pass (design 8.21)."""
        ...
