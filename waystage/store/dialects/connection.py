"""What a database module must be able to do: connect, begin and end transactions, and tell errors apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from waystage.store.dialects.base import Dialect
from waystage.store.sql import Tx

T = TypeVar("T")


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

    def connect(self, *, write: bool, step: bool = False) -> Connection:
        """A new connection; `step` tunes it for batches."""
        ...

    def is_transient(self, error: Exception) -> bool:
        """Whether the same work may succeed when it is tried again."""
        ...

    def is_bad_row(self, error: Exception) -> bool:
        """Whether a statement failed on the values of some row, so that a smaller batch may pass (design 8.21)."""
        ...
