"""Imports: how far each has come, and the rows that were refused (contract 20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.store import oldest
from waystage.store.sql import Row, Tx

_COLUMNS = (
    "number, account, guid, kind, target, format, status, attempt, rows_read, rows_refused, message, started, changed,"
    " completed"
)


@dataclass(frozen=True, slots=True)
class Import:
    """One import; times in ms of real time. `attempt` counts how often its file was sent."""

    number: int
    account: int
    guid: str
    kind: str
    target: str
    format: str
    status: str
    attempt: int
    rows_read: int
    rows_refused: int
    message: str
    started: int
    changed: int
    completed: int | None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that was not stored; `place` is its number in the file, from 1."""

    place: int
    errorcode: int
    message: str


def _read(row: Row) -> Import:
    return Import(*row)


def add(tx: Tx, one: Import) -> None:
    """Store a new import; its `number` is given by the database and ignored here."""
    tx.run(
        """
        INSERT INTO import (account, guid, kind, target, format, status, attempt, rows_read, rows_refused, message,
            started, changed, completed)
        VALUES (:account, :guid, :kind, :target, :format, :status, :attempt, :rows_read, :rows_refused, :message,
            :started, :changed, :completed)
        """,
        account=one.account, guid=one.guid, kind=one.kind, target=one.target, format=one.format, status=one.status,
        attempt=one.attempt, rows_read=one.rows_read, rows_refused=one.rows_refused, message=one.message,
        started=one.started, changed=one.changed, completed=one.completed,
    )  # fmt: skip


def find(tx: Tx, account: int, guid: str) -> Import | None:
    """The import with this id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM import WHERE account = :account AND guid = :guid", account=account, guid=guid)
    return None if row is None else _read(row)


def save(tx: Tx, one: Import) -> int:
    """Store how far an import has come, unless another attempt has begun; returns how many rows there were, 0 or 1."""
    return tx.run(
        """
        UPDATE import SET status = :status, rows_read = :rows_read, rows_refused = :rows_refused, message = :message,
            changed = :changed, completed = :completed
        WHERE account = :account AND number = :number AND attempt = :attempt
        """,
        account=one.account, number=one.number, attempt=one.attempt, status=one.status, rows_read=one.rows_read,
        rows_refused=one.rows_refused, message=one.message, changed=one.changed, completed=one.completed,
    )  # fmt: skip


def begin_anew(tx: Tx, one: Import) -> None:
    """Begin the next attempt of an import, whose `attempt` is the number of it."""
    tx.run(
        """
        UPDATE import SET status = :status, attempt = :attempt, format = :format, message = '', changed = :changed,
            completed = NULL
        WHERE account = :account AND number = :number
        """,
        account=one.account, number=one.number, status=one.status, attempt=one.attempt, format=one.format,
        changed=one.changed,
    )  # fmt: skip


def page(tx: Tx, account: int, kinds: Sequence[str], limit: int, offset: int) -> tuple[int, list[Import]]:
    """How many imports of these kinds there are, and one page of them, the newest first."""
    listed = ", ".join(f":kind{place}" for place in range(len(kinds)))
    named = {f"kind{place}": kind for place, kind in enumerate(kinds)}
    condition = f"account = :account AND kind IN ({listed})"
    total = tx.one(f"SELECT count(*) FROM import WHERE {condition}", account=account, **named)
    found = tx.rows(
        f"SELECT {_COLUMNS} FROM import WHERE {condition} ORDER BY number DESC LIMIT :limit OFFSET :offset",
        account=account, limit=limit, offset=offset, **named,
    )  # fmt: skip
    return (total[0] if total else 0), [_read(row) for row in found]


def add_refused(tx: Tx, one: Import, refused: Sequence[RefusedRow]) -> None:
    """Keep these refused rows."""
    many = len(refused)
    tx.load(
        "import_refusal",
        {
            "account": ("BIGINT", [one.account] * many),
            "import": ("BIGINT", [one.number] * many),
            "place": ("BIGINT", [row.place for row in refused]),
            "errorcode": ("INTEGER", [row.errorcode for row in refused]),
            "message": ("TEXT", [row.message for row in refused]),
        },
    )


def refused_rows(tx: Tx, one: Import, limit: int, offset: int) -> tuple[int, list[RefusedRow]]:
    """How many refused rows of an import are kept, and some of them, in the order of the file."""
    condition = "account = :account AND import = :number"
    total = tx.one(f"SELECT count(*) FROM import_refusal WHERE {condition}", account=one.account, number=one.number)
    found = tx.rows(
        f"SELECT place, errorcode, message FROM import_refusal WHERE {condition} ORDER BY place"
        " LIMIT :limit OFFSET :offset",
        account=one.account, number=one.number, limit=limit, offset=offset,
    )  # fmt: skip
    return (total[0] if total else 0), [RefusedRow(*row) for row in found]


def forget_old(tx: Tx, before: int, limit: int) -> int:
    """Delete the oldest that nothing has happened to since a real instant, `limit` at most; returns how many."""
    find = "SELECT account, number FROM import WHERE changed < :before ORDER BY changed LIMIT :limit"
    deletes = (
        "DELETE FROM import_refusal WHERE account = :account AND import = :number",
        "DELETE FROM import WHERE account = :account AND number = :number",
    )
    return oldest.forget(tx, find, ("account", "number"), deletes, before, limit)
