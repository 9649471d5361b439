"""Goals and exits that act as soon as contact data change, not when the next wait ends (metaData.waystage.immediate).

Only whoever waits is looked at; who is due at this very instant is when the wait ends. A paused version does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from waystage.engine import eject, leave
from waystage.engine.advance import setting_of
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Running, Seat
from waystage.plan.expressions import Condition
from waystage.plan.looks import DEPARTURES, passing
from waystage.plan.moves import Reason
from waystage.store import at_once, batches, exits, goals, looked
from waystage.store.inbox import Command

_Ids = tuple[int, int]


def look(batch: Batch, plans: Plans, commands: Sequence[Command]) -> None:
    """Let every running version act on the contacts whom these commands name."""
    accounts = {command.account for command in commands}
    ids = commands[0].id, commands[-1].id
    for running in plans.running():
        if running.acts_at_once and running.plan.account in accounts:
            _look(batch, plans, running, ids)


def _look(batch: Batch, plans: Plans, running: Running, ids: _Ids) -> None:
    """Goals before exits (journey-spec 7.3)."""
    goal, leaving = running.plan.goal, running.plan.exit_at_once
    if goal is not None and goal.immediate:
        found = _waiting(batch, plans, running, ids, goal.condition)
        for seat, dues in found:
            if goal.ends:
                _end(batch, seat, dues, goal.condition, Reason.MET_GOAL)
            else:
                tx, lane, version = batch.tx, batch.number, running.plan.version
                _count(batch, seat, at_once.note_met(tx, lane, version, dues, batch.now))
    if leaving is not None:
        for seat, dues in _waiting(batch, plans, running, ids, leaving):
            _end(batch, seat, dues, leaving, Reason.MET_EXIT_CRITERIA)


def _waiting(
    batch: Batch, plans: Plans, running: Running, ids: _Ids, condition: Condition
) -> Iterator[tuple[Seat, dict[int, int]]]:
    """Each seat in which some wait who meet the condition, and until when these do."""
    plan, setting = running.plan, setting_of(batch, running, "a")
    met = at_once.meeting(setting, plan.journey, plan.version, ids, condition)
    if not met:
        return
    eject.merge(batch)
    for seat, dues in eject.by_seat(plans, exits.resting(batch.tx, batch.number, met)):
        later = {instance: due for instance, due in dues.items() if due > batch.now - seat.shift}
        if later and seat.is_wait and not seat.is_released:
            yield seat, later


def _end(batch: Batch, seat: Seat, dues: dict[int, int], condition: Condition, why: Reason) -> None:
    taken = exits.take(batch.tx, batch.number, seat.number, seat.activity, dues)
    if not taken:
        return
    if values := passing([condition]):
        looked.keep_for_all(setting_of(batch, seat.running, "w"), DEPARTURES, values)
    if why is Reason.MET_GOAL:
        _count(batch, seat, goals.note_leaf(batch.tx, batch.number, seat.running.plan.version, 0, batch.now))
    leave.end_all(batch, seat, taken, why)
    batch.emptied[seat.number] = batches.earliest(batch.tx, batch.number, seat.number)


def _count(batch: Batch, seat: Seat, met: int) -> None:
    """The version's count, and that of the activity at which they wait."""
    version = seat.running.plan.version
    batch.counts[version, 0, "met_goal"] += met
    batch.counts[version, seat.activity, "met_goal"] += met
