"""A user's Citus cluster in the place of the tests' own PostgreSQL server: `make test-citus CITUS_DSN=…`.

To spread a database takes seconds, so databases are emptied and used again. Their tables hold then what a new database
holds but for the rows that say how many lanes it has: those are written by whoever migrates it next.
"""

import itertools
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from waystage.ground.lanes import SPREAD
from waystage.store import migrate, spreading
from waystage.store.database import Database
from waystage.store.dialects import citus
from waystage.store.sql import Tx

#: A few parts are enough to cross their borders, and are made sooner.
SHARDS = 4
#: Rows that `migrate` writes once it knows how many lanes there are.
_FIRST_ROWS = {"meta", "lease", "lane_counter"}


class CitusCluster:
    """See tests.postgresql.PostgresqlServer; the cluster itself is the user's."""

    def __init__(self, dsn: str) -> None:
        """`dsn` is the coordinator's, of a database with the extension, by a user who may make databases."""
        self._dsn = dsn
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._made: list[str] = []
        self._rows: dict[str, list[Any]] = {}
        citus.SHARDS = SHARDS
        migrate._patiently = partial(_with_first_rows, migrate._patiently)

    def start(self) -> None:
        """See PostgresqlServer.start."""

    def discard(self) -> None:
        """Remove the databases that were made."""
        for url in self._made:
            name = _name(url)
            for node in self._nodes():
                self._run(node, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, database: str = "postgres") -> str:
        """See PostgresqlServer.url."""
        return _of(self._dsn, database)

    def create_database(self, lanes: int = 0) -> str:
        """A spread database without accounts, always with as many lanes as a cluster has."""
        if self._free:
            return self._free.pop()
        name = f"waystage_test_{next(self._numbers)}"
        nodes = self._nodes()
        for node in nodes:
            self._run(node, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            self._run(node, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            self._run(_of(node, name), sql.SQL(citus.EXTENSION))
        url = self.url(name)
        with psycopg.connect(url, autocommit=True) as connection:
            first, *others = map(urlsplit, nodes)
            connection.execute("SELECT citus_set_coordinator_host(%s, %s)", (first.hostname, first.port))
            for other in others:
                connection.execute("SELECT citus_add_node(%s, %s)", (other.hostname, other.port))
        database = Database(url)
        spreading.spread(database)
        database.close()
        self._made.append(url)
        self._empty(url)
        return url

    def drop_database(self, url: str) -> None:
        """Keep it for the next one who wants a database."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (_name(url),)
            )
        self._empty(url)
        self._free.append(url)

    def _empty(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")
            tables = [row[0] for row in connection.execute("SELECT CAST(table_name AS TEXT) FROM citus_tables")]
            tables = [table.strip('"') for table in tables if table != "migration"]
            if url not in self._rows:
                kept = {table: _rows(connection, table) for table in tables if table not in _FIRST_ROWS}
                self._rows[url] = [(table, rows) for table, rows in kept.items() if rows]
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
            for table, rows in self._rows[url]:
                values = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
                for row in rows:
                    connection.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier(table), values), row)

    def _nodes(self) -> list[str]:
        """The coordinator's address and those of the others, in this order."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            found = connection.execute("SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0").fetchall()
        parts = urlsplit(self._dsn)
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        others = [urlunsplit(parts._replace(netloc=f"{user}{host}:{port}")) for host, port in found]
        return [self._dsn, *others]

    def _run(self, url: str, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)


def _name(url: str) -> str:
    return urlsplit(url).path.strip("/")


def _of(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _rows(connection: psycopg.Connection[Any], table: str) -> list[Any]:
    return connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()


def _with_first_rows(make: Any, database: Database, known: Any, lanes: int | None) -> list[str]:
    """What stands in for the making of a database: it has been emptied instead."""

    def write(tx: Tx) -> None:
        if tx.one("SELECT 1 FROM meta") is None:
            migrate._first_rows(tx, lanes or SPREAD)

    made: list[str] = make(database, known, lanes)
    database.write(write).result()
    return made
