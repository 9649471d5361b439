"""Searching trace events: rows of history, each as the event that it is, and the ends of rests (journey-spec 9.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from waystage.operations import read_history
from waystage.operations.history_rows import COMPLETE, WARNING, HistoryRow, Shape
from waystage.operations.read_history import Asked
from waystage.plan.compile import Kinds
from waystage.store.sql import Tx

#: Events that one search looks at, whatever it finds; a narrower query reaches further back.
MOST_LOOKED_AT = 200_000

_TYPES = {
    Shape.START: "ContactEvaluated",
    Shape.TRIGGER: "ContactAccepted",
    Shape.REFUSAL: "ContactRejected",
    Shape.VISIT: "ActivityCompleted",
    Shape.REST: "WaitQueued",
    Shape.RELEASE: "WaitDequeued",
    Shape.GOAL: "GoalEvaluated",
    Shape.EXIT: "ExitEvaluated",
    Shape.STOP: "InstanceEnded",
}


def event_type(row: HistoryRow) -> str:
    """What kind of event a row is."""
    if row.shape is Shape.NOTE:
        return "ActivityCompleted" if (row.status, row.client_status) == (COMPLETE, WARNING) else "ActivityFailed"
    return _TYPES[row.shape]


@dataclass(frozen=True, slots=True)
class Found:
    """A part of the events that match, and how many there are; `is_partial` if the search was given up."""

    total: int
    rows: list[HistoryRow]
    is_partial: bool


def search(
    tx: Tx,
    kinds: Kinds,
    account: int,
    asked: Asked,
    fits: Callable[[HistoryRow], bool],
    part: tuple[int, int],
) -> Found:
    """The events that fulfil the filter and the test, counted up to read_history.MOST, and `part` (limit, offset).

    The newest MOST_LOOKED_AT events within the filter are looked at, no more.
    """
    looked_at = 0

    def looked() -> Iterator[HistoryRow]:
        nonlocal looked_at
        for row in islice(read_history.rows(tx, kinds, account, asked), MOST_LOOKED_AT):
            looked_at += 1
            if fits(row):
                yield row

    total, rows = read_history.cut(looked(), *part)
    return Found(total, rows, looked_at == MOST_LOOKED_AT)
