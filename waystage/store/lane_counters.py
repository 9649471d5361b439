"""Numbers that are handed out lane by lane: no serial, no sequence, so a lane can live anywhere (design 3.5)."""

from __future__ import annotations

from waystage.store.sql import Tx


def take(tx: Tx, lane: int, name: str, count: int) -> int:
    """Reserve `count` numbers of counter `name` and return the first; a rolled back transaction gives them back."""
    row = tx.rows(
        """
        INSERT INTO lane_counter (lane, name, next) VALUES (:lane, :name, 1 + :count)
        ON CONFLICT (lane, name) DO UPDATE SET next = lane_counter.next + :count
        RETURNING next
        """,
        lane=lane,
        name=name,
        count=count,
    )[0]
    return int(row[0]) - count


def peek(tx: Tx, lane: int, name: str) -> int:
    """The number that would be handed out next."""
    row = tx.one("SELECT next FROM lane_counter WHERE lane = :lane AND name = :name", lane=lane, name=name)
    return int(row[0]) if row else 1
