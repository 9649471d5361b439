"""Messages that are forgotten after a time, with what became of them (WAYSTAGE_MESSAGE_DAYS)."""

from __future__ import annotations

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx

#: A message is over when it was captured or suppressed, or its newest receipt is one of these words.
_OVER = "SELECT 1 FROM receipt r WHERE r.lane = :lane AND r.seq = outbox.seq AND r.status IN ('sent', 'failed')"


def forget(tx: Tx, lane: int, cutoff: int, after: int, limit: int) -> int | None:
    """Delete those of the next `limit` messages behind `after` that are over and were written before `cutoff` (ms).

    Returns the last number that was looked at, None if the rest is younger. What people did with a message stays.
    """
    rows = tx.rows(
        "SELECT seq, at FROM outbox WHERE lane = :lane AND seq > :after ORDER BY seq LIMIT :limit",
        lane=lane, after=after, limit=limit,
    )  # fmt: skip
    old = [seq for seq, at in rows if at < cutoff]
    for chunk in chunks(old):
        listed, values = in_list(chunk)
        these = f"lane = :lane AND seq IN {listed}"
        tx.run(f"DELETE FROM outbox WHERE {these} AND (state > 0 OR EXISTS ({_OVER}))", lane=lane, **values)
        left = "SELECT 1 FROM outbox o WHERE o.lane = :lane AND o.seq = receipt.seq"
        tx.run(f"DELETE FROM receipt WHERE {these} AND NOT EXISTS ({left})", lane=lane, **values)
    return old[-1] if old else None
