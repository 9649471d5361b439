"""Forgetting what is old, in slices, when there is nothing else to do: history of passages, and answered requests."""

from __future__ import annotations

from dataclasses import replace

from waystage.store import daily, event_requests, retention, row_requests, simulations, trace
from waystage.store.retention import Walk
from waystage.store.sql import Tx

#: Days for which requests that are carried out after the answer are kept (api.md 7.3).
REQUEST_DAYS = 30
#: Requests that are forgotten in one transaction.
_REQUESTS_AT_ONCE = 100


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


def forget_requests(tx: Tx, cutoff: int) -> int:
    """Delete the oldest requests of events and rows, and simulations, from before `cutoff` (ms); returns how many."""
    gone = event_requests.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)
    gone += row_requests.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)
    return gone + simulations.forget_old(tx, cutoff, _REQUESTS_AT_ONCE)
