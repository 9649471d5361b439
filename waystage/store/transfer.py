"""One snapshot of a database to read from, and one transaction in which another is filled: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from waystage.ground import clock, identity
from waystage.store import leases, processes
from waystage.store.dialects import files
from waystage.store.dialects.drivers import driver_for
from waystage.store.sql import Tx


def key_file_of(url: str) -> Path | None:
    """Where the key for stored secrets lies, if the database is embedded."""
    return driver_for(url).key_file


@contextmanager
def snapshot(url: str) -> Iterator[Tx]:
    """One unchanging view of a database; FileNotFoundError if there is none."""
    file = files.file_of(url)
    if file is not None and not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    connection = driver_for(url).connect(write=False) if file is None else files.reading(file)
    with closing(connection):
        yield connection.begin(write=False)


@contextmanager
def filling(url: str) -> Iterator[Tx]:
    """One transaction, committed at the end; if anything fails the database is as it was."""
    with closing(driver_for(url).connect(write=True)) as connection:
        tx = connection.begin(write=True)
        yield tx
        if (statement := tx.dialect.learn_sizes()) is not None:
            tx.run(statement)
        connection.commit()


def living(tx: Tx) -> list[str]:
    """The processes that work with a database, as far as it and this machine can know."""
    real = tx.dialect.real_time()
    now = int(tx.rows(f"SELECT {real}")[0][0]) if real is not None else clock.real_now()
    names = {one.process.name for one in processes.everybody(tx) if one.until > now}
    names |= {one.owner for one in leases.holders(tx) if one.owner and one.until > now}
    return sorted(name for name in names if not identity.is_gone(name))
