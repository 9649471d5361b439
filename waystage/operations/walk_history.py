"""Walking all of the history that a filter means, in slices: each is a read that begins where the last one ended.

So a file of any length holds no snapshot while it travels. What is written after the begin of a walk is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from waystage.operations.history_origins import Origins
from waystage.operations.history_rows import HistoryRow, Shape
from waystage.operations.read_history import Asked, facts, order_of, reach_of, source_of, test_of, told
from waystage.plan.compile import Kinds
from waystage.store.history_filters import Mark, Reach, Source, logs_of
from waystage.store.sql import Tx

#: Facts that one slice looks at: bounds how long its snapshot lives, whatever the filter leaves of them.
MOST_FACTS = 16_384


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk has come; `reach` None: nothing can match."""

    reach: Reach | None
    taken: Mapping[tuple[int, Source], Mark] = field(default_factory=dict)
    last: tuple[int, int, Source] | None = None
    is_over: bool = False


def begin(tx: Tx, kinds: Kinds, account: int, asked: Asked, now: int) -> Place:
    """The begin of a walk up to the instant `now` (ms)."""
    end = now if asked.end is None else min(asked.end, now)
    reach = reach_of(tx, Origins(tx, kinds), account, replace(asked, end=end))
    return Place(reach, is_over=reach is None)


class Slice:
    """The rows that follow a place; whoever takes them may stop at any fact, `place` is where it goes on."""

    def __init__(self, tx: Tx, kinds: Kinds, asked: Asked, place: Place) -> None:
        """Read nothing yet."""
        self._tx = tx
        self._origins = Origins(tx, kinds)
        self._asked = asked
        self._fits = test_of(asked)
        self._before = place
        self._taken = dict(place.taken)
        self._last = place.last
        self._is_over = place.is_over

    @property
    def place(self) -> Place:
        """Behind the last fact whose rows were given."""
        return Place(self._before.reach, self._taken, self._last, self._is_over)

    def __iter__(self) -> Iterator[list[HistoryRow]]:
        """Give the rows of one fact after the other, releases and those of no interest left out."""
        if self._before.reach is None:
            return
        reach = _renewed(self._tx, self._before.reach, self._before.taken)
        left = MOST_FACTS
        for found in facts(self._tx, reach, self._asked):
            if not left:
                return
            order = order_of(found)
            if self._last is not None and _is_passed(order, self._last, descending=reach.descending):
                continue
            left -= 1
            self._taken[found.lane, source_of(found)] = found.mark
            self._last = order
            yield [
                row for row in told(found, self._origins, reach) if row.shape is not Shape.RELEASE and self._fits(row)
            ]
        self._is_over = True


def _renewed(tx: Tx, reach: Reach, taken: Mapping[tuple[int, Source], Mark]) -> Reach:
    """The reach as it was at the begin, but for what has been merged meanwhile, which is found elsewhere."""
    merged = {lane: logs.merged for lane, logs in logs_of(tx).items()}
    logs = {lane: replace(one, merged=merged.get(lane, one.merged)) for lane, one in reach.logs.items()}
    return replace(reach, logs=logs, taken=taken)


def _is_passed(order: tuple[int, int, Source], last: tuple[int, int, Source], *, descending: bool) -> bool:
    """Whether a fact came too late to stand where it belongs."""
    return order > last if descending else order < last
