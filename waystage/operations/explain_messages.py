"""The messages of a contact's visits: which they are, and what became of them (contract 22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from waystage.operations.explain_stage import Stage, Stages
from waystage.operations.history_rows import HistoryRow, Shape
from waystage.plan.effects import Effect
from waystage.plan.moves import Emit, Park
from waystage.plan.plans import PlannedActivity
from waystage.store import explained, message_lists, plans
from waystage.store.explained import Sending
from waystage.store.sql import Tx

#: Messages of one answer that are looked for, the newest.
_MOST = 300
_BITS = 16


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message of a visit, as `GET messages` tells of it."""

    request_id: str
    channel: str
    status: str
    reason: str | None


Messages = Mapping[Sending, SentMessage]


def sending_of(row: HistoryRow) -> Sending:
    """By whom a message of this visit was written."""
    return Sending(row.instance, row.visit >> _BITS, row.visit & (1 << _BITS) - 1)


def find(tx: Tx, stages: Stages, lane: int, rows: Iterable[HistoryRow]) -> Messages:
    """The messages that were written during these visits."""
    wanted: dict[Sending, int] = {}
    for row in rows:
        if row.shape in {Shape.VISIT, Shape.REST}:
            stage = stages.of(row.origin.texts.number)
            if stage is not None and _sends(stage, row):
                wanted[sending_of(row)] = row.at
    newest = dict(sorted(wanted.items(), key=lambda one: one[1])[-_MOST:])
    return _read(tx, lane, explained.messages(tx, lane, newest)) if newest else {}


def _sends(stage: Stage, row: HistoryRow) -> bool:
    """Whether the activity writes a message to whoever arrives there."""
    plan = stage.plan(row.at)
    return plan is not None and _writes(plan.activity(sending_of(row).activity))


def _writes(activity: PlannedActivity) -> bool:
    for move in activity.step:
        if isinstance(move, Park):
            return False
        if isinstance(move, Emit) and isinstance(move.effect, Effect):
            return True
    return False


def _read(tx: Tx, lane: int, numbers: Mapping[Sending, int]) -> Messages:
    stored = message_lists.load(tx, [(lane, seq) for seq in numbers.values()])
    forms = plans.forms(tx, {one.effect.form for one in stored})
    return {
        sending: SentMessage(one.effect.request_id, forms[one.effect.form].channel, one.status, one.reason)
        for sending, one in zip(numbers, stored, strict=True)
    }
