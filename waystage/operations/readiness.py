"""Whether this process can serve: the database answers and has every table that the program knows; what waits in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waystage.store import inbox, migrate, outbox
from waystage.store.sql import Tx

#: An inbox id holds the real ms of its acceptance above so many bits (ground.ids.InboxNumbers).
_ACCEPTED_SHIFT = 20


class Backlog(NamedTuple):
    """The age in seconds of the oldest event that is not taken in (0: none), and queued messages by channel."""

    inbox_age: float
    queued: dict[str, int]


def schema_is_current(tx: Tx) -> bool:
    """Tell whether every schema file has been applied; raises what the database raises when it does not answer."""
    return migrate.is_current(tx)


def backlog(tx: Tx, channels: Sequence[str], real_now: int) -> Backlog:
    """What waits for the engine and for the sender."""
    oldest = inbox.oldest(tx)
    age = 0.0 if oldest is None else max(0, real_now - (oldest >> _ACCEPTED_SHIFT)) / 1000
    return Backlog(age, {channel: outbox.queued(tx, channel) for channel in channels})
