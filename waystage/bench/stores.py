"""The stores that are measured: each gives fresh, empty databases and takes them away again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import apsw
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from waystage.bench.servers import SERVER_SETTINGS, Server, database_name

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_SUFFIXES = ("", "-wal", "-shm")


class Store(Protocol):
    """One kind of database."""

    @property
    def name(self) -> str:
        """For reports."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """How the server is set up, for the report."""
        ...

    def database(self) -> str:
        """Make an empty database; gives its address."""
        ...

    def come_to_rest(self, url: str) -> None:
        """Write what the store still owes to its tables, so that every measurement begins alike."""
        ...

    def tidy(self, url: str) -> None:
        """Do what the server itself does some minutes after many rows were written."""
        ...

    def spent(self) -> float:
        """Seconds of processor time that a server of this run has used; 0 if there is none, or it cannot be known."""
        ...

    def drop(self, url: str) -> None:
        """Remove a database."""
        ...

    def close(self) -> None:
        """Remove everything."""
        ...


class SqliteStore:
    """Files in a folder of their own."""

    name = SQLITE
    settings: Mapping[str, str] = {"sqlite": apsw.sqlite_lib_version(), "journal_mode": "wal", "synchronous": "full"}

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="waystage-bench-", dir=folder))

    def database(self) -> str:
        """See `Store.database`."""
        return f"sqlite:///{self._folder / database_name()}.db"

    def come_to_rest(self, url: str) -> None:
        """See `Store.come_to_rest`."""
        connection = apsw.Connection(url.removeprefix("sqlite:///"))
        connection.set_busy_timeout(10_000)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.close()

    def tidy(self, url: str) -> None:
        """See `Store.tidy`; a file is left as it is."""

    def spent(self) -> float:
        """See `Store.spent`; all happens in the measuring process."""
        return 0.0

    def drop(self, url: str) -> None:
        """See `Store.drop`."""
        for suffix in _SUFFIXES:
            Path(url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """See `Store.close`."""
        shutil.rmtree(self._folder, ignore_errors=True)


class PostgresqlStore:
    """Databases of one server: a given one, or one started for this run."""

    name = POSTGRESQL

    def __init__(self, dsn: str | None = None, folder: Path | None = None) -> None:
        self._server = None if dsn else Server(folder)
        self._admin = dsn or (self._server.url if self._server else "")
        self.settings: Mapping[str, str] = self._shown()

    def database(self) -> str:
        """See `Store.database`."""
        name = database_name()
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return _with_database(self._admin, name)

    def come_to_rest(self, url: str) -> None:
        """See `Store.come_to_rest`; a server that forbids checkpoints to this account is left as it is."""
        with psycopg.connect(url, autocommit=True) as connection:
            try:
                connection.execute("CHECKPOINT")
            except psycopg.errors.InsufficientPrivilege:
                return

    def tidy(self, url: str) -> None:
        """See `Store.tidy`; what autovacuum does."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def spent(self) -> float:
        """See `Store.spent`."""
        return self._server.spent() if self._server is not None else 0.0

    def drop(self, url: str) -> None:
        """See `Store.drop`."""
        name = str(conninfo_to_dict(url)["dbname"])
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        """See `Store.close`."""
        if self._server is not None:
            self._server.close()

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(statement)

    def _shown(self) -> Mapping[str, str]:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            names = ("server_version", *SERVER_SETTINGS)
            rows = {name: connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in names}
        return {name: str(row[0]) for name, row in rows.items() if row}


def _with_database(url: str, name: str) -> str:
    """The same server, another database, as an address that settings accept."""
    parts = conninfo_to_dict(url)
    user = parts.get("user") or ""
    password = f":{parts['password']}" if parts.get("password") else ""
    host = str(parts.get("host") or "")
    if host.startswith("/"):
        return f"postgresql://{user}{password}@/{name}?host={host}"
    return f"postgresql://{user}{password}@{host or 'localhost'}:{parts.get('port') or 5432}/{name}"


@contextmanager
def opened(names: str, dsn: str | None, folder: Path | None = None) -> Iterator[list[Store]]:
    """The stores that `--store` names: sqlite, postgresql or both."""
    with ExitStack() as stack:
        stores: list[Store] = []
        if names in {SQLITE, "both"}:
            stores.append(SqliteStore(folder))
            stack.callback(stores[-1].close)
        if names in {POSTGRESQL, "both"}:
            stores.append(PostgresqlStore(dsn, folder))
            stack.callback(stores[-1].close)
        yield stores


@contextmanager
def fresh(store: Store) -> Iterator[str]:
    """The address of an empty database that is gone afterwards."""
    url = store.database()
    try:
        yield url
    finally:
        store.drop(url)
