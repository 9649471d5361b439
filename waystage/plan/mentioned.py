"""Which data a plan looks at, and the values that its criteria compare it with: what contacts are made by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import NamedTuple

from waystage.plan import expressions as e
from waystage.plan.moves import Write
from waystage.plan.plans import Plan


class Source(NamedTuple):
    """Where a value lies: a field of the entry event (`extension` 0), of a data extension, or of a built-in set."""

    extension: int
    name: str
    attribute_set: str = ""


@dataclass(slots=True)
class Mentioned:
    """`values` in stored form by source; `relative` are dates counted from the present; `absent` may have none."""

    values: defaultdict[Source, set[int | str]] = field(default_factory=lambda: defaultdict(set))
    relative: defaultdict[Source, set[e.Relative]] = field(default_factory=lambda: defaultdict(set))
    absent: set[Source] = field(default_factory=set)
    addresses: dict[Source, e.Shape] = field(default_factory=dict)
    """What messages are sent to."""
    extensions: set[int] = field(default_factory=set)
    """Data extensions whose rows are looked at or changed."""
    profile: set[Source] = field(default_factory=set)
    """Built-in attributes that are looked at."""
    links: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The links whose clicks a split asks for, by the activity that sends them."""
    awaited: set[int] = field(default_factory=set)
    """Event definitions whose events are looked at when they come."""


def mentioned(plan: Plan) -> Mentioned:
    """Everything in entry criteria, splits, waits, messages, updates, goal and exit criteria."""
    found = Mentioned()
    for part in (plan.entry.condition, plan.goal, plan.exit, *(one.step for one in plan.activities)):
        for node, row in _walk(part, 0):
            _note(found, node, row)
    found.awaited.update(plan.awaited)
    return found


def _walk(node: object, row: int) -> Iterator[tuple[object, int]]:
    """Every expression and move inside, each with the data extension whose row is under test there."""
    if isinstance(node, tuple):
        for one in node:
            yield from _walk(one, row)
    elif is_dataclass(node) and not isinstance(node, type):
        yield node, row
        inner = node.extension if isinstance(node, e.Related) else row
        for one in fields(node):
            yield from _walk(getattr(node, one.name), inner)


def _note(found: Mentioned, node: object, row: int) -> None:
    match node:
        case e.Compare(left, _, right):
            _compared(found, left, right, row)
            _compared(found, right, left, row)
        case e.Holds(text, e.Literal(str(part)), _):
            if (source := _source(text, row)) is not None:
                found.values[source].add(part)
        case e.Absent(value):
            if (source := _source(value, row)) is not None:
                found.absent.add(source)
        case e.FirstUsable(options, _, shape):
            found.addresses.update({source: shape for one in options if (source := _source(one, row)) is not None})
        case e.AttributeField(extension) | e.Related(extension) | Write(extension):
            found.extensions.add(extension)
        case e.Engaged(activity, _, links):
            found.links[activity] += links
        case e.ProfileField(attribute_set, name):
            found.profile.add(Source(0, name, attribute_set))


def _compared(found: Mentioned, value: e.Value, other: e.Value, row: int) -> None:
    """A field that is compared with a constant; where scales differ the constant is brought to the field's."""
    power = 0
    while isinstance(value, e.Scaled):
        power, value = power + value.power, value.value
    source = _source(value, row)
    if source is None:
        return
    if isinstance(other, e.Relative):
        found.relative[source].add(other)
    elif isinstance(other, e.Literal) and isinstance(other.value, int | str):
        plain = other.value
        found.values[source].add(plain // 10**power if isinstance(plain, int) and power > 0 else plain)


def _source(value: e.Value, row: int) -> Source | None:
    match value:
        case e.EventField(name):
            return Source(0, name)
        case e.HeardField(_, name, _, True):
            return Source(0, name)
        case e.AttributeField(extension, name):
            return Source(extension, name)
        case e.RelatedField(name):
            return Source(row, name)
        case e.ProfileField(attribute_set, name):
            return Source(0, name, attribute_set)
        case _:
            return None
