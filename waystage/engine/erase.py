"""Forgetting deleted contacts: at once what is found by its key, and their messages slice by slice (contract 17).

Messages are looked through from the newest to the oldest, so what is not sent yet is met first; an index by contact
would cost every message that is ever written.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from waystage.engine.lane import Batch
from waystage.engine.plans import Plans
from waystage.store import erasure
from waystage.store.timers import TimerKind

#: Messages that are looked through in one batch.
_SLICE = 20_000
#: The timer belongs to no version.
_NO_VERSION = 0


class Job(msgspec.Struct, array_like=True):
    """Contacts whose messages up to a number are still to be emptied."""

    upto: int
    contacts: list[int]


_JOBS = msgspec.json.Decoder(list[Job])


def begin(batch: Batch, meant: Sequence[tuple[int, int, bool]]) -> None:
    """Forget contacts (account, number, whether deleted still) of this lane whose passages have ended.

    Who was made anew meanwhile keeps what has been stored since.
    """
    tx, lane = batch.tx, batch.number
    numbers = [number for _, number, _ in meant]
    if not numbers:
        return
    for account in sorted({account for account, _, _ in meant}):
        still = [number for owner, number, deleted in meant if deleted and owner == account]
        erasure.forget_profiles(tx, lane, account, still, batch.now)
    erasure.forget_passages(tx, lane, numbers)
    erasure.drop_retries(tx, lane, numbers)
    newest = Job(batch.lease.effects - 1, numbers)
    _look_through(batch, newest)
    _keep(batch, [*_jobs(batch), newest])


def go_on(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """The next slice of the oldest job; see engine.timers."""
    jobs = _jobs(batch)
    if jobs:
        _look_through(batch, jobs[0])
    _keep(batch, jobs)


def _look_through(batch: Batch, job: Job) -> None:
    after = erasure.slice_below(batch.tx, batch.number, job.upto, _SLICE)
    erasure.forget_messages(batch.tx, batch.number, job.contacts, after, job.upto, batch.now)
    job.upto = after


def _jobs(batch: Batch) -> list[Job]:
    text = batch.cursor(TimerKind.ERASE, _NO_VERSION)
    return _JOBS.decode(text) if text else []


def _keep(batch: Batch, jobs: Sequence[Job]) -> None:
    left = [job for job in jobs if job.upto > 0]
    if left:
        batch.set_timer(TimerKind.ERASE, _NO_VERSION, batch.now, msgspec.json.encode(left).decode())
    elif batch.timer(TimerKind.ERASE, _NO_VERSION) is not None:
        batch.drop_timer(TimerKind.ERASE, _NO_VERSION)
