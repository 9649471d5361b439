"""What belongs to lanes themselves, in a database with another number of them: logs, marks, timers, sums, counters."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from waystage.ground import ids
from waystage.store.copying import Page, pages
from waystage.store.relocation import NotAtRest, Relocation, accounts_of, moved
from waystage.store.sql import Tx
from waystage.store.tables import all_tables

#: A row's number: [how many have seen all rows up to an older one: 12][in the order of writing: 50] (see `Seen`).
_ORDER = 50
_WRITTEN = (1 << _ORDER) - 1
_SLICE = 10_000
#: What the timer of an audience remembers of rows, see engine.audience.
_SEEN, _UPTO = "seen", "upto"

Mark = tuple[str, int]


def move_sums(move: Relocation) -> None:
    """Counters are summed over the lanes when they are read, so one lane may have all."""
    for name in ("counter", "daily"):
        table = all_tables()[name]
        key = [column for column in table.key if column != "lane"]
        sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        for page in pages(move.source, table):
            for n, *of in zip(page["n"], *(page[column] for column in key), strict=True):
                sums[tuple(of)] += n
        columns = [list(values) for values in zip(*sums, strict=True)] or [[] for _ in key]
        found = dict(zip(key, columns, strict=True)) | {"lane": [1] * len(sums), "n": list(sums.values())}
        move.write(table, found)


def move_paths(move: Relocation) -> None:
    """The number of a path is made from its content, so each lane may know all."""
    table = all_tables()["path"]
    known: dict[int, tuple[Any, ...]] = {}
    for page in pages(move.source, table):
        known.update((row[1], row) for row in zip(*(page[column] for column in table.columns), strict=True))
    for lane in move.new_lanes:
        columns = [list(values) for values in zip(*known.values(), strict=True)] or [[] for _ in table.columns]
        move.write(table, {**dict(zip(table.columns, columns, strict=True)), "lane": [lane] * len(known)})


def move_log(move: Relocation) -> None:
    """The log of hops in the order of time, numbered anew; what was not merged yet is merged on the way."""
    table, merged = all_tables()["hop_log"], all_tables()["hop"]
    marks: dict[int, int] = dict(move.source.rows("SELECT lane, seq FROM mark WHERE name = 'merge'"))
    last = dict.fromkeys(move.new_lanes, 0)
    for rows in _slices(_in_time(move, "hop_log")):
        page = _page(list(table.columns), [row for _, row in rows])
        olds, numbers = page["lane"], page["instance"]
        page["instance"] = [ids.moved(old, number) for old, number in zip(olds, numbers, strict=True)]
        page["lane"] = [move.lanes_by("instance", old, [number])[0] for old, number in zip(olds, numbers, strict=True)]
        tail = [place for place, old in enumerate(olds) if page["seq"][place] > marks.get(old, 0)]
        for place, lane in enumerate(page["lane"]):
            last[lane] += 1
            page["seq"][place] = last[lane]
        move.write(table, page)
        move.write(merged, {column: [page[column][place] for place in tail] for column in merged.columns})
    move.target.many(
        "INSERT INTO mark (lane, name, seq) VALUES (:lane, 'merge', :seq)",
        [{"lane": lane, "seq": seq} for lane, seq in last.items()],
    )
    move.target.many(
        "UPDATE lease SET hops = :next WHERE lane = :lane", [{"lane": lane, "next": n + 1} for lane, n in last.items()]
    )


def move_remarks(move: Relocation) -> None:
    """From one lane they keep their numbers; several are put in the order of time, and numbered anew for that."""
    table, many = all_tables()["remark"], len(move.old_lanes) > 1
    following = dict.fromkeys(move.new_lanes, move.first_number)
    for rows in _slices(_in_time(move, "remark")):
        page = _page(list(table.columns), [row for _, row in rows])
        olds = page["lane"]
        contacts = zip(olds, page["contact"], strict=True)
        page["lane"] = [move.lanes_by("contact", old, [one])[0] if one else 1 for old, one in contacts]
        for column in ("contact", "instance") if many else ("contact", "instance", "seq"):
            page[column] = [ids.moved(old, one) for old, one in zip(olds, page[column], strict=True)]
        for place, lane in enumerate(page["lane"] if many else ()):
            page["seq"][place] = following[lane]
            following[lane] += 1
        move.write(table, page)
    move.target.many(
        "UPDATE lease SET remarks = :next WHERE lane = :lane",
        [{"lane": lane, "next": n} for lane, n in following.items()],
    )


def _in_time(move: Relocation, name: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(instant, row) of all lanes."""
    return heapq.merge(*(_rows(move.source, name, lane) for lane in move.old_lanes), key=itemgetter(0))


def _rows(tx: Tx, name: str, lane: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    table = all_tables()[name]
    for page in pages(tx, table, lane):
        yield from zip(page["at"], zip(*(page[column] for column in table.columns), strict=True), strict=True)


def _slices(rows: Iterator[tuple[int, tuple[Any, ...]]]) -> Iterator[list[tuple[int, tuple[Any, ...]]]]:
    while found := list(islice(rows, _SLICE)):
        yield found


def _page(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Page:
    return dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))


class Seen:
    """How far audiences have looked through the rows of each lane, as an order that is the same in all lanes."""

    def __init__(self, move: Relocation, progress: dict[int, dict[int, dict[str, Any]]]) -> None:
        """`progress`: what the timers of audiences remember, by lane and version; NotAtRest if lanes differ."""
        by_lane: dict[int, dict[Mark, int]] = {lane: {} for lane in move.old_lanes}
        for lane, definition, mark in move.source.rows("SELECT lane, definition, mark FROM watermark"):
            by_lane[lane]["", definition] = mark
        for lane, versions in progress.items():
            for version, told in versions.items():
                by_lane[lane].update(
                    {(name, version): told[name] for name in (_SEEN, _UPTO) if told.get(name) is not None}
                )
        names = sorted({mark for marks in by_lane.values() for mark in marks})
        self.order = sorted(names, key=lambda name: sum(marks.get(name, 0) for marks in by_lane.values()))
        self._bounds = {lane: [marks.get(name, 0) for name in self.order] for lane, marks in by_lane.items()}
        if any(bounds != sorted(bounds) for bounds in self._bounds.values()):
            raise NotAtRest("the audience of a journey is being looked through")
        self._places = {name: place for place, name in enumerate(self.order)}
        self._among = {lane: place for place, lane in enumerate(move.old_lanes)}

    def number(self, lane: int, seq: int) -> int:
        """What the number of a row of an old lane becomes: above the marks that were below it, and in its order."""
        return bisect_left(self._bounds[lane], seq) << _ORDER | self._unique(seq, self._among[lane])

    def mark(self, name: Mark) -> int:
        """What a mark becomes in every lane."""
        return (self._places[name] + 1 << _ORDER) - 1

    def following(self, newest: int) -> int:
        """The number of the next row; `newest` is the largest that any lane has given out."""
        return len(self.order) << _ORDER | self._unique(newest + 1, 0)

    def _unique(self, seq: int, place: int) -> int:
        """In the order of writing, and no two alike; rows without a number have none."""
        written = seq & _WRITTEN
        unique = (written - 1) * len(self._among) + place + 1 if written else 0
        if unique > _WRITTEN:
            raise OverflowError(f"row number {seq} is too large to be moved")
        return unique


def move_rows(move: Relocation, seen: Seen) -> None:
    """Rows go with their contacts; those of nobody lie by the hash of their keys."""
    accounts = accounts_of(move.source, "data_extension")

    def change(lane: int, page: Page) -> None:
        keyed = zip(page["extension"], page["key"], page["contact"], strict=True)
        page["lane"] = [move.home_of(lane, contact, accounts[extension], key) for extension, key, contact in keyed]
        page["contact"] = moved(lane, page["contact"])
        page["seq"] = [seen.number(lane, seq) for seq in page["seq"]]

    move.each_page("row", change)
    for name, definition in seen.order:
        if not name:
            _in_each_lane(move, "watermark", {"definition": definition, "mark": seen.mark((name, definition))})
    newest = move.source.rows("SELECT max(next) FROM lane_counter WHERE name = 'row'")[0][0] or 1
    _set_counter(move, "row", seen.following(newest))
    _set_counter(move, "contact", move.first_number)


def _set_counter(move: Relocation, name: str, following: int) -> None:
    move.target.many(
        "INSERT INTO lane_counter (lane, name, next) VALUES (:lane, :name, :next)"
        " ON CONFLICT (lane, name) DO UPDATE SET next = excluded.next",
        [{"lane": lane, "name": name, "next": following} for lane in move.new_lanes],
    )


def _in_each_lane(move: Relocation, name: str, row: dict[str, Any]) -> None:
    table = all_tables()[name]
    many = len(move.new_lanes)
    move.write(table, {column: [value] * many for column, value in row.items()} | {"lane": list(move.new_lanes)})
