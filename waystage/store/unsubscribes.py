"""From which lists of a channel contacts want nothing more (journey-spec 8.8, contract 25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waystage.store.sql import Tx

#: Stands for all channels: the contact is deleted.
EVERY_CHANNEL: Final = ""


class Unsubscribe(NamedTuple):
    """One wish: nothing more by `channel` from a list, 0 standing for everything; since `at` (ms)."""

    channel: str
    list_id: int
    at: int


def add(tx: Tx, lane: int, contact: int, wish: Unsubscribe) -> None:
    """Keep a wish; the first one says since when."""
    tx.run(
        "INSERT INTO unsubscribed (lane, contact, channel, list_id, at)"
        " VALUES (:lane, :contact, :channel, :list, :at) ON CONFLICT DO NOTHING",
        lane=lane, contact=contact, channel=wish.channel, list=wish.list_id, at=wish.at,
    )  # fmt: skip


def of_contact(tx: Tx, lane: int, contact: int) -> list[Unsubscribe]:
    """Every wish of a contact, by channel and list."""
    rows = tx.rows(
        "SELECT channel, list_id, at FROM unsubscribed WHERE lane = :lane AND contact = :contact"
        " AND channel <> :every ORDER BY channel, list_id",
        lane=lane, contact=contact, every=EVERY_CHANNEL,
    )  # fmt: skip
    return [Unsubscribe(*row) for row in rows]


def remove(tx: Tx, lane: int, contact: int, channel: str | None, list_id: int | None) -> int:
    """Take wishes back, of one channel or list or of all; returns how many there were."""
    tests = "".join([
        " AND channel = :channel" if channel is not None else "",
        " AND list_id = :list" if list_id is not None else "",
    ])  # fmt: skip
    values = {name: one for name, one in (("channel", channel), ("list", list_id)) if one is not None}
    return tx.run(
        f"DELETE FROM unsubscribed WHERE lane = :lane AND contact = :contact{tests}",
        lane=lane, contact=contact, **values,
    )  # fmt: skip


def bar(tx: Tx, lane: int, contacts: Sequence[int], now: int) -> None:
    """Deleted contacts get nothing by any channel; their wishes go."""
    forget(tx, lane, contacts)
    tx.many(
        "INSERT INTO unsubscribed (lane, contact, channel, list_id, at) VALUES (:lane, :contact, :every, 0, :now)",
        [{"lane": lane, "contact": contact, "every": EVERY_CHANNEL, "now": now} for contact in sorted(contacts)],
    )


def forget(tx: Tx, lane: int, contacts: Sequence[int]) -> None:
    """Whatever is kept here of these contacts goes."""
    tx.many(
        "DELETE FROM unsubscribed WHERE lane = :lane AND contact = :contact",
        [{"lane": lane, "contact": contact} for contact in sorted(contacts)],
    )
