"""A database of its own for a moment: the engine's own code runs in it, and nothing of it lasts (contract 21, 26)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from waystage.store.database import Database
from waystage.store.dialects.drivers import SCRATCH
from waystage.store.migrate import migrate


@contextmanager
def scratch_database() -> Iterator[Database]:
    """An empty database with one lane; it is gone when the context ends."""
    with TemporaryDirectory(prefix="waystage-", ignore_cleanup_errors=True) as folder:
        database = Database(f"{SCRATCH}{Path(folder) / 'scratch.db'}")
        try:
            migrate(database, 1)
            yield database
        finally:
            database.close()
