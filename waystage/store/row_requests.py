"""Requests to write rows of a data extension after the answer (api.md 11.5): what was sent, done and refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.store import oldest
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import SqlValue, Tx


@dataclass(frozen=True, slots=True)
class RowRequest:
    """One request; `done` of its `total` rows were looked at, `refused` of them not stored.

    `kind` is insert or upsert, `status` Pending, Complete or Error. Times in ms of journey time.
    """

    guid: str
    account: int
    extension: int
    kind: str
    status: str
    total: int
    done: int
    refused: int
    called: int
    picked: int | None = None
    completed: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the row at a place (from 0) was not stored; its contact key if it brought one."""

    place: int
    contact_key: str | None
    errorcode: int
    message: str


_REQUEST = "guid, account, extension, kind, status, total, done, refused, called, picked, completed"


def add(tx: Tx, request: RowRequest, pieces: Sequence[tuple[int, str]]) -> None:
    """Store a request; a piece is the place of its first row and the JSON of its rows."""
    tx.run(
        f"INSERT INTO row_request ({_REQUEST}) VALUES (:guid, :account, :extension, :kind, :status, :total, 0, 0,"
        " :called, NULL, NULL)",
        guid=request.guid, account=request.account, extension=request.extension, kind=request.kind,
        status=request.status, total=request.total, called=request.called,
    )  # fmt: skip
    columns = {"request": "TEXT", "first": "INTEGER", "items": "TEXT"}
    tx.insert("row_request_piece", columns, [
        {"request": request.guid, "first": first, "items": items} for first, items in pieces
    ])  # fmt: skip


def find(tx: Tx, guid: str) -> RowRequest | None:
    """The request with this id."""
    row = tx.one(f"SELECT {_REQUEST} FROM row_request WHERE guid = :guid", guid=guid)
    return None if row is None else RowRequest(*row)


def unfinished(tx: Tx) -> list[str]:
    """Requests that were never finished: their process is gone."""
    return [row[0] for row in tx.rows("SELECT guid FROM row_request WHERE completed IS NULL ORDER BY called, guid")]


def piece(tx: Tx, guid: str, first: int) -> str | None:
    """The rows from this place on, as JSON."""
    row = tx.one("SELECT items FROM row_request_piece WHERE request = :guid AND first = :first", guid=guid, first=first)
    return None if row is None else str(row[0])


def note(tx: Tx, request: RowRequest, done: int, refusals: Sequence[Refusal], now: int) -> None:
    """The next rows were looked at, and what was sent of them is forgotten."""
    tx.run(
        "UPDATE row_request SET done = :done, refused = refused + :refused, picked = coalesce(picked, :now)"
        " WHERE guid = :guid",
        guid=request.guid, done=done, refused=len(refusals), now=now,
    )  # fmt: skip
    tx.run(
        "DELETE FROM row_request_piece WHERE request = :guid AND first = :first", guid=request.guid, first=request.done
    )
    columns = {"request": "TEXT", "place": "INTEGER", "account": "BIGINT", "contact_key": "TEXT",
        "errorcode": "INTEGER", "message": "TEXT"}  # fmt: skip
    rows: list[dict[str, SqlValue]] = [
        {
            "request": request.guid,
            "place": one.place,
            "account": request.account,
            "contact_key": one.contact_key,
            "errorcode": one.errorcode,
            "message": one.message,
        }
        for one in refusals
    ]
    if rows:
        tx.insert("row_refusal", columns, rows)


def end(tx: Tx, guid: str, status: str, now: int) -> None:
    """A request is over; rows that were never looked at are forgotten."""
    tx.run(
        "UPDATE row_request SET status = :status, picked = coalesce(picked, :now), completed = :now WHERE guid = :guid",
        guid=guid, status=status, now=now,
    )  # fmt: skip
    tx.run("DELETE FROM row_request_piece WHERE request = :guid", guid=guid)


def refusals(tx: Tx, guid: str, first: int, limit: int) -> dict[int, Refusal]:
    """The refused among the rows from a place on, by place."""
    rows = tx.rows(
        "SELECT place, contact_key, errorcode, message FROM row_refusal"
        " WHERE request = :guid AND place >= :first AND place < :behind",
        guid=guid, first=first, behind=first + limit,
    )  # fmt: skip
    return {row[0]: Refusal(*row) for row in rows}


def forget_contacts(tx: Tx, account: int, contact_keys: Sequence[str]) -> None:
    """What is kept of refused rows of deleted contacts quotes none of their data any more (contract 17)."""
    for chunk in chunks(sorted(contact_keys)):
        listed, values = in_list(chunk)
        tx.run(
            "UPDATE row_refusal SET contact_key = NULL, message = ''"
            f" WHERE account = :account AND contact_key IS NOT NULL AND contact_key IN {listed}",
            account=account, **values,
        )  # fmt: skip


def forget_old(tx: Tx, before: int, limit: int) -> int:
    """Delete the oldest requests that came before an instant (ms) and are over, at most `limit`; how many were."""
    find = "SELECT guid FROM row_request WHERE called < :before AND completed IS NOT NULL ORDER BY called LIMIT :limit"
    deletes = ("DELETE FROM row_refusal WHERE request = :guid", "DELETE FROM row_request WHERE guid = :guid")
    return oldest.forget(tx, find, ("guid",), deletes, before, limit)
