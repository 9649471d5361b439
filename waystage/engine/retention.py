"""Forgetting what is old, in slices, when there is nothing else to do: history of passages, and answered requests."""

from __future__ import annotations

from dataclasses import dataclass, replace

from waystage.ground import clock
from waystage.store import (
    audit,
    daily,
    event_requests,
    imports,
    jobs,
    old_messages,
    retention,
    row_requests,
    simulations,
    trace,
)
from waystage.store.retention import Walk
from waystage.store.sql import Tx

#: Requests that are forgotten in one transaction.
_REQUESTS_AT_ONCE = 100
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days things are kept; None: for ever.

    History of passages that have ended, messages that were handed over or never will be, the audit, and what was asked
    for and carried out after the answer: events and rows, simulations, imports, jobs (api.md 7.3).
    """

    history: int | None = None
    messages: int | None = None
    audit: int | None = None
    requests: int = 30


FOR_EVER = Keep()


def cutoff_of(now: int, days: int, offset_minutes: int) -> int:
    """The limit for `days` of history: the begin of a day, so that there is one walk through the log for each day."""
    return daily.start_of(daily.day_of(now, offset_minutes) - days, offset_minutes)


def forget_old(tx: Tx, lane: int, cutoff: int, limit: int) -> int:
    """Look at no more than `limit` old hops of a lane and forget passages that ended before `cutoff` (ms).

    Returns how many rows were looked at: 0 means that nothing is left to do until the limit moves on, or until the log
    is merged, as only merged hops may go. Membership, counters and messages stay.
    """
    mark, last = trace.unmerged(tx, lane)
    walk = retention.walk_of(tx, lane)
    if walk.is_over:
        if cutoff <= walk.cutoff:
            return 0
        walk = Walk(cutoff)
    if last > mark:
        return 0
    found = retention.oldest(tx, lane, walk, limit)
    if found:
        retention.forget(tx, lane, [one for one in found if one.may_go])
        retention.save_walk(tx, lane, replace(walk, seq=found[-1].seq))
        return len(found)
    refusals = retention.forget_refusals(tx, lane, walk.cutoff, limit)
    if not refusals:
        retention.save_walk(tx, lane, replace(walk, is_over=True))
    return refusals


def forget_messages(tx: Tx, lane: int, cutoff: int, after: int, limit: int) -> int | None:
    """Look at the next `limit` messages of a lane behind a number and forget those from before `cutoff` (ms).

    Returns the last number that was looked at; None when those from before the limit have all been.
    """
    return old_messages.forget(tx, lane, cutoff, after, limit)


def forget_requests(tx: Tx, cutoff: int, days: int) -> int:
    """Delete the oldest requests of events and rows, and simulations, from before `cutoff` (ms); returns how many.

    Imports and jobs are dated by the real clock, so for them `days` count from now.
    """
    really = clock.real_now() - days * _DAY
    gone = imports.forget_old(tx, really, _REQUESTS_AT_ONCE) + jobs.forget_old(tx, really, _REQUESTS_AT_ONCE)
    gone += event_requests.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)
    gone += row_requests.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)
    return gone + simulations.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)


def forget_audit(tx: Tx, cutoff: int) -> int:
    """Delete the oldest entries of the audit from before `cutoff` (ms); returns how many."""
    return audit.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)
