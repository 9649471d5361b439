"""Rows of history from what the store has: one hop gives a row for each activity that it passed (journey-spec 9.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from waystage.ground.ids import guid_of
from waystage.operations.history_origins import START, STOP, Origin, Place
from waystage.plan.effects import Skip
from waystage.plan.moves import Reason
from waystage.store.history import Hop
from waystage.store.history_filters import Reach, Source
from waystage.store.history_notes import Note
from waystage.store.message_lists import SKIPS

#: Words of statuses (journey-spec 9.2). Whoever rests is Waiting; Ended is a rest that the end of the passage cut off.
COMPLETE, WARNING, FAILED, WAITING, ENDED = "Complete", "Warning", "Failed", "Waiting", "Ended"
#: What is said of a message that was not sent, by its reason; of any other reason the reason itself.
SUPPRESSED_TEXTS = {
    SKIPS[Skip.NO_ADDRESS]: "The contact has no usable address for this message, so it was not sent.",
    SKIPS[Skip.NO_NUMBER]: "The contact has no usable mobile number for this message, so it was not sent.",
    SKIPS[Skip.UNSUBSCRIBED]: "The contact is on the Global Unsubscribe List, so the message was not sent.",
    SKIPS[Skip.LIST_UNSUBSCRIBED]: "The contact has unsubscribed from the publication list; the message was not sent.",
    SKIPS[Skip.SUPPRESSION_LIST]: "The contact is excluded by Suppression logic: a suppression list holds it.",
    SKIPS[Skip.DOMAIN]: "The contact is excluded by Suppression logic: the domain of its address is excluded.",
    SKIPS[Skip.EXCLUSION]: "The contact is excluded by Suppression logic: the exclusion filter applies to it.",
    SKIPS[Skip.SYNTAX]: "The address of the contact is excluded by List Detective: it has invalid syntax.",
}

#: Places of rows within a hop, behind those of its activities; they number the rows, so they never change.
_BITS = 16
_START, _TRIGGER, _REST, _EXIT, _STOP, _GOAL = 60_000, 60_001, 60_002, 60_003, 60_004, 60_005


class Shape(StrEnum):
    """What a row tells. A release is the end of a rest: the trace tells it, history has it in the row of the rest."""

    START = "start"
    TRIGGER = "trigger"
    VISIT = "visit"
    REST = "rest"
    RELEASE = "release"
    GOAL = "goal"
    EXIT = "exit"
    STOP = "stop"
    REFUSAL = "refusal"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class RowMessage:
    """A sentence about what happened; `level` is Information, Warning or Error."""

    level: str
    code: str
    text: str


@dataclass(slots=True)  # not frozen, which would take twice as long to make: a search makes thousands
class HistoryRow:
    """One row; instants in ms, `end` None while it is not known. `kind`, `number`, `extra` make its id, for ever."""

    shape: Shape
    at: int
    lane: int
    origin: Origin
    place: Place
    contact_key: str
    instance: int
    visit: int
    end: int | None
    status: str
    client_status: str
    outcome: str
    outcome_activity: str | None
    messages: tuple[RowMessage, ...]
    kind: str
    number: int
    extra: int

    @property
    def id(self) -> str:
        """Names the row, the same at every reading."""
        return guid_of(self.kind, self.lane, self.number, self.extra)

    @property
    def instance_id(self) -> str | None:
        """The passage; None for who did not enter."""
        return guid_of("instance", self.lane, self.instance) if self.instance else None

    @property
    def visit_id(self) -> str | None:
        """The stay at the activity, which rows about the same stay share."""
        return guid_of("visit", self.lane, self.instance, self.visit) if self.visit else None

    @property
    def message(self) -> str:
        """What there is to say about the row."""
        return self.messages[0].text if self.messages else ""


@dataclass(slots=True)
class _Passage:
    """Of whom the rows of one hop or note speak."""

    lane: int
    at: int
    origin: Origin
    contact_key: str
    instance: int
    hop: int = 0

    def row(
        self,
        shape: Shape,
        place: Place,
        index: int,
        *,
        activity: int = 0,
        end: int | None = None,
        status: str = COMPLETE,
        client: str | None = None,
        outcome: tuple[str, str | None] = ("", None),
        messages: tuple[RowMessage, ...] = (),
    ) -> HistoryRow:
        """A row of this passage; `index` is its place in the hop."""
        return HistoryRow(
            shape, self.at, self.lane, self.origin, place, self.contact_key, self.instance,
            (self.hop << _BITS | activity) if activity else 0, end, status, client or status, outcome[0], outcome[1],
            messages, "trace", self.instance, self.hop << _BITS | index,
        )  # fmt: skip


def of_hop(hop: Hop, origin: Origin, reach: Reach) -> Iterator[HistoryRow]:
    """The rows of one hop in order; a rest is told by the hop that led to it."""
    passage = _Passage(hop.lane, hop.at, origin, hop.contact_key, hop.instance, hop.hop)
    if hop.hop == 0:
        yield passage.row(Shape.START, START, _START, end=hop.at)
        first = origin.trigger.outcomes[0]
        yield passage.row(Shape.TRIGGER, origin.trigger, _TRIGGER, end=hop.at, outcome=(first.key, first.next_id))
    for index, (activity, outcome) in enumerate(hop.path.steps):
        shape = Shape.RELEASE if hop.hop and not index else Shape.VISIT
        yield _visit(passage, shape, index, activity, outcome)
    if hop.path.ended == Reason.MET_EXIT_CRITERIA:
        yield passage.row(Shape.EXIT, origin.exit, _EXIT, end=hop.at, messages=(_told("MetExitCriteria"),))
    if hop.path.ended:
        yield stop_row(passage, hop.path.ended)
    if hop.seat:
        yield _rest(passage, hop, reach)


def _told(code: str) -> RowMessage:
    return RowMessage("Information", code, f"{code}.")


def _visit(passage: _Passage, shape: Shape, index: int, activity: int, outcome: int) -> HistoryRow:
    place, way = passage.origin.activity(activity), passage.origin.outcome(activity, outcome)
    client, messages = COMPLETE, tuple[RowMessage, ...]()
    if place.warning:
        client, messages = WARNING, (RowMessage("Warning", WARNING, place.warning),)
    return passage.row(
        shape, place, index,
        activity=activity, end=passage.at, client=client, outcome=(way.key, way.next_id), messages=messages,
    )  # fmt: skip


def stop_row(passage: _Passage, reason: str) -> HistoryRow:
    """The end of a passage; it is numbered without its hop, as there is one in all."""
    whole = _Passage(passage.lane, passage.at, passage.origin, passage.contact_key, passage.instance)
    return whole.row(Shape.STOP, STOP, _STOP, end=passage.at, outcome=(reason, None))


def _rest(passage: _Passage, hop: Hop, reach: Reach) -> HistoryRow:
    """A rest: still on, over by an outcome, or cut off by the end of the passage."""
    seat = reach.seats[hop.seat]
    place = passage.origin.activity(seat.activity)
    outcome: tuple[str, str | None] = ("", None)
    status, end = WAITING, _readable(hop.due + seat.shift)
    stopped = reach.stopped.get(hop.path.version)
    if hop.next_at is not None:
        status, end = ENDED, hop.next_at
        if hop.next_path is not None and hop.next_path.steps:
            way = passage.origin.outcome(seat.activity, hop.next_path.steps[0][1])
            status, outcome = COMPLETE, (way.key, way.next_id)
    elif stopped is not None:
        status, end = ENDED, stopped
    return passage.row(
        Shape.REST, place, _REST, activity=seat.activity, end=end, status=status, outcome=outcome
    )  # fmt: skip


#: The last instant of the year 9999: whoever waits for longer has no end that could be written.
_LAST = 253_402_300_799_999


def _readable(instant: int) -> int | None:
    return instant if instant <= _LAST else None


def of_note(note: Note, origin: Origin) -> HistoryRow:
    """The row of a note."""
    passage = _Passage(note.lane, note.at, origin, note.contact_key, note.instance)
    match note.source:
        case Source.GOAL:
            return passage.row(Shape.GOAL, origin.goal, _GOAL, end=note.at, messages=(_told("MetGoalCriteria"),))
        case Source.STOPPED:
            return stop_row(passage, Reason.STOPPED)
        case Source.SUPPRESSED:
            text = SUPPRESSED_TEXTS.get(note.message, f"The message was not sent: {note.message}.")
            row = _about(passage, note, WARNING, RowMessage("Warning", note.message, text))
            return _numbered(row, "suppressed", note.number)
        case Source.FAILED:
            row = _about(passage, note, FAILED, RowMessage("Error", FAILED, note.message))
            return _numbered(row, "failed", note.number, note.attempt)
        case _:
            return _numbered(_of_remark(passage, note), "remark", note.number)


def _of_remark(passage: _Passage, note: Note) -> HistoryRow:
    if note.activity:
        level = "Warning" if note.status == WARNING else "Error"
        return _about(passage, note, note.status, RowMessage(level, note.status, note.message))
    messages = (RowMessage("Error", note.status, note.message),)
    return passage.row(
        Shape.REFUSAL, passage.origin.trigger, 0, end=note.at, status=note.status, client=FAILED, messages=messages
    )  # fmt: skip


def _about(passage: _Passage, note: Note, word: str, message: RowMessage) -> HistoryRow:
    """A warning leaves the activity complete; everything else is its status (journey-spec 9.2)."""
    status, client = (COMPLETE, WARNING) if word == WARNING else (word, FAILED)
    place = passage.origin.activity(note.activity)
    return passage.row(Shape.NOTE, place, 0, end=note.at, status=status, client=client, messages=(message,))


def _numbered(row: HistoryRow, kind: str, number: int, extra: int = 0) -> HistoryRow:
    return replace(row, kind=kind, number=number, extra=extra)
