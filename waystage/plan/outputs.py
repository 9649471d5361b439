"""Which outputs of activities are read at all: only those are kept while contacts move (journey-spec 3.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from waystage.plan.effects import values_of
from waystage.plan.expressions import Condition, Expression, OutputField, leaves_of
from waystage.plan.moves import At, Emit, Move, Park, Route, Write
from waystage.plan.plans import PlannedActivity


def without_unread_outputs(
    activities: Sequence[PlannedActivity], departing: Iterable[Condition] = ()
) -> tuple[PlannedActivity, ...]:
    """The activities, each giving out nothing if no condition, message, wait or update of the plan reads it.

    `departing`: the conditions of goal and exit criteria.
    """
    looked_at = [
        *departing,
        *(expression for activity in activities for move in activity.step for expression in _expressions(move)),
    ]
    leaves = [leaf for expression in looked_at for leaf in leaves_of(expression)]
    read = {leaf.activity for leaf in leaves if isinstance(leaf, OutputField)}
    return tuple(one if one.number in read else replace(one, step=tuple(map(_silent, one.step))) for one in activities)


def _silent(move: Move) -> Move:
    match move:
        case Route():
            return replace(move, outputs=())
        case Park():
            return replace(move, outputs=())
        case Emit():
            return replace(move, outputs=())
        case _:
            return move


def _expressions(move: Move) -> Iterator[Expression]:
    """Everything that a move computes."""
    match move:
        case Route(arms):
            yield from (arm.condition for arm in arms)
        case Emit(effect):
            yield from values_of(effect)
        case Park(until, hears, _):
            if isinstance(until, At):
                yield until.value
            if hears is not None:
                yield hears.condition
        case Write(_, fields, key, whole):
            yield from key or ()
            yield from _values([*fields, *(whole or ())])


def _values(members: Iterable[tuple[str, Expression]]) -> Iterator[Expression]:
    return (value for _, value in members)
