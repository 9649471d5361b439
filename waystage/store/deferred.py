"""Messages that wait for the end of a black-out window, in journey time (journey-spec 3.11)."""

from __future__ import annotations

from waystage.store.sql import Tx

#: Above every number of a message.
_LAST = 2**62


def first_due(tx: Tx, lane: int) -> int | None:
    """When the first message of a lane may leave; None if none waits."""
    row = tx.one("SELECT due FROM deferred WHERE lane = :lane ORDER BY due LIMIT 1", lane=lane)
    return row[0] if row else None


def release(tx: Tx, lane: int, now: int, limit: int) -> int:
    """Hand at most `limit` messages that are due to their senders, as a first attempt due at once; how many."""
    last = tx.one(
        "SELECT due, seq FROM deferred WHERE lane = :lane AND due <= :now ORDER BY due, seq LIMIT 1 OFFSET :skipped",
        lane=lane, now=now, skipped=limit - 1,
    )  # fmt: skip
    due, seq = last or (now, _LAST)
    first = "lane = :lane AND due <= :due AND (due < :due OR seq <= :seq)"
    released = tx.run(
        "INSERT INTO retry (lane, channel, due, seq, attempt)"
        f" SELECT lane, channel, 0, seq, 1 FROM deferred WHERE {first} ON CONFLICT DO NOTHING",
        lane=lane, due=due, seq=seq,
    )  # fmt: skip
    tx.run(f"DELETE FROM deferred WHERE {first}", lane=lane, due=due, seq=seq)
    return released
