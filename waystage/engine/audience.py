"""Audiences: the rows of a data extension enter a version, slice by slice, when it is time (journey-spec 2.5, 2.7).

One evaluation sees the rows that there were when it began. How far it has come stands in its timer.
"""

from __future__ import annotations

import msgspec

from waystage.engine import admit
from waystage.engine.lane import NEVER, Batch
from waystage.engine.plans import Plans, Running
from waystage.ground import log
from waystage.plan.audiences import Audience, matching
from waystage.plan.plans import Plan
from waystage.spec.moments import iso_z
from waystage.spec.schedules import Schedule
from waystage.store import audiences, batches, remarks, timers
from waystage.store.audiences import Chosen, Place
from waystage.store.timers import TimerKind

_AUDIENCE = TimerKind.AUDIENCE


class Progress(msgspec.Struct, omit_defaults=True):
    """What a version's timer remembers. Rows numbered up to `seen` are not new to it; None: all are.

    While an evaluation runs: `upto` is the newest row that there was when it began, `first` the number of the first
    passage that it may have started, `contact` and `key` the place behind the last row that was looked at.
    """

    seen: int | None = None
    upto: int | None = None
    first: int = 0
    contact: int = 0
    key: str = ""


#: Made while there is one thread: msgspec learns a type at its first use, and two threads at that end in a segfault.
_PROGRESS = msgspec.json.Decoder(Progress)


def first_due(plan: Plan, published: int, now: int) -> int | None:
    """When the audience of a version published at this instant is evaluated first; None if only a signal does that."""
    audience = plan.entry.audience
    if audience is None or (audience.schedule is None and not audience.on_publish):
        return None
    due = published if audience.schedule is None else audience.schedule.next_after(published - 1)
    if due is None:
        log.logger("engine").warning("the schedule of an audience is over before it begins", version=plan.version)
    return due


def arrange(batch: Batch, running: Running) -> None:
    """Set the timer of a version that has none; what is new to it counts from now (journey-spec 2.5).

    A timer of a schedule that was changed since then goes to its next occurrence.
    """
    audience, version = running.plan.entry.audience, running.plan.version
    if audience is None:
        return
    due = batch.timer(_AUDIENCE, version)
    if due is None:
        first = first_due(running.plan, running.published, batch.now)
        definition = running.plan.entry.event_definition
        seen = None if audience.reset_mark else audiences.mark(batch.tx, batch.number, definition)
        _set(batch, version, NEVER if first is None else first, Progress(seen))
    elif audience.schedule is not None and (due == NEVER or due != _next(audience.schedule, due)):
        following, progress = _next(audience.schedule, batch.now + 1), _progress(batch, version)
        if following != due and progress.upto is None:
            _set(batch, version, following, progress)


def signal(batch: Batch, running: Running) -> None:
    """The automation of a version's audience has completed: evaluate it now, unless that is still going on.

    A pause keeps the signal only for an audience of new rows (journey-spec 8.6).
    """
    audience, version = running.plan.entry.audience, running.plan.version
    if audience is None or not audience.on_signal or (running.status == "Paused" and not audience.new_only):
        return
    progress = _progress(batch, version)
    if progress.upto is None:
        _set(batch, version, batch.now, progress)
    else:
        _note_skipped(version, batch.now)


def evaluate(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """Look at about `limit` rows of the audience that is due and let in whom entry rules and filters allow."""
    running = plans.version(version)
    audience = running.plan.entry.audience if running is not None else None
    due, progress = batch.timer(_AUDIENCE, version) or batch.now, _progress(batch, version)
    if running is None or audience is None:
        # A timer that is there is not set anew: what was evaluated once, stays evaluated.
        _set(batch, version, NEVER, progress)
        return
    if progress.upto is None:
        due = _outside_pause(running, audience, due)
        if due <= batch.now:
            progress = _begin(batch, progress)
    if progress.upto is not None and _enter_slice(batch, plans, running, audience, due, progress, limit):
        audiences.set_mark(batch.tx, batch.number, running.plan.entry.event_definition, progress.upto)
        due, progress = _following(version, audience, due, batch.now), Progress(progress.upto)
    _set(batch, version, due, progress)


def skip_first(batch: Batch, plans: Plans, version: int, message: str) -> None:
    """Pass over the next row of an evaluation, which no statement can digest, and say so (design 8.21)."""
    tx, lane, running = batch.tx, batch.number, plans.version(version)
    audience = running.plan.entry.audience if running is not None else None
    due, progress = batch.timer(_AUDIENCE, version) or batch.now, _progress(batch, version)
    if audience is None:
        _set(batch, version, NEVER, progress)
        return
    if progress.upto is None:
        progress = _begin(batch, progress)
    end = audiences.slice_end(tx, lane, audience.extension, Place(progress.contact, progress.key), 1)
    if end != audiences.END:
        remarks.note_lost_event(tx, lane, batch.use(remarks=1)["remarks"] + 1, batch.now, end.contact, message)
    progress.contact, progress.key = end.contact, end.key
    _set(batch, version, due, progress)


def _outside_pause(running: Running, audience: Audience, due: int) -> int:
    """When to evaluate instead of an instant inside the last pause, which uses it up (contract 29).

    If the pause retains entries and only new rows are meant, all its occurrences become one (journey-spec 8.6).
    """
    pause = running.pause
    if pause is None or pause.resumed is None or not pause.since < due < pause.resumed:
        return due
    if pause.retain and audience.new_only:
        return due
    return _next(audience.schedule, pause.resumed)


def _begin(batch: Batch, progress: Progress) -> Progress:
    upto = audiences.newest(batch.tx, batch.number)
    return Progress(progress.seen, upto, batch.lease.instances, audiences.START.contact, audiences.START.key)


def _enter_slice(
    batch: Batch, plans: Plans, running: Running, audience: Audience, due: int, progress: Progress, limit: int
) -> bool:
    """Let the next slice enter and move on; whether it was the last."""
    tx, lane = batch.tx, batch.number
    start, chosen = Place(progress.contact, progress.key), _chosen(running, audience, due, progress)
    if chosen.since >= chosen.upto:
        return True
    end = audiences.slice_end(tx, lane, audience.extension, start, limit)
    before = batch.lease.instances - 1
    found = audiences.gather(tx, lane, audience, (start, end), chosen, before)
    if found:
        since = progress.first if start.key else None
        admit.enter(batch, plans, running, found, since=since, repeats=audience.repeats)
        batches.clear(tx, lane, "arriving")
    progress.contact, progress.key = end.contact, end.key
    return end == audiences.END


def _chosen(running: Running, audience: Audience, due: int, progress: Progress) -> Chosen:
    seen = progress.seen if audience.new_only and progress.seen is not None else -1
    if audience.date_rule is None:
        return Chosen(seen, progress.upto or 0)
    return Chosen(seen, progress.upto or 0, matching(audience.date_rule, due, running.plan.offset_minutes))


def _following(version: int, audience: Audience, due: int, now: int) -> int:
    """When the audience is evaluated next. Days are all made up for; other occurrences that are past are skipped."""
    following = _next(audience.schedule, due + 1)
    if following >= now or audience.date_rule is not None:
        return following
    _note_skipped(version, following)
    return _next(audience.schedule, now)


def _next(schedule: Schedule | None, since: int) -> int:
    """The first occurrence at an instant or after it."""
    found = schedule.next_after(since - 1) if schedule is not None else None
    return NEVER if found is None else found


def _note_skipped(version: int, due: int) -> None:
    log.logger("engine").warning(
        "an audience is not evaluated, as its last evaluation was not over", version=version, due=iso_z(due)
    )


def _progress(batch: Batch, version: int) -> Progress:
    text = timers.cursor(batch.tx, batch.number, (_AUDIENCE, version))
    return _PROGRESS.decode(text) if text else Progress()


def _set(batch: Batch, version: int, due: int, progress: Progress) -> None:
    batch.set_timer(_AUDIENCE, version, due, msgspec.json.encode(progress).decode())
