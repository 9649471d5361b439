"""The figures of the database for `GET /metrics` and `waystage doctor`: what waits, for how long, and who is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from waystage.ground import meters
from waystage.ground.meters import MOST_COUNTED, DueSeat, Labels, Metric, Samples
from waystage.store import figures
from waystage.store.sql import Tx

#: An inbox id holds the real ms of its acceptance above so many bits (ground.ids.InboxNumbers).
_ACCEPTED_SHIFT = 20


@dataclass(frozen=True, slots=True)
class Instants:
    """The present: of the real clock, and of journeys, in ms."""

    real: int
    journey: int


@dataclass(frozen=True, slots=True)
class Known:
    """What this process knows without asking: ways out, where somebody is due, how far messages were handed over."""

    channels: Iterable[str]
    due: Iterable[DueSeat]
    passed: Mapping[tuple[int, str], int]


def read(tx: Tx, known: Known, now: Instants) -> dict[Metric, Samples]:
    """Every figure that is read from the database; channels that have a way out are shown though nothing left by it."""
    names = sorted({*known.channels, *figures.channels(tx)})
    outbox = figures.outbox(tx, names, known.passed, MOST_COUNTED)
    retries, deferred = (figures.again(tx, table, MOST_COUNTED) for table in ("retry", "deferred"))
    inbox = figures.inbox(tx, MOST_COUNTED)
    nothing: dict[Labels, float] = {(name,): 0.0 for name in names}
    return {
        meters.INBOX_ROWS: {(): inbox.count},
        meters.INBOX_AGE: {(): inbox_age(inbox.oldest, now.real)},
        meters.OUTBOX_QUEUED: {(name,): one.count for name, one in outbox.items()},
        meters.OUTBOX_AGE: {(name,): age(one.oldest, now.journey) for name, one in outbox.items()},
        meters.RETRIES_WAITING: nothing | {(name,): one.count for name, one in retries.items()},
        meters.DEFERRED: nothing | {(name,): one.count for name, one in deferred.items()},
        meters.PENDING_CALLS: {(): figures.pending_calls(tx, MOST_COUNTED)},
        meters.DUE_CONTACTS: {(): figures.due(tx, known.due, MOST_COUNTED)},
        meters.LANES_FREE: {(): figures.lanes_without_owner(tx, now.real)},
        meters.PROCESSES: {(role,): count for role, count in figures.living(tx, now.real).items()},
    }


def inbox_age(oldest: int | None, real_now: int) -> float:
    """The seconds for which the oldest event has waited; 0 where none does."""
    return age(None if oldest is None else oldest >> _ACCEPTED_SHIFT, real_now)


def age(since: int | None, now: int) -> float:
    """Seconds from an instant until now; 0 without one."""
    return 0.0 if since is None else max(0, now - since) / 1000
