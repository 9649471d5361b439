"""Coming to rest: until an instant for all, until a date of each instance's own, or until an event is heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from waystage.ground import ids
from waystage.plan.expressions import Kind, Value
from waystage.plan.moves import At
from waystage.store import expressions, outputs, ways
from waystage.store.sql import SqlValue
from waystage.store.stand import Stand


@dataclass(frozen=True, slots=True)
class Dated:
    """Whoever rests at `activity` is due by a date of its own, which stands in `moment`."""

    activity: int
    at: At


@dataclass(frozen=True, slots=True)
class Drawn:
    """Whoever rests at `activity` is due by its draw there, less than `length` ms from now."""

    activity: int
    length: int


Due: TypeAlias = int | Dated | Drawn


def park(stand: Stand, seats: Sequence[tuple[int, SqlValue]], dues: Sequence[tuple[int, Due]]) -> None:
    """The set comes to rest: (leaf, seat) and (leaf, due) of every way that ends in a rest."""
    bind = stand.setting.binder.bind
    stand.run(
        "INSERT INTO queue (lane, seat, due, instance, hop, contact)"
        f" SELECT :lane, {ways.by_leaf(bind, seats)}, {due_of(stand, dues)}, w.instance, w.hop + 1, w.contact"
        f" {stand.here([leaf for leaf, _ in seats])}"
    )


def listen(stand: Stand, leaf: int, definition: int, seat: int, due: Due) -> None:
    """Who comes to rest by this leaf can be released by an event (design 8.9)."""
    until = due_of(stand, [(leaf, due)])
    stand.run(
        "INSERT INTO listening (lane, definition, contact, instance, seat, due)"
        f" SELECT :lane, :definition, w.contact, w.instance, :seat, {until} {stand.here([leaf])}",
        definition=definition, seat=seat,
    )  # fmt: skip


def give_end(stand: Stand, leaf: int, activity: int, names: Sequence[str], due: Due) -> None:
    """Keep until when those who take a leaf rest, for later activities."""
    end = due_of(stand, [(leaf, due)])
    outputs.keep(stand, activity, [leaf], [(name, end) for name in names])


def dates(stand: Stand, leaf: int, value: Value) -> list[str | None]:
    """The different values, as text, by which those who take a leaf would rest; None if somebody has none."""
    text = _date_text(stand, value)
    return [row[0] for row in stand.rows(f"SELECT DISTINCT {text} {stand.here([leaf])}")]


def keep_moments(stand: Stand, activity: int, dues: Mapping[str, int]) -> None:
    """What dates mean at an activity in this batch: the instant that was computed for each (design 8.19)."""
    stand.run(
        "INSERT INTO moment (lane, activity, value, due)"
        f" SELECT :lane, :activity, m.name, m.number FROM {stand.tx.dialect.numbers_of(':dues')} m"
        " WHERE TRUE ON CONFLICT DO NOTHING",
        activity=activity, dues=msgspec.json.encode(dues).decode(),
    )  # fmt: skip


def note_unreadable(stand: Stand, leaf: int, activity: int, value: Value, base: int) -> None:
    """A warning for everybody whose date is missing or cannot be read (journey-spec 3.3)."""
    known = f"m.lane = :lane AND m.activity = :activity AND m.value = {_date_text(stand, value)}"
    found = stand.tx.dialect.look_up("moment", "m", known, optional=True)
    stand.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        " SELECT :lane, :base + w.n, :now, :version, w.contact, w.instance, :activity, 'Warning', :message"
        f" FROM work w{found} WHERE {stand.condition([leaf])} AND m.due IS NULL",
        base=base, activity=activity, message="The wait has no date that can be read, so it holds nobody.",
    )  # fmt: skip


def _date_text(stand: Stand, value: Value) -> str:
    rendered = expressions.value(stand.setting, value)
    return rendered if value.kind is Kind.TEXT else stand.tx.dialect.text_of(rendered)


def due_of(stand: Stand, dues: Sequence[tuple[int, Due]]) -> str:
    """When each instance is due: an instant for all who take a leaf, or that of its own date."""
    plain = [(leaf, due) for leaf, due in dues if isinstance(due, int)]
    if len(plain) == len(dues):
        return ways.by_leaf(stand.setting.binder.bind, plain)
    return ways.by_leaf_text([(leaf, _own_due(stand, due)) for leaf, due in dues], stand.setting.binder.bind)


def _own_due(stand: Stand, due: Due) -> str:
    bind = stand.setting.binder.bind
    if isinstance(due, int):
        return bind(due)
    if isinstance(due, Drawn):
        share = expressions.share(stand.setting, due.activity)
        return f"(:now + {share} * {bind(due.length)} / {bind(ids.SHARE_RANGE)})"
    known = f"m.lane = :lane AND m.activity = {bind(due.activity)} AND m.value = {_date_text(stand, due.at.value)}"
    return f"coalesce((SELECT m.due FROM moment m WHERE {known}), :now)"
