"""Request tokens: queries of rows that can be read on with, and where their pages begin (api.md 11.5)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.row_reads import START, Place
from waystage.store.sql import Tx

#: Expired ones that are forgotten whenever a new one is made.
_FORGET_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Token:
    """One query; `query` is its JSON text, `count` how many rows it had, `expires` in ms of real time.

    `is_sorted`: rows come by their values, not as they lie.
    """

    guid: str
    account: int
    extension: int
    query: str
    is_sorted: bool
    count: int
    expires: int


def add(tx: Tx, token: Token, real_now: int) -> None:
    """Store a token, and forget some that have expired."""
    expired = tx.rows(
        "SELECT guid FROM row_token WHERE expires <= :now ORDER BY expires LIMIT :limit",
        now=real_now, limit=_FORGET_AT_ONCE,
    )  # fmt: skip
    if expired:
        keys = [{"guid": row[0]} for row in expired]
        tx.many("DELETE FROM row_token_page WHERE token = :guid", keys)
        tx.many("DELETE FROM row_token WHERE guid = :guid", keys)
    tx.run(
        "INSERT INTO row_token (guid, account, extension, query, sorted, count, expires)"
        " VALUES (:guid, :account, :extension, :query, :sorted, :count, :expires)",
        guid=token.guid, account=token.account, extension=token.extension, query=token.query,
        sorted=int(token.is_sorted), count=token.count, expires=token.expires,
    )  # fmt: skip


def find(tx: Tx, account: int, guid: str, real_now: int) -> Token | None:
    """The token with this id, unless it has expired or is another business unit's."""
    row = tx.one(
        "SELECT guid, account, extension, query, sorted, count, expires FROM row_token"
        " WHERE guid = :guid AND account = :account AND expires > :now",
        guid=guid, account=account, now=real_now,
    )  # fmt: skip
    return None if row is None else Token(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6])


def begin_page(tx: Tx, guid: str, page: int, behind: Place) -> None:
    """Note where a page begins; it stays where it was first found."""
    tx.run(
        "INSERT INTO row_token_page (token, page, lane, contact, key) VALUES (:token, :page, :lane, :contact, :key)"
        " ON CONFLICT (token, page) DO NOTHING",
        token=guid, page=page, lane=behind.lane, contact=behind.contact, key=behind.key,
    )  # fmt: skip


def nearest_page(tx: Tx, guid: str, page: int) -> tuple[int, Place]:
    """The last page up to this one of which is known where it begins, and where that is."""
    row = tx.one(
        "SELECT page, lane, contact, key FROM row_token_page WHERE token = :token AND page <= :page"
        " ORDER BY page DESC LIMIT 1",
        token=guid, page=page,
    )  # fmt: skip
    return (1, START) if row is None else (row[0], Place(row[1], row[2], row[3]))
