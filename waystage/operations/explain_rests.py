"""Why a passage rested until an instant: how the end of a rest was found, and what ended it (journey-spec 3.3, 3.4)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.engine import instants
from waystage.ground import ids
from waystage.operations import explain_choices
from waystage.operations.explain_choices import Moment, Option
from waystage.operations.explain_stage import Witness
from waystage.operations.explain_words import Why
from waystage.plan import expressions as e
from waystage.plan.looks import DEPARTURES, Forgotten, passing, remembered_value, rest_place
from waystage.plan.moves import At, Fixed, Park, Reason, Reply, Route, Span, Verdict, Within
from waystage.plan.plans import Plan, PlannedActivity
from waystage.spec.moments import iso_z, wire_date

_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Stay:
    """A rest: in which hop it began and when, when it ended or will (None: not known), whether it is over."""

    activity: PlannedActivity
    park: Park
    hop: int
    arrived: int
    end: int | None
    is_over: bool


def of_end(witness: Witness, stay: Stay, text: str) -> list[Why]:
    """How the end was found; `text` is the expression of the document by which somebody waits for a date."""
    until, offset = stay.park.until, witness.stage.offset
    match until:
        case Span(amount, unit, time_of_day, zone):
            due = instants.instant_of(until, stay.arrived, offset)
            length = f"{amount} {unit}{_then(time_of_day, zone)}"
            first = Why("waitDuration", iso_z(stay.arrived), "Plus", length, iso_z(due))
            return [first, *_pause(witness, stay, due)]
        case Fixed(instant):
            return [Why("specificDate", iso_z(instant), "Until", None, iso_z(max(instant, stay.arrived)))]
        case At():
            return [_own_date(witness, stay, until, text)]
        case Within(length):
            lane, instance = ids.born(witness.lane, witness.instance)
            key = ids.share_key(witness.stage.row.definition_id, lane, stay.activity.number)
            share = ids.share(instance, stay.hop, key)
            due = stay.arrived + share * length // ids.SHARE_RANGE
            return [Why("random time", iso_z(stay.arrived), "Within", f"{length // _SECOND} SECONDS", iso_z(due))]
        case Verdict(_, metric):
            decided = witness.stage.decided.get(stay.activity.number)
            return [Why("winner", None, "Decided", metric or "Manual", None if decided is None else iso_z(decided[1]))]
        case Reply():
            return []


def _then(time_of_day: str | None, zone: str | None) -> str:
    return f", then {time_of_day} ({zone})" if time_of_day else ""


def _pause(witness: Witness, stay: Stay, due: int) -> list[Why]:
    """A pause may have moved the end (journey-spec 8.6)."""
    late = 0 if stay.end is None else stay.end - due
    by = max((one for one in witness.stage.shifts.get(stay.activity.number, ()) if one <= late), default=0)
    if not by:
        return []
    return [Why("pause", iso_z(due), "Plus", f"{by // _SECOND} SECONDS", iso_z(due + by))]


def _own_date(witness: Witness, stay: Stay, until: At, text: str) -> Why:
    """A date of the contact's own; a missing or unreadable one holds nobody."""
    values = passing([until.value])
    known = witness.known(stay.hop, rest_place(stay.activity.number), values)
    offset_text = f"{until.amount} {until.unit}" if until.amount else ""
    at_time = f"at {until.time_of_day} ({until.zone})" if until.time_of_day else ""
    operand = ", ".join(filter(None, (offset_text, at_time))) or None
    untold = Why(text, None, "Plus", operand, None)
    if witness.is_forgotten and e.reads_event(until.value):
        return untold
    try:
        (found,) = witness.values([remembered_value(until.value, known)], stay.hop, stay.arrived)
    except Forgotten:
        return untold
    offset = witness.stage.offset
    due = None if found is None else instants.own_instant(until, str(found), stay.arrived, offset)
    shown = wire_date(found, offset) if isinstance(found, int) else found
    return Why(text, shown, "Plus", operand, iso_z(stay.arrived if due is None else due))


def of_release(witness: Witness, stay: Stay, outcome: int | None, outcome_key: str | None = None) -> list[Why]:
    """Whether the event came that is waited for, and what of it was compared; None: neither it nor the end has come.

    Of a custom activity the way that its answer has chosen.
    """
    if isinstance(stay.park.until, Reply):
        ended = None if outcome is None or stay.end is None else iso_z(stay.end)
        return [Why("answer of the custom activity", outcome_key, "Reply", None, ended)]
    hears = stay.park.hears
    if hears is None:
        return []
    heard = _heard_outcome(stay.activity)
    is_heard = outcome is not None and outcome == heard
    at = stay.end if is_heard and stay.end is not None else None
    name = f"Event.{witness.stage.event_key(hears.definition)}"
    found = [Why(name, None if at is None else iso_z(at), "Heard", None, is_heard)]
    if at is not None and not isinstance(hears.condition, e.Always):
        option = Option(name, hears.condition, is_taken=True)
        moment = Moment(stay.hop + 1, rest_place(stay.activity.number), at)
        found += explain_choices.told(witness, [option], moment)
    return found


def _heard_outcome(activity: PlannedActivity) -> int | None:
    arms = [arm for move in activity.step if isinstance(move, Route) for arm in move.arms]
    return next((arm.outcome for arm in arms if isinstance(arm.condition, e.Heard)), None)


def of_departure(witness: Witness, plan: Plan, stay: Stay, reason: str, at: int) -> list[Why]:
    """Which goal or exit criteria ended the passage when the rest did (journey-spec 7.3).

    Exit criteria that act at once are looked at without the goal in front of them.
    """
    options: list[Option] = []
    if plan.goal is not None and plan.goal.ends:
        options.append(Option("goal", plan.goal.condition, reason == Reason.MET_GOAL))
    if plan.exit is not None and reason != Reason.MET_GOAL:
        options.append(Option("exit criteria", plan.exit, is_taken=True))
    moment = Moment(stay.hop + 1, DEPARTURES, at)
    found = explain_choices.told_if_known(witness, options, moment)
    if found is None and plan.exit_at_once is not None and reason != Reason.MET_GOAL:
        alone = [Option("exit criteria", plan.exit_at_once, is_taken=True)]
        found = explain_choices.told_if_known(witness, alone, moment)
    return explain_choices.told(witness, options, moment) if found is None else found
