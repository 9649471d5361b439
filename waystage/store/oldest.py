"""Forgetting the oldest of what was asked for and carried out, in whichever table."""

from __future__ import annotations

from waystage.store.sql import Tx


def forget(tx: Tx, find: str, keys: tuple[str, ...], deletes: tuple[str, ...], before: int, limit: int) -> int:
    """Delete what `find` gives of before an instant (:before, ms), at most :limit; returns how many those were.

    `keys` name its columns, by which each of `deletes` finds its rows.
    """
    old = [dict(zip(keys, row, strict=True)) for row in tx.rows(find, before=before, limit=limit)]
    if old:
        for statement in deletes:
            tx.many(statement, old)
    return len(old)
