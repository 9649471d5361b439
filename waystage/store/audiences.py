"""Rows of a data extension as audiences: taken slice by slice in the order of their keys (journey-spec 2.5, 2.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.plan.audiences import Audience
from waystage.plan.expressions import Kind
from waystage.store import lane_counters
from waystage.store.sql import Binder, Tx

_OF_EXTENSION = "r.lane = :lane AND r.extension = :extension AND (r.contact, r.key) > (:contact, :key)"


@dataclass(frozen=True, slots=True)
class Place:
    """A place between rows: behind the row with this key of this contact. No key is as small as the empty one."""

    contact: int
    key: str


#: Rows without a contact have the number 0 and are no audience.
START, END = Place(1, ""), Place(2**62, "")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows are meant: those numbered in (since, upto], and of a date rule those whose field lies in `ranges`."""

    since: int
    upto: int
    ranges: Sequence[tuple[int, int]] | None = None


def newest(tx: Tx, lane: int) -> int:
    """The number of the newest row of a lane."""
    return lane_counters.peek(tx, lane, "row") - 1


def mark(tx: Tx, lane: int, definition: int) -> int | None:
    """The number of the newest row that an evaluation of this event definition has seen (journey-spec 2.5)."""
    row = tx.one(
        "SELECT mark FROM watermark WHERE lane = :lane AND definition = :definition", lane=lane, definition=definition
    )
    return row[0] if row else None


def set_mark(tx: Tx, lane: int, definition: int, mark: int) -> None:
    """Rows up to this number were seen."""
    tx.run(
        "INSERT INTO watermark (lane, definition, mark) VALUES (:lane, :definition, :mark)"
        " ON CONFLICT (lane, definition) DO UPDATE SET mark = excluded.mark",
        lane=lane, definition=definition, mark=mark,
    )  # fmt: skip


def slice_end(tx: Tx, lane: int, extension: int, start: Place, limit: int) -> Place:
    """Where a slice of at most `limit` rows behind `start` ends: between two contacts, unless it holds only one."""
    first = _nth(tx, lane, extension, start, 1)
    last = _nth(tx, lane, extension, start, limit)
    if first is None or last is None:
        return END
    return last if last.contact == first.contact else Place(last.contact, "")


def _nth(tx: Tx, lane: int, extension: int, start: Place, place: int) -> Place | None:
    row = tx.one(
        f"SELECT r.contact, r.key FROM row r WHERE {_OF_EXTENSION} ORDER BY r.contact, r.key LIMIT 1 OFFSET :skip",
        lane=lane, extension=extension, contact=start.contact, key=start.key, skip=place - 1,
    )  # fmt: skip
    return Place(*row) if row else None


def gather(
    tx: Tx, lane: int, audience: Audience, span: tuple[Place, Place], chosen: Chosen, before: int
) -> int:  # fmt: skip
    """Fill `arriving` with the chosen rows of a slice, a contact's in the order of its primary key; how many there are.

    An event id is the negated number of the passage that it may start, of which `before` are taken. A contact may
    arrive several times, so what stands for its key is the row's number.
    """
    (start, end), sql, binder = span, tx.dialect, Binder()
    tests = [_OF_EXTENSION, "(r.contact, r.key) <= (:end_contact, :end_key)", "r.seq > :since", "r.seq <= :upto"]
    source = f"row r WHERE {' AND '.join(tests)}"
    if chosen.ranges is not None and audience.date_rule is not None:
        date = sql.json_integer("r.data", binder.bind(sql.member(audience.date_rule.field)))
        source = f"(SELECT r.*, {date} AS day FROM {source}) r WHERE {_within(binder, 'day', chosen.ranges)}"
    order = ", ".join(["r.contact", *_key_order(tx, binder, audience), "r.key"])
    rows = f"SELECT r.contact, r.key, r.data, row_number() OVER (ORDER BY {order}) AS n FROM {source}"
    known = sql.look_up("contact", "c", "c.lane = :lane AND c.contact = s.contact")
    return tx.run(
        "INSERT INTO arriving (lane, n, id, contact, contact_key, new_contact, gone, key, new_row, data)"
        f" SELECT :lane, s.n, :before - s.n, s.contact, {sql.text_of('s.n')}, 0,"
        " CASE WHEN c.deleted IS NULL THEN 0 ELSE 1 END, s.key, 0, s.data"
        f" FROM ({rows}) s{known}",
        lane=lane, extension=audience.extension, contact=start.contact, key=start.key, end_contact=end.contact,
        end_key=end.key, since=chosen.since, upto=chosen.upto, before=-before, **binder.values,
    )  # fmt: skip


def _key_order(tx: Tx, binder: Binder, audience: Audience) -> list[str]:
    """Numbers as numbers, texts in any case; without a primary key the rows come as they were written."""
    if not audience.repeats:
        return []
    sql, found = tx.dialect, []
    for name, kind in audience.key:
        parameter = binder.bind(sql.member(name))
        is_number = kind is Kind.INTEGER
        found.append(
            sql.json_integer("r.data", parameter) if is_number else sql.fold(sql.json_text("r.data", parameter))
        )
    return found or ["r.seq"]


def _within(binder: Binder, value: str, ranges: Sequence[tuple[int, int]]) -> str:
    """Whether a value lies in one of many ranges, in few comparisons and a short text: long ones are prepared anew."""
    if not ranges:
        return "FALSE"
    if len(ranges) == 1:
        ((low, high),) = ranges
        return f"({value} >= {binder.bind(low)} AND {value} < {binder.bind(high)})"
    half = len(ranges) // 2
    lower, upper = _within(binder, value, ranges[:half]), _within(binder, value, ranges[half:])
    return f"CASE WHEN {value} < {binder.bind(ranges[half][0])} THEN {lower} ELSE {upper} END"
