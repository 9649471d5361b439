"""What a lane does at an instant besides waking whoever is due: sweeps, audiences, guards, replays, winners.

A timer is a row of the lane (store.timers), so what is under way survives a restart; `Lane.timers` remembers when each
is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from waystage.engine import audience, deferral, erase, guard, replay, sweep, winner
from waystage.engine.lane import NEVER, Batch, Lane
from waystage.engine.plans import Plans, Running
from waystage.store import timers
from waystage.store.timers import TimerKey, TimerKind

Work = Callable[[Batch, Plans, int, int], None]

_WORK: Mapping[TimerKind, Work] = {
    TimerKind.SWEEP: sweep.sweep,
    TimerKind.AUDIENCE: audience.evaluate,
    TimerKind.GUARD: guard.guard,
    TimerKind.HELD: replay.replay,
    TimerKind.WINNER: winner.decide,
    TimerKind.ERASE: erase.go_on,
    TimerKind.DEFERRED: deferral.release,
}
_SKIP: Mapping[TimerKind, Callable[[Batch, Plans, int, str], None]] = {
    TimerKind.SWEEP: sweep.skip_first,
    TimerKind.AUDIENCE: audience.skip_first,
    TimerKind.HELD: replay.skip_first,
}
#: Timers of a version run in these statuses; others wait. A version that is not known runs out its timer at once.
_RUNS: Mapping[TimerKind, frozenset[str]] = {
    TimerKind.SWEEP: frozenset({"Published", "Unpublished"}),
    TimerKind.AUDIENCE: frozenset({"Published"}),
    TimerKind.GUARD: frozenset({"Paused"}),
    TimerKind.HELD: frozenset({"Published", "Unpublished", "Stopped"}),
    TimerKind.WINNER: frozenset({"Published", "Unpublished", "Paused"}),
}


def due_at(lane: Lane, plans: Plans, key: TimerKey, now: int) -> int:
    """When a timer is to be obeyed; NEVER while its version is in no state for it."""
    kind, number = key
    running = plans.version(number)
    if running is not None and running.status not in _RUNS[kind]:
        return NEVER
    if kind is TimerKind.SWEEP and not plans.rest_in(lane.agenda, number):
        return NEVER
    if kind is TimerKind.HELD and _someone_is_due(lane, plans, number, now):
        return NEVER
    return lane.timers[key]


def _someone_is_due(lane: Lane, plans: Plans, version: int, now: int) -> bool:
    """Whether waits of a version that were due in its pause are still to end: they come before what was held."""
    dues = (plans.due_in(seat.number, lane.agenda.get(seat.number, NEVER)) for seat in plans.seats_of(version))
    return any(due <= now for due in dues)


def earliest(lane: Lane, plans: Plans, now: int) -> int:
    """The next instant at which a timer of the lane is to be obeyed."""
    return min((due_at(lane, plans, key, now) for key in lane.timers), default=NEVER)


def run_next(batch: Batch, plans: Plans, limit: int) -> bool:
    """Obey the timer that is due first; False if none is."""
    key = _first(batch, plans)
    if key is not None:
        _WORK[key[0]](batch, plans, key[1], limit)
    return key is not None


def skip_first(batch: Batch, plans: Plans, message: str) -> bool:
    """Pass over the first of those whom the next timer is about, who cannot be moved; False if that is none's work."""
    key = _first(batch, plans)
    if key is None or key[0] not in _SKIP:
        return False
    _SKIP[key[0]](batch, plans, key[1], message)
    return True


def _first(batch: Batch, plans: Plans) -> TimerKey | None:
    due = [(due_at(batch.lane, plans, key, batch.now), key) for key in batch.lane.timers]
    first, key = min(due, default=(NEVER, (TimerKind.SWEEP, 0)))
    return key if first <= batch.now else None


def arrange(batch: Batch, plans: Plans) -> None:
    """Set the timers that versions need in the status that they have now; those that are set already stay."""
    for running in plans.running():
        version = running.plan.version
        if running.status == "Published":
            audience.arrange(batch, running)
        if batch.number == 1:
            _guard(batch, running)
            if running.status != "Stopped" and batch.timer(TimerKind.WINNER, version) is None:
                _set(batch, TimerKind.WINNER, version, winner.first_due(running.plan, running.published))
    for version in timers.held_versions(batch.tx, batch.number):
        if batch.timer(TimerKind.HELD, version) is None:
            batch.set_timer(TimerKind.HELD, version, batch.now)


def _set(batch: Batch, kind: TimerKind, version: int, due: int | None) -> None:
    if due is not None:
        batch.set_timer(kind, version, due)


def _guard(batch: Batch, running: Running) -> None:
    """A pause whose days are counted; the days of the next pause begin anew."""
    pause, version = running.pause, running.plan.version
    wanted = running.status == "Paused" and pause is not None and pause.guard != "none"
    if wanted and pause is not None:
        batch.set_timer(TimerKind.GUARD, version, pause.guard_due)
    elif batch.timer(TimerKind.GUARD, version) is not None:
        batch.drop_timer(TimerKind.GUARD, version)


def signal(batch: Batch, plans: Plans, event_definition: int) -> None:
    """An automation has completed: the audiences of its event definition are evaluated now (contract 19)."""
    for running in (*plans.listening(event_definition), *plans.holding(event_definition)):
        audience.signal(batch, running)
