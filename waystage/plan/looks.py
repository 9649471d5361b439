"""What a choice looks at that may be different later: it is kept for whoever asks why (design 8.6).

Entry data is frozen and shares are computed, so those are looked at anew whenever somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from waystage.plan import expressions as e

#: The place in `looked` of goal and exit criteria, and in the first hop of the entry; see also `rest_place`.
DEPARTURES = 0
#: The same at every reading.
_LASTING: TypeAlias = (
    e.Literal | e.EventField | e.EntryRow | e.Draw | e.ContactKey | e.ContactId | e.Now | e.Hop | e.Relative
    | e.RelatedField | e.Always | e.Never | e.ShareBelow | e.Heard | e.Quiet
)  # fmt: skip
#: As lasting as their parts. Whatever is neither of the two is kept as a whole.
_MADE_OF_PARTS: TypeAlias = (
    e.AllOf | e.AnyOf | e.Not | e.Compare | e.Holds | e.Absent | e.IllFormed
    | e.Scaled | e.AsText | e.Joined | e.FirstUsable | e.Truth
)  # fmt: skip

Known = Mapping[e.Expression, int | str | None]
"""What was looked at, by the expression that asked for it; conditions as 0 or 1."""


class Forgotten(LookupError):
    """Something that was looked at is not known any more."""


def rest_place(activity: int) -> int:
    """Where that is kept which decided about a rest at an activity: its date, or the event that was heard."""
    return -activity


def passing(expressions: Iterable[e.Expression]) -> tuple[e.Expression, ...]:
    """What has to be kept of these, each once, in a fixed order."""
    return tuple(dict.fromkeys(found for one in expressions for found in _passing(one)))


def _passing(expression: e.Expression) -> Iterator[e.Expression]:
    if isinstance(expression, _MADE_OF_PARTS):
        for part in e.parts_of(expression):
            yield from _passing(part)
    elif not isinstance(expression, _LASTING) and not is_internal(expression):
        yield expression


def is_internal(expression: e.Expression) -> bool:
    """Whether it is an output by which only the engine knows its way: the way says as much."""
    return isinstance(expression, e.OutputField) and expression.name.startswith("#")


def remembered_value(value: e.Value, known: Known) -> e.Value:
    """A value as it was: what was kept stands in it as a constant. Forgotten."""
    match value:
        case e.Scaled(inner, power):
            return e.Scaled(remembered_value(inner, known), power)
        case e.AsText(inner):
            return e.AsText(remembered_value(inner, known))
        case e.Joined(parts):
            return e.Joined(tuple(remembered_value(part, known) for part in parts))
        case e.FirstUsable(options):
            return replace(value, options=tuple(remembered_value(one, known) for one in options))
        case e.Truth(condition):
            return e.Truth(remembered(condition, known))
        case _:
            lasts = isinstance(value, _LASTING) or is_internal(value)
            return value if lasts else e.Literal(_kept(value, known), value.kind)


def remembered(condition: e.Condition, known: Known) -> e.Condition:
    """A condition as it was. Forgotten."""
    match condition:
        case e.AllOf(parts):
            return e.AllOf(tuple(remembered(part, known) for part in parts))
        case e.AnyOf(parts):
            return e.AnyOf(tuple(remembered(part, known) for part in parts))
        case e.Not(part):
            return e.Not(remembered(part, known))
        case e.Compare(left, comparison, right):
            return e.Compare(remembered_value(left, known), comparison, remembered_value(right, known))
        case e.Holds(text, part, place):
            return e.Holds(remembered_value(text, known), remembered_value(part, known), place)
        case e.Absent(value):
            return e.Absent(remembered_value(value, known))
        case e.IllFormed(value):
            return e.IllFormed(remembered_value(value, known))
        case _:
            if isinstance(condition, _LASTING):
                return condition
            return e.Always() if _kept(condition, known) else e.Never()


def _kept(expression: e.Expression, known: Known) -> int | str | None:
    try:
        return known[expression]
    except KeyError as error:
        raise Forgotten from error
