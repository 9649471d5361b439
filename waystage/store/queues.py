"""Messages that are queued and never will be sent, because their queue was cleared (api.md 4.7).

They are suppressed like those of deleted contacts (store.erasure): state 2, and a receipt above all attempts that gives
the reason. What was under way meanwhile and has been sent counts as sent all the same.
"""

from __future__ import annotations

from waystage.store.sql import SqlValue, Tx

#: Why a message is suppressed, and the number of the receipt that says so.
CLEARED = "QueueCleared"
_SUPPRESSED, _LAST_ATTEMPT = "suppressed", 1_000


def clear(tx: Tx, lane: int, version: int, now: int) -> None:
    """Suppress every message of a version that has not ended: those behind the senders' marks, and those to be retried.

    `now` is journey time in ms.
    """
    row = tx.one("SELECT min(seq) FROM mark WHERE lane = :lane AND name <> 'merge'", lane=lane)
    _clear_new(tx, lane, version, int(row[0] or 0) if row else 0, now)
    _clear_waiting(tx, "retry", lane, version, now)
    _clear_waiting(tx, "deferred", lane, version, now)


def _clear_new(tx: Tx, lane: int, version: int, after: int, now: int) -> None:
    ended = tx.dialect.look_up(
        "receipt", "r", "r.lane = :lane AND r.seq = o.seq AND r.status IN ('sent', 'failed')", optional=True
    )
    tx.run(
        "INSERT INTO receipt (lane, seq, attempt, at, status, detail)"
        f" SELECT :lane, o.seq, {_LAST_ATTEMPT}, :now, :status, :detail FROM outbox o{ended}"
        " WHERE o.lane = :lane AND o.seq > :after AND o.version = :version AND o.state = 0 AND r.seq IS NULL"
        " ON CONFLICT DO NOTHING",
        lane=lane, version=version, after=after, now=now, status=_SUPPRESSED, detail=CLEARED,
    )  # fmt: skip
    said = f"(SELECT 1 FROM receipt r WHERE r.lane = :lane AND r.seq = outbox.seq AND r.attempt = {_LAST_ATTEMPT})"
    tx.run(
        "UPDATE outbox SET state = 2"
        f" WHERE lane = :lane AND seq > :after AND version = :version AND state = 0 AND {said} IS NOT NULL",
        lane=lane, version=version, after=after,
    )  # fmt: skip


def _clear_waiting(tx: Tx, table: str, lane: int, version: int, now: int) -> None:
    """What is tried again, or waits for the end of a black-out window."""
    message = tx.dialect.look_up("outbox", "o", "o.lane = t.lane AND o.seq = t.seq")
    rows = tx.rows(
        f"SELECT t.channel, t.due, t.seq FROM {table} t{message} WHERE t.lane = :lane AND o.version = :version",
        lane=lane, version=version,
    )  # fmt: skip
    said: dict[str, SqlValue] = {"at": now, "status": _SUPPRESSED, "detail": CLEARED, "attempt": _LAST_ATTEMPT}
    tx.many(
        "INSERT INTO receipt (lane, seq, attempt, at, status, detail)"
        " VALUES (:lane, :seq, :attempt, :at, :status, :detail) ON CONFLICT DO NOTHING",
        [{"lane": lane, "seq": seq, **said} for _, _, seq in rows],
    )
    tx.many(
        "UPDATE outbox SET state = 2 WHERE lane = :lane AND seq = :seq AND state <= 0",
        [{"lane": lane, "seq": seq} for _, _, seq in rows],
    )
    tx.many(
        f"DELETE FROM {table} WHERE lane = :lane AND channel = :channel AND due = :due AND seq = :seq",
        [{"lane": lane, "channel": channel, "due": due, "seq": seq} for channel, due, seq in rows],
    )
