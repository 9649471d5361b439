"""Who hands over what lies in a lane by one way out: whoever was replaced can record nothing more (design 3.6).

The row is no part of the lease, which every batch changes: sender and engine would collide all the time.
"""

from __future__ import annotations

from collections.abc import Mapping

from waystage.store.sql import Tx


def claim(tx: Tx, way: str, epochs: Mapping[int, int]) -> None:
    """Whoever holds these lanes, each under the epoch of its lease, sends from now on."""
    tx.many(
        "INSERT INTO sender (lane, way, epoch) VALUES (:lane, :way, :epoch)"
        " ON CONFLICT (lane, way) DO UPDATE SET epoch = CASE WHEN sender.epoch > excluded.epoch THEN sender.epoch"
        " ELSE excluded.epoch END",
        [{"lane": lane, "way": way, "epoch": epoch} for lane, epoch in sorted(epochs.items())],
    )


def still_sends(tx: Tx, lane: int, way: str, epoch: int) -> bool:
    """Whether nobody else has begun to send meanwhile; also keeps others from it until this transaction ends."""
    touched = tx.run(
        "UPDATE sender SET epoch = epoch WHERE lane = :lane AND way = :way AND epoch = :epoch",
        lane=lane, way=way, epoch=epoch,
    )  # fmt: skip
    return touched == 1
