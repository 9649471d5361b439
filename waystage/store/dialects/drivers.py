"""Which driver a database address asks for."""

from __future__ import annotations

from waystage.store.dialects.connection import Driver
from waystage.store.dialects.postgresql import PostgresqlDriver
from waystage.store.dialects.sqlite import SqliteDriver

#: The address of a database that one connection alone sees, and that is gone with it; nobody configures it.
SCRATCH = "scratch:"


def driver_for(url: str) -> Driver:
    """The driver for `sqlite:///path` (relative) or `sqlite:////path` (absolute), or `postgresql://…`.

    Raises ValueError with a sentence for any other address.
    """
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return SqliteDriver(url.removeprefix("sqlite:///"))
    if url == SCRATCH:
        return SqliteDriver("", lasting=False)
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresqlDriver(url)
    raise ValueError(f"a database address begins with sqlite:/// or postgresql://, not {url!r}")
