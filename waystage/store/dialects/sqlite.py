"""SQLite through apsw: one file, one writer thread, write-ahead log, every commit on the disk before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar, TypeVar

import apsw

from waystage.store.dialects.connection import Connection, TransactionLost
from waystage.store.sql import NOBODY, Loaded, Row, SqlValue, Tx
from waystage.store.work import ARRIVING, MOMENT, WORK

T = TypeVar("T")

#: Pages of 4 KiB that the writer keeps in memory (64 MiB); readers keep less.
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 8_192
#: What one that does not last keeps in memory (512 MiB) before it goes on in a file of its own.
_SCRATCH_CACHE_KIB = 524_288
#: Checkpoint when the log holds this many pages (64 MiB): often enough to bound it, rarely enough to stay cheap.
_CHECKPOINT_PAGES = 16_384

#: Rows of one statement when many are loaded: its text stays short enough to be kept prepared.
_LOADED_ROWS = 500

_COLUMNS = {"position": "INTEGER PRIMARY KEY", "json": "BLOB"}
_WORK_TABLES = (
    f"CREATE TEMP TABLE arriving ({ARRIVING.format(**_COLUMNS)}, UNIQUE (contact_key))",
    f"CREATE TEMP TABLE work ({WORK.format(**_COLUMNS)})",
    f"CREATE TEMP TABLE moment ({MOMENT}) WITHOUT ROWID",
)


class SqliteDialect:
    """See `dialects.base.Dialect`."""

    name = "sqlite"
    default_lanes = 1
    separate_stepper = False
    many_processes = False
    drops_later_arrivals = True
    schema_words: ClassVar[dict[str, str]] = {
        "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "json": "BLOB",
        "clustered": "WITHOUT ROWID",
        "work_tables": "",
        "moment_table": "",
        "searched_texts": ", name_folded, description_folded",
        "narrow_versions": "",
    }

    def json_in(self, text: str) -> str:
        """See `Dialect.json_in`."""
        return f"jsonb({text})"

    def json_out(self, stored: str) -> str:
        """See `Dialect.json_out`."""
        return f"json({stored})"

    def json_text(self, stored: str, name: str) -> str:
        """See `Dialect.json_text`."""
        return f"({stored} ->> {name})"

    def json_integer(self, stored: str, name: str) -> str:
        """See `Dialect.json_integer`."""
        return f"({stored} ->> {name})"

    def member(self, name: str) -> str:
        """See `Dialect.member`; a name that looks like a path is written as one."""
        return f'$."{name}"' if name.startswith(("$", "[")) else name

    def json_merge(self, base: str, change: str) -> str:
        """See `Dialect.json_merge`."""
        return f"jsonb_patch({base}, {change})"

    def json_array(self, items: Sequence[str]) -> str:
        """See `Dialect.json_array`."""
        return f"jsonb_array({', '.join(items)})"

    def json_object(self, members: Sequence[tuple[str, str]]) -> str:
        """See `Dialect.json_object`."""
        return f"jsonb_object({', '.join(f'{name}, {value}' for name, value in members)})"

    def fold(self, text: str) -> str:
        """See `Dialect.fold`."""
        return f"lower({text})"

    def contains(self, text: str, part: str) -> str:
        """See `Dialect.contains`."""
        return f"(instr({text}, {part}) > 0)"

    def position(self) -> str:
        """The working set lies in memory and numbers its rows itself."""
        return "NULL"

    def clear(self, working_set: str) -> str:
        """One lane on a file, so the whole set goes at once, which also starts the numbers anew."""
        return f"DELETE FROM {working_set}"

    def json_of(self, value: str) -> str:
        """See `Dialect.json_of`."""
        return f"json_quote({value})"

    def look_up(self, table: str, alias: str, condition: str, *, optional: bool = False, across: bool = False) -> str:
        """See `Dialect.look_up`; CROSS JOIN keeps the order as written."""
        return f" {'LEFT' if optional else 'CROSS'} JOIN {table} {alias} ON {condition}"

    def delete_keys(self, table: str, key: Sequence[tuple[str, str]], source: str) -> str:
        """See `Dialect.delete_keys`."""
        columns, values = ", ".join(column for column, _ in key), ", ".join(value for _, value in key)
        return f"DELETE FROM {table} WHERE lane = :lane AND ({columns}) IN (SELECT {values} {source})"

    def numbers_of(self, text: str) -> str:
        """See `Dialect.numbers_of`."""
        return f"(SELECT key AS name, value AS number FROM json_each({text}))"

    def texts_of(self, text: str) -> str:
        """See `Dialect.texts_of`."""
        return f"(SELECT value AS one FROM json_each({text}))"

    def hexadecimal(self, number: str, width: int) -> str:
        """See `Dialect.hexadecimal`."""
        return f"printf('%0{width}x', {number})"

    def touch(self) -> str:
        """One writer, and each of its commits is written out in order: nothing is left to wait for."""
        return "SELECT 1"

    def text_of(self, number: str) -> str:
        """See `Dialect.text_of`."""
        return f"CAST({number} AS TEXT)"

    def real_time(self) -> str | None:
        """See `Dialect.real_time`."""
        return None

    def go_on_numbering(self, table: str, column: str) -> None:
        """See `Dialect.go_on_numbering`; it does so by itself."""

    def learn_sizes(self) -> None:
        """See `Dialect.learn_sizes`; statements are written so that it needs none."""

    def tables(self) -> str:
        """See `Dialect.tables`."""
        return "SELECT name FROM sqlite_master WHERE type = 'table'"

    def wait_briefly(self) -> None:
        """See `Dialect.wait_briefly`."""


class SqliteTx:
    """See `store.sql.Tx`."""

    def __init__(self, connection: apsw.Connection, dialect: SqliteDialect, lanes: int) -> None:
        self._connection = connection
        self.dialect = dialect
        self.lanes = lanes
        self.statements = 0
        self.actor = NOBODY

    def rows(self, text: str, **values: SqlValue) -> list[Row]:
        """See `Tx.rows`."""
        self.statements += 1
        return self._connection.execute(text, values).fetchall()

    def one(self, text: str, **values: SqlValue) -> Row | None:
        """See `Tx.one`."""
        self.statements += 1
        cursor = self._connection.execute(text, values)
        row = cursor.fetchone()
        cursor.close()
        return row

    def run(self, text: str, **values: SqlValue) -> int:
        """See `Tx.run`."""
        self.statements += 1
        before = self._connection.total_changes()
        self._connection.execute(text, values).fetchall()
        return self._connection.total_changes() - before

    def many(self, text: str, rows: Iterable[Mapping[str, SqlValue]]) -> None:
        """See `Tx.many`."""
        self.statements += 1
        self._connection.executemany(text, (dict(row) for row in rows)).fetchall()

    def insert(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, SqlValue]]) -> None:
        """See `Tx.insert`."""
        values = [self.dialect.json_in(f":{name}") if kind == "JSON" else f":{name}" for name, kind in columns.items()]
        self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)})", rows)

    def load(self, table: str, columns: Mapping[str, Loaded], conflict: str = "") -> None:
        """Many rows to a statement: it runs without Python's lock, which row by row would have to be taken back.

        What is left over goes row by row, so that there are two statements to keep and not one for each length.
        """
        values = ", ".join(self.dialect.json_in("?") if kind == "JSON" else "?" for kind, _ in columns.values())
        one = f"({values})"
        text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {{}} {conflict}"
        rows = list(zip(*(values for _, values in columns.values()), strict=True))
        whole = len(rows) - len(rows) % _LOADED_ROWS
        for start in range(0, whole, _LOADED_ROWS):
            self.statements += 1
            piece = rows[start : start + _LOADED_ROWS]
            self._connection.execute(text.format(", ".join([one] * _LOADED_ROWS)), tuple(chain.from_iterable(piece)))
        self.statements += 1
        self._connection.executemany(text.format(one), rows[whole:]).fetchall()


class SqliteConnection:
    """See `dialects.base.Connection`."""

    def __init__(self, connection: apsw.Connection, dialect: SqliteDialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._lanes: int | None = None

    def _lane_count(self) -> int:
        """Fixed when the database is made (design 3.1), so read once per connection."""
        if self._lanes is None:
            known = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
            row = known and self._connection.execute("SELECT lanes FROM meta").fetchone()
            if not row:
                return self._dialect.default_lanes
            self._lanes = int(row[0])
        return self._lanes

    def begin(self, *, write: bool) -> Tx:
        """See `Connection.begin`."""
        self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        return SqliteTx(self._connection, self._dialect, self._lane_count())

    def commit(self) -> None:
        """See `Connection.commit`."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """See `Connection.rollback`."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def guarded(self, job: Callable[[Tx], T], tx: Tx) -> T:
        """See `Connection.guarded`."""
        self._connection.execute("SAVEPOINT job")
        try:
            result = job(tx)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise TransactionLost("the database has undone the whole transaction") from error
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            raise
        self._connection.execute("RELEASE job")
        return result

    def close(self) -> None:
        """See `Connection.close`."""
        self._connection.close()


class SqliteDriver:
    """See `dialects.base.Driver`."""

    def __init__(self, path: str, *, lasting: bool = True) -> None:
        """`lasting`: what is committed outlives a crash of the machine; what does not last has no name."""
        self.path = path
        self.lasting = lasting
        self.key_file = Path(f"{path}.key")
        self.dialect = SqliteDialect()

    def address_of(self, lane: int) -> str | None:
        """See `Driver.address_of`."""
        return None

    def connect(self, *, write: bool, step: bool = False, at: str | None = None) -> Connection:
        """See `Driver.connect`."""
        connection = apsw.Connection(self.path, statementcachesize=500)
        connection.set_busy_timeout(10_000)
        connection.pragma("journal_mode", "wal" if self.lasting else "memory")
        connection.pragma("synchronous", "full" if self.lasting else "off")
        cache = _WRITER_CACHE_KIB if write else _READER_CACHE_KIB
        connection.pragma("cache_size", -(cache if self.lasting else _SCRATCH_CACHE_KIB))
        connection.pragma("temp_store", "memory")
        connection.pragma("foreign_keys", "on")
        connection.wal_autocheckpoint(_CHECKPOINT_PAGES)
        if write:
            for statement in _WORK_TABLES:
                connection.execute(statement)
        else:
            connection.pragma("query_only", "on")
        return SqliteConnection(connection, self.dialect)

    def ear(self) -> None:
        """See `Driver.ear`."""

    def mouth(self) -> None:
        """See `Driver.mouth`."""

    def is_transient(self, error: Exception) -> bool:
        """Another process of the same user held the file for longer than the busy time-out."""
        return isinstance(error, apsw.BusyError | apsw.LockedError)

    def is_bad_row(self, error: Exception) -> bool:
        """See `Driver.is_bad_row`."""
        if isinstance(error, apsw.SQLError):
            return any(words in str(error) for words in ("malformed JSON", "integer overflow"))
        return isinstance(error, apsw.ConstraintError | apsw.MismatchError | apsw.TooBigError)
