"""Signing keys, sealed (contract 16)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key; `sealed` is its secret, encrypted. Times in ms of real time."""

    account: int
    key: str
    sealed: str
    created: int
    modified: int


def save(tx: Tx, one: SigningKey) -> None:
    """Store a key, or another secret for it; an existing one keeps the time at which it was made."""
    tx.run(
        """
        INSERT INTO signing_key (account, key_folded, key, sealed, created, modified)
        VALUES (:account, :folded, :key, :sealed, :created, :modified)
        ON CONFLICT (account, key_folded)
        DO UPDATE SET key = excluded.key, sealed = excluded.sealed, modified = excluded.modified
        """,
        account=one.account, folded=one.key.casefold(), key=one.key, sealed=one.sealed, created=one.created,
        modified=one.modified,
    )  # fmt: skip


def find(tx: Tx, account: int, key: str) -> SigningKey | None:
    """The key with this name in any letter case."""
    row = tx.one(
        "SELECT account, key, sealed, created, modified FROM signing_key"
        " WHERE account = :account AND key_folded = :folded",
        account=account, folded=key.casefold(),
    )  # fmt: skip
    return None if row is None else SigningKey(*row)


def remove(tx: Tx, account: int, key: str) -> int:
    """Delete a key; returns how many there were, 0 or 1."""
    return tx.run(
        "DELETE FROM signing_key WHERE account = :account AND key_folded = :folded",
        account=account, folded=key.casefold(),
    )  # fmt: skip


def page(tx: Tx, account: int, limit: int, offset: int) -> tuple[int, list[SigningKey]]:
    """How many keys there are, and one page of them, by name."""
    total = tx.one("SELECT count(*) FROM signing_key WHERE account = :account", account=account)
    found = tx.rows(
        "SELECT account, key, sealed, created, modified FROM signing_key WHERE account = :account"
        " ORDER BY key_folded LIMIT :limit OFFSET :offset",
        account=account, limit=limit, offset=offset,
    )  # fmt: skip
    return (total[0] if total else 0), [SigningKey(*row) for row in found]


def everything(tx: Tx) -> list[SigningKey]:
    """Every key of every business unit."""
    rows = tx.rows("SELECT account, key, sealed, created, modified FROM signing_key ORDER BY account, key_folded")
    return [SigningKey(*row) for row in rows]
