"""What a search of the history has to look at: versions, passages, places in the journey, and a stretch of time.

A filter reaches the tables by key: a contact by its lane and passages, a version by the set of its paths, a stretch of
time by the numbers of the rows that were written in it (design 8.5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

import msgspec

from waystage.store import trace
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Row, SqlValue, Tx, lane_numbers

#: Numbers that one condition lists at most; where there are more, the rows are sorted out after reading.
MOST_LISTED = 512

Values = dict[str, SqlValue]

Mark: TypeAlias = tuple[int, int, int]
"""Orders what one source has of a lane; its instant comes first."""


class Source(IntEnum):
    """Where a fact comes from; those of one instant in this order, a goal before the hop that it lets go on."""

    GOAL = 0
    HOP = 1
    REMARK = 2
    SUPPRESSED = 3
    FAILED = 4
    STOPPED = 5


@dataclass(frozen=True, slots=True)
class Places:
    """Which parts of a version are wanted: activities by number, the entry, the ending."""

    activities: frozenset[int]
    entries: bool
    endings: bool

    def are_held_by(self, path: trace.Path) -> bool:
        """Whether a path passes one of them; the entry and the place of rest are no part of a path."""
        passed = any(activity in self.activities for activity, _ in path.steps)
        return passed or (self.endings and bool(path.ended))


@dataclass(frozen=True, slots=True)
class Seat:
    """A place of rest; what is due there is due `shift` ms later."""

    version: int
    activity: int
    shift: int


@dataclass(frozen=True, slots=True)
class Logs:
    """How far the append-only tables of a lane have come: the next number of each, and the mark of the merge."""

    hop_log: int
    outbox: int
    remark: int
    merged: int


@dataclass(frozen=True, slots=True)
class Reach:
    """A search in the store's numbers; None does not restrict.

    `wanted` has every version that may be shown with the places of it that are wanted. `stopped` has the instants at
    which versions were stopped. `contacts` and `instances` are given together, by lane. Times in ms, inclusive.
    `words` are statuses of remarks in small letters. `only_waiting`: of the hops, those that led to a rest that is on;
    it may let others through. `taken` has the last fact of each source that a walk in slices has passed already.
    """

    wanted: Mapping[int, Places | None]
    logs: Mapping[int, Logs]
    stopped: Mapping[int, int] = field(default_factory=dict)
    seats: Mapping[int, Seat] = field(default_factory=dict)
    contacts: Mapping[int, Sequence[int]] | None = None
    instances: Mapping[int, Sequence[int]] | None = None
    start: int | None = None
    end: int | None = None
    descending: bool = True
    words: frozenset[str] | None = None
    with_refusals: bool = True
    only_waiting: bool = False
    taken: Mapping[tuple[int, Source], Mark] = field(default_factory=dict)
    bounds: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    """What `numbers_between` has found out, by table and lane."""

    def lanes(self, tx: Tx) -> Sequence[int]:
        """Every lane that may hold something."""
        return [
            lane for lane in (lane_numbers(tx) if self.contacts is None else sorted(self.contacts)) if lane in self.logs
        ]

    @property
    def direction(self) -> str:
        """The order of time as SQL."""
        return "DESC" if self.descending else "ASC"

    @property
    def following(self) -> str:
        """The comparison that finds what comes next in the order of time."""
        return "<" if self.descending else ">"

    def covers(self, at: int) -> bool:
        """Whether an instant lies in the stretch of time."""
        return (self.start is None or self.start <= at) and (self.end is None or at <= self.end)

    def is_left(self, lane: int, source: Source, mark: Mark) -> bool:
        """Whether a fact comes after what was taken of its source."""
        taken = self.taken.get((lane, source))
        return taken is None or (mark < taken if self.descending else mark > taken)


def logs_of(tx: Tx) -> dict[int, Logs]:
    """The state of every lane's logs, so that an empty one costs nothing more."""
    rows = tx.rows(
        "SELECT l.lane, l.hops, l.effects, l.remarks, coalesce(m.seq, 0) FROM lease l"
        " LEFT JOIN mark m ON m.lane = l.lane AND m.name = 'merge'"
    )
    return {row[0]: Logs(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of the wanted versions that a lane has met, by number; `is_all`: it has met no others."""

    known: Mapping[int, trace.Path]
    is_all: bool


def paths_of(tx: Tx, lane: int, reach: Reach) -> Paths:
    """What a lane has met of the wanted versions."""
    if len(reach.wanted) > MOST_LISTED:
        rows = tx.rows("SELECT id, version, steps, ended FROM path WHERE lane = :lane", lane=lane)
        known = {row[0]: _path(row) for row in rows if row[1] in reach.wanted}
        return Paths(known, len(known) == len(rows))
    listed, values = in_list(sorted(reach.wanted))
    rows = tx.rows(
        "SELECT p.id, p.version, p.steps, p.ended"
        f" FROM (SELECT id FROM path WHERE lane = :lane AND version IN {listed}) q"
        f"{tx.dialect.look_up('path', 'p', 'p.lane = :lane AND p.id = q.id')}",
        lane=lane,
        **values,
    )
    other = tx.one(f"SELECT 1 FROM path WHERE lane = :lane AND version NOT IN {listed} LIMIT 1", lane=lane, **values)
    return Paths({row[0]: _path(row) for row in rows}, other is None)


def paths_named(tx: Tx, lane: int, reach: Reach, numbers: Collection[int]) -> dict[int, trace.Path]:
    """Those of these paths that are ways of the wanted versions."""
    known: dict[int, trace.Path] = {}
    for chunk in chunks(sorted(numbers)):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT id, version, steps, ended FROM path WHERE lane = :lane AND id IN {listed}", lane=lane, **values
        )
        known.update((row[0], _path(row)) for row in rows if row[1] in reach.wanted)
    return known


def _path(row: Row) -> trace.Path:
    steps = tuple((activity, outcome) for activity, outcome in msgspec.json.decode(row[2]))
    return trace.Path(row[1], steps, row[3])


def hop_test(reach: Reach, paths: Paths) -> tuple[str, Values]:
    """A condition on hops `g` that leaves out what cannot be wanted; empty where that needs no test or too long a one.

    It may let through too much, never too little.
    """
    choosy = [places for places in reach.wanted.values() if places is not None]
    if not choosy and paths.is_all:
        return "", {}
    fitting = [number for number, path in paths.known.items() if _fits(reach.wanted[path.version], path)]
    seats = [number for number, seat in reach.seats.items() if _rests(reach.wanted.get(seat.version), seat)]
    if len(fitting) > MOST_LISTED or len(seats) > MOST_LISTED:
        return "", {}
    tests, values = ["1 = 0"], Values()
    for column, numbers in (("path", fitting), ("seat", seats)):
        if numbers:
            listed, more = in_list(numbers, column)
            tests.append(f"g.{column} IN {listed}")
            values |= more
    if any(places.entries for places in choosy):
        tests.append("g.hop = 0")
    return f" AND ({' OR '.join(tests)})", values


def _fits(places: Places | None, path: trace.Path) -> bool:
    return places is None or places.are_held_by(path)


def _rests(places: Places | None, seat: Seat) -> bool:
    """Whether those who come to rest in a seat are wanted for that; where all is wanted, their paths are."""
    return places is not None and seat.activity in places.activities


def numbers_between(tx: Tx, table: str, lane: int, reach: Reach) -> tuple[int, int]:
    """The first number and the one behind the last of what was written to an append-only table in the stretch of time.

    The rows of a lane are numbered in the order of their instants, so a few steps of halving find them.
    """
    if (table, lane) not in reach.bounds:
        lanes = reach.lanes(tx)
        heads = {one: int(getattr(reach.logs[one], table)) for one in lanes}
        firsts = dict.fromkeys(lanes, 0) if reach.start is None else _numbers_at(tx, table, heads, reach.start)
        lasts = heads if reach.end is None else _numbers_at(tx, table, heads, reach.end + 1)
        reach.bounds.update({(table, one): (firsts[one], lasts[one]) for one in lanes})
    return reach.bounds[table, lane]


def beyond(reach: Reach, low: int, high: int, last: int | None) -> tuple[int, int]:
    """The numbers that are left after one; None: all of them."""
    if last is None:
        return low, high
    return (low, last) if reach.descending else (last + 1, high)


def _numbers_at(tx: Tx, table: str, heads: Mapping[int, int], instant: int) -> dict[int, int]:
    """The first number of each lane whose row is not older than an instant; numbers may have gaps.

    All lanes are halved together, each step is one statement.
    """
    lows, highs = dict.fromkeys(heads, 0), dict(heads)
    while any(lows[lane] < highs[lane] for lane in heads):
        middles = {lane: (lows[lane] + highs[lane]) // 2 for lane in heads}
        found = _first_rows(tx, table, middles)
        for lane, middle in middles.items():
            seq, at = found.get(lane, (middle, instant))
            if lows[lane] >= highs[lane]:
                continue
            if at >= instant:
                highs[lane] = middle
            else:
                lows[lane] = seq + 1
    return lows


def _first_rows(tx: Tx, table: str, numbers: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """(number, instant) of the first row from a number on, by lane."""
    places = ", ".join(f"(:lane{lane}, :number{lane})" for lane in numbers)
    values = {name: value for lane, number in numbers.items() for name, value in _placed(lane, number)}
    first = f"FROM {table} f WHERE f.lane = l.lane AND f.seq >= b.number ORDER BY f.seq LIMIT 1"
    rows = tx.rows(
        f"WITH b (lane, number) AS (VALUES {places}) SELECT l.lane, (SELECT f.seq {first}), (SELECT f.at {first})"
        " FROM lease l JOIN b ON b.lane = l.lane",
        **values,
    )
    return {lane: (seq, at) for lane, seq, at in rows if seq is not None}


def _placed(lane: int, number: int) -> tuple[tuple[str, int], ...]:
    return (f"lane{lane}", lane), (f"number{lane}", number)
