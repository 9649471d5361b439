"""One passage from the rows of its history: each visit with its reasons, and how it ended or what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from waystage.operations import explain_choices, explain_rests
from waystage.operations.explain_choices import Moment
from waystage.operations.explain_messages import Messages, SentMessage, sending_of
from waystage.operations.explain_rests import Stay
from waystage.operations.explain_stage import Witness
from waystage.operations.explain_words import Why
from waystage.operations.history_rows import ENDED, WAITING, HistoryRow, Shape
from waystage.plan.moves import Park, Reason, Reply, Route, Span, Verdict, park_of
from waystage.plan.plans import Plan, PlannedActivity
from waystage.spec.moments import iso_z
from waystage.store.explained import Begun

#: Where a passage stands.
WAITS, PAUSED, OVER, FORGOTTEN = "Waiting", "Paused", "Ended", "Forgotten"
STATES = (WAITS, PAUSED, OVER, FORGOTTEN)


@dataclass(slots=True)
class Visit:
    """One stay at an activity; instants in ms, `departed` None for as long as it lasts."""

    activity_key: str
    type: str
    arrived: int
    departed: int | None
    outcome: str | None
    why: list[Why] = field(default_factory=list)
    message: SentMessage | None = None
    stay: Stay | None = None


@dataclass(slots=True)
class Passage:
    """Visits in order; `earlier` is how many rows of history before them are left out."""

    visits: list[Visit] = field(default_factory=list)
    state: str = WAITS
    until: int | None = None
    event: str | None = None
    ended: tuple[int, str] | None = None
    earlier: int = 0


def explained_passage(
    witness: Witness, begun: Begun, rows: Sequence[HistoryRow], sent: Messages, stopped: int | None, now: int
) -> Passage:
    """Tell a passage by its rows, which come in the order of time; `stopped` is when its version was."""
    teller = _Teller(witness, sent, stopped)
    for row in rows:
        teller.take(row)
    made = teller.passage
    if made.ended is not None:
        made.state = OVER
    elif not begun.is_inside:
        made.state = FORGOTTEN
    else:
        _wait(witness, made, now)
    return made


def _wait(witness: Witness, passage: Passage, now: int) -> None:
    """What somebody inside waits for, and until when as things are."""
    pause, is_paused = witness.stage.pause, witness.stage.row.status == "Paused"
    passage.state = PAUSED if is_paused else WAITS
    stay = passage.visits[-1].stay if passage.visits else None
    if stay is None:
        return
    if stay.park.hears is not None:
        passage.event = witness.stage.event_key(stay.park.hears.definition)
    if stay.end is not None and not isinstance(stay.park.until, Verdict | Reply):
        extends = is_paused and pause is not None and pause.extend and isinstance(stay.park.until, Span)
        passage.until = stay.end + (now - pause.since if extends and pause is not None else 0)


@dataclass(slots=True)
class _Teller:
    witness: Witness
    sent: Messages
    stopped: int | None
    passage: Passage = field(default_factory=Passage)

    def take(self, row: HistoryRow) -> None:
        match row.shape:
            case Shape.VISIT:
                self._visit(row)
            case Shape.REST:
                self._rest(row)
            case Shape.RELEASE:
                self._release(row)
            case Shape.STOP:
                self._stop(row)
            case Shape.GOAL | Shape.NOTE:
                self._note(row)
            case _:
                pass

    def _planned(self, row: HistoryRow) -> tuple[Plan, PlannedActivity] | None:
        plan = self.witness.stage.plan(row.at)
        return None if plan is None else (plan, plan.activity(sending_of(row).activity))

    def _add(self, row: HistoryRow, departed: int | None) -> Visit:
        sending = sending_of(row)
        type_ = row.origin.texts.document["activities"][sending.activity - 1]["type"]
        visit = Visit(row.place.key, type_, row.at, departed, row.outcome or None, message=self.sent.get(sending))
        self.passage.visits.append(visit)
        return visit

    def _visit(self, row: HistoryRow) -> None:
        visit = self._add(row, row.at)
        if planned := self._planned(row):
            visit.why += self._choice(row, _route(planned[1], behind=False), _outcome(row))

    def _rest(self, row: HistoryRow) -> None:
        visit = self._add(row, None if row.status == WAITING else self._clamped(row.end))
        planned = self._planned(row)
        park = park_of(planned[1].step) if planned is not None else None
        if planned is None or park is None:
            return
        stay = Stay(planned[1], park, sending_of(row).hop, row.at, self._clamped(row.end), row.status != WAITING)
        visit.stay = stay
        visit.why += self._choice(row, _route(planned[1], behind=False), -1)
        text = _configured(row, planned[1].number, "waitEndDateAttributeExpression")
        visit.why += explain_rests.of_end(self.witness, stay, text)
        if row.status in {WAITING, ENDED}:
            visit.why += explain_rests.of_release(self.witness, stay, None)

    def _release(self, row: HistoryRow) -> None:
        """The end of a rest, told with the visit that it ends."""
        visit, planned = self._last(row.place.key), self._planned(row)
        if visit is None or visit.stay is None or planned is None:
            return
        outcome = _outcome(row)
        visit.why += explain_rests.of_release(self.witness, visit.stay, outcome, row.outcome or None)
        visit.why += self._choice(row, _route(planned[1], behind=True), outcome)

    def _choice(self, row: HistoryRow, route: Route | None, outcome: int) -> list[Why]:
        if route is None:
            return []
        sending = sending_of(row)
        names = [one.key for one in row.place.outcomes]
        moment = Moment(sending.hop, sending.activity, row.at)
        return explain_choices.of_arms(self.witness, names, route.arms, outcome, moment)

    def _stop(self, row: HistoryRow) -> None:
        reason = row.outcome
        at = self.stopped if reason == Reason.STOPPED and self.stopped is not None else row.at
        self.passage.ended = (min(at, row.at), reason)
        visit = self.passage.visits[-1] if self.passage.visits else None
        plan = self.witness.stage.plan(row.at)
        if reason in {Reason.MET_GOAL, Reason.MET_EXIT_CRITERIA} and plan and visit and visit.stay:
            visit.why += explain_rests.of_departure(self.witness, plan, visit.stay, reason, row.at)

    def _note(self, row: HistoryRow) -> None:
        """What was remarked is told with the visit during which it was; messages tell of themselves."""
        if row.kind in {"suppressed", "failed"}:
            return
        if row.shape is Shape.GOAL:
            if self.passage.visits:
                self.passage.visits[-1].why.append(Why("goal", None, "MetAt", None, iso_z(row.at)))
            return
        visit = self._last(row.place.key)
        if visit is not None:
            visit.why.append(Why(row.client_status, row.message, None, None, None))

    def _last(self, key: str) -> Visit | None:
        return next((one for one in reversed(self.passage.visits) if one.activity_key == key), None)

    def _clamped(self, end: int | None) -> int | None:
        """Whoever is inside a version when it is stopped leaves at that instant (design 8.12)."""
        return end if self.stopped is None or end is None else min(end, self.stopped)


def _route(activity: PlannedActivity, *, behind: bool) -> Route | None:
    """The choice in front of the rest of an activity, or the one behind it."""
    seen = False
    for move in activity.step:
        if isinstance(move, Park):
            seen = True
        elif isinstance(move, Route) and seen is behind:
            return move
    return None


def _outcome(row: HistoryRow) -> int:
    """The place of the outcome that was taken; -1: none."""
    known = [(one.key, one.next_id) for one in row.place.outcomes]
    taken = (row.outcome, row.outcome_activity)
    return known.index(taken) if taken in known else -1


def _configured(row: HistoryRow, activity: int, name: str) -> str:
    settings = row.origin.texts.document["activities"][activity - 1].get("configurationArguments") or {}
    return str(settings.get(name) or "")
