"""Applies the numbered schema files, each once, in order; what was applied is recorded in the same transaction.

A new database is made in one transaction. Later files are applied one by one while other processes work, so each is a
short transaction that does not wait long for locks and is tried again; two programs may do it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from waystage.ground import clock, log
from waystage.ground.lanes import lane_numbers
from waystage.store.database import Database
from waystage.store.schema_files import SchemaFile, files_of, known_files
from waystage.store.sql import Tx

_RECORD = (
    "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)"
)
#: Whoever works with a table may hold on to it for a while; it is asked for again after so many seconds, so often.
_PAUSE_SECONDS = 0.5
_TRIES = 600
_TOLD_EVERY = 20


def migrate(database: Database, lanes: int | None = None, *, more: Path | None = None) -> list[str]:
    """Bring the database up to date; returns the names of the files applied now.

    `lanes` counts only for a new database: their number is fixed when it is made (design 3.1). `more` is a folder of
    further schema files, applied after those of the program.
    """
    known = [*known_files(), *(files_of(more) if more is not None else ())]
    fresh = _patiently(database, known, lanes)
    return [name for name in fresh or _one_by_one(database, known) if name]


def _patiently(database: Database, known: Sequence[SchemaFile], lanes: int | None) -> list[str]:
    """Make a new database; nothing if it is there already."""
    if database.read(_has_record).result():
        return []
    return database.write(lambda tx: _make(tx, known, lanes)).result()


def _has_record(tx: Tx) -> bool:
    return "meta" in tables_of(tx)


def _make(tx: Tx, known: Sequence[SchemaFile], lanes: int | None) -> list[str]:
    tx.run(_RECORD)
    if tx.one("SELECT 1 FROM migration LIMIT 1") is not None:  # another program was quicker
        return []
    for file in known:
        _apply(tx, file)
    _first_rows(tx, lanes or tx.dialect.default_lanes)
    return [file.name for file in known]


def _one_by_one(database: Database, known: Sequence[SchemaFile]) -> list[str]:
    done = database.read(_done).result()
    return [file.name for file in known if file.number not in done and _apply_to_a_living_one(database, file)]


def _apply_to_a_living_one(database: Database, file: SchemaFile) -> bool:
    """Apply one file while others work; False if another program was quicker."""
    for attempt in range(1, _TRIES + 1):
        try:
            return database.write(lambda tx: _apply_once(tx, file)).result()
        except Exception as error:
            if not database.is_transient(error) or attempt == _TRIES:
                raise
            if attempt % _TOLD_EVERY == 0:
                log.logger("migrate").warning("waiting for a lock", file=file.name, reason=str(error).strip())
        clock.pause(_PAUSE_SECONDS)
    raise AssertionError("unreachable")


def _apply_once(tx: Tx, file: SchemaFile) -> bool:
    if file.number in _done(tx):
        return False
    if (brief := tx.dialect.wait_briefly()) is not None:
        tx.run(brief)
    _apply(tx, file)
    return True


def _apply(tx: Tx, file: SchemaFile) -> None:
    """The record comes first: its key lets only one program pass, the other sees the file as applied afterwards."""
    tx.run(
        "INSERT INTO migration (number, name, applied) VALUES (:number, :name, :applied)",
        number=file.number, name=file.name, applied=clock.real_now(),
    )  # fmt: skip
    for statement in file.statements(tx.dialect.schema_words):
        tx.run(statement)


def _done(tx: Tx) -> set[int]:
    return {row[0] for row in tx.rows("SELECT number FROM migration")}


def _first_rows(tx: Tx, lanes: int) -> None:
    tx.run("INSERT INTO meta (one, lanes, made) VALUES (1, :lanes, :made)", lanes=lanes, made=clock.real_now())
    tx.many(
        "INSERT INTO lease (lane, owner, epoch, until, instances, effects, hops, remarks)"
        " VALUES (:lane, '', 0, 0, 1, 1, 1, 1)",
        [{"lane": lane} for lane in lane_numbers(lanes)],
    )
    tx.many(
        "INSERT INTO lane_counter (lane, name, next) VALUES (:lane, :name, 1)",
        [{"lane": lane, "name": name} for lane in lane_numbers(lanes) for name in ("contact", "row")],
    )


def rehearse(tx: Tx, lanes: int) -> None:
    """Bring the database up to date in a transaction that is to be taken back."""
    known = known_files()
    _make(tx, known, lanes)
    for file in known:
        _apply_once(tx, file)


def tables_of(tx: Tx) -> set[str]:
    """The names of the tables that a database has."""
    return {row[0] for row in tx.rows(tx.dialect.tables())}


def is_current(tx: Tx) -> bool:
    """Whether every schema file known here has been applied (readiness)."""
    done = _done(tx)
    return all(file.number in done for file in known_files())


def newer(tx: Tx) -> list[str]:
    """The names of the files that a newer program has applied; this one runs on beside it."""
    known = {file.number for file in known_files()}
    return [
        name for number, name in tx.rows("SELECT number, name FROM migration ORDER BY number") if number not in known
    ]


def number_of(tx: Tx) -> int:
    """The number of the last schema file that has been applied."""
    return max(_done(tx), default=0)


def known_number() -> int:
    """The number of the last schema file of this program."""
    return known_files()[-1].number
