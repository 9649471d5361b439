"""The trace as history reads it: hops in the order of time, each with what came of its rest and whose it is.

One contact's hops are read by key; everybody's come from the log in slices, so that a page costs what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from waystage.store.history_filters import (
    Logs,
    Mark,
    Paths,
    Reach,
    Source,
    Values,
    beyond,
    hop_test,
    numbers_between,
    paths_named,
    paths_of,
)
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Row, Tx
from waystage.store.trace import Path

#: Rows of the first slice and of the largest: who reads on pays for fewer statements.
FIRST_SLICE, LARGEST_SLICE = 128, 4_096


@dataclass(slots=True)  # not frozen, which would take twice as long to make: a search makes thousands
class Hop:
    """One hop; `place` orders those of one instant. `next_at` and `next_path` tell how its rest ended, if it has."""

    lane: int
    at: int
    place: tuple[int, int]
    instance: int
    hop: int
    path: Path
    seat: int
    due: int
    contact_key: str
    next_at: int | None = None
    next_path: Path | None = None

    @property
    def mark(self) -> Mark:
        """Its place among the hops of the lane."""
        return self.at, *self.place


def whose(tx: Tx, instance: str) -> str:
    """Joins that find the passage `i` and its contact `c` for each row before them."""
    passage = tx.dialect.look_up("instance", "i", f"i.lane = :lane AND i.instance = {instance}", optional=True)
    return passage + tx.dialect.look_up("contact", "c", "c.lane = :lane AND c.contact = i.contact", optional=True)


def slices() -> Iterator[int]:
    """Sizes of slices, ever larger."""
    size = FIRST_SLICE
    while True:
        yield size
        size = min(size * 4, LARGEST_SLICE)


def hops(tx: Tx, lane: int, reach: Reach) -> Iterator[Hop]:
    """Every hop that may hold something wanted, in the order of time."""
    if reach.logs[lane].hop_log <= 1:
        return
    if reach.instances is not None:
        yield from _of_instances(tx, lane, reach)
    elif (paths := paths_of(tx, lane, reach)).known:
        yield from _in_time(tx, lane, reach, paths)


# -- by passage -----------------------------------------------------------------------------------------------------


def _of_instances(tx: Tx, lane: int, reach: Reach) -> list[Hop]:
    found: list[Row] = []
    for chunk in chunks(list((reach.instances or {}).get(lane, ()))):
        found += _rows_of(tx, lane, reach.logs[lane], chunk)
    paths = paths_named(tx, lane, reach, {row[3] for row in found})
    known = [_hop(lane, row, paths, (row[0], row[1]), row[6]) for row in sorted(found) if row[3] in paths]
    hops = [_followed(one, after) for one, after in pairwise([*known, None]) if one is not None]
    return sorted(
        (one for one in hops if reach.covers(one.at) and reach.is_left(lane, Source.HOP, one.mark)),
        key=lambda one: one.mark,
        reverse=reach.descending,
    )


def _followed(hop: Hop, after: Hop | None) -> Hop:
    if after is None or (after.instance, after.hop) != (hop.instance, hop.hop + 1):
        return hop
    return _with_next(hop, after.at, after.path)


def _rows_of(tx: Tx, lane: int, logs: Logs, instances: Sequence[int]) -> list[Row]:
    """(instance, hop, at, path, seat, due, contact key) of passages; what is merged, and the tail of the log."""
    listed, values = in_list(instances)
    columns = "g.instance, g.hop, g.at, g.path, g.seat, g.due, c.key"
    rows = tx.rows(
        f"SELECT {columns} FROM hop g{whose(tx, 'g.instance')} WHERE g.lane = :lane AND g.instance IN {listed}",
        lane=lane,
        **values,
    )
    if logs.hop_log - 1 > logs.merged:
        rows += tx.rows(
            f"SELECT {columns} FROM hop_log g{whose(tx, 'g.instance')}"
            f" WHERE g.lane = :lane AND g.seq > :mark AND g.instance IN {listed}",
            lane=lane,
            mark=logs.merged,
            **values,
        )
    return rows


# -- by time --------------------------------------------------------------------------------------------------------


_STILL_RESTS = (
    " AND g.seat <> 0 AND NOT EXISTS (SELECT 1 FROM hop x WHERE x.lane = :lane AND x.instance = g.instance"
    " AND x.hop = g.hop + 1)"
)


def _in_time(tx: Tx, lane: int, reach: Reach, paths: Paths) -> Iterator[Hop]:
    taken = reach.taken.get((lane, Source.HOP))
    low, high = beyond(reach, *numbers_between(tx, "hop_log", lane, reach), taken[1] if taken else None)
    test, values = hop_test(reach, paths)
    if reach.only_waiting:
        test += _STILL_RESTS
    logs, known = reach.logs[lane], paths.known
    for size in slices():
        rows = _slice(tx, lane, reach, test, {**values, "low": low, "high": high, "size": size})
        hops = [_hop(lane, row[1:7], known, (row[0], 0), row[7]) for row in rows if row[4] in known]
        merged = {row[0]: (row[8], row[9]) for row in rows if row[8] is not None}
        tail = _next_in_tail(tx, lane, logs, [one for one in hops if one.seat and one.place[0] not in merged])
        for one in hops:
            after = merged.get(one.place[0]) or tail.get((one.instance, one.hop + 1))
            yield one if after is None else _with_next(one, after[0], known.get(after[1]))
        if len(rows) < size:
            return
        low, high = beyond(reach, low, high, rows[-1][0])


def _slice(tx: Tx, lane: int, reach: Reach, test: str, values: Values) -> list[Row]:
    """(seq, instance, hop, at, path, seat, due, contact key, at and path of the next hop if it is merged)."""
    inner = (
        "SELECT g.seq, g.instance, g.hop, g.at, g.path, g.seat, g.due FROM hop_log g"
        f" WHERE g.lane = :lane AND g.seq >= :low AND g.seq < :high{test} ORDER BY g.seq {reach.direction} LIMIT :size"
    )
    after = tx.dialect.look_up(
        "hop", "n", "n.lane = :lane AND n.instance = g.instance AND n.hop = g.hop + 1", optional=True
    )
    return tx.rows(
        "SELECT g.seq, g.instance, g.hop, g.at, g.path, g.seat, g.due, c.key, n.at, n.path"
        f" FROM ({inner}) g{after}{whose(tx, 'g.instance')} ORDER BY g.seq {reach.direction}",
        lane=lane,
        **values,
    )


def _next_in_tail(tx: Tx, lane: int, logs: Logs, resting: Sequence[Hop]) -> dict[tuple[int, int], tuple[int, int]]:
    """(at, path) by (instance, hop) of what followed these rests, from the part of the log that is not merged."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    if logs.hop_log - 1 <= logs.merged:
        return found
    for chunk in chunks(sorted({one.instance for one in resting})):
        listed, values = in_list(chunk)
        rows = tx.rows(
            "SELECT instance, hop, at, path FROM hop_log"
            f" WHERE lane = :lane AND seq > :mark AND hop > 0 AND instance IN {listed}",
            lane=lane,
            mark=logs.merged,
            **values,
        )
        found.update(((instance, hop), (at, path)) for instance, hop, at, path in rows)
    return found


def _hop(lane: int, row: Sequence[int], paths: Mapping[int, Path], place: tuple[int, int], key: str | None) -> Hop:
    instance, hop, at, path, seat, due = row[:6]
    return Hop(lane, at, place, instance, hop, paths[path], seat, due, key or "")


def _with_next(hop: Hop, at: int, path: Path | None) -> Hop:
    hop.next_at, hop.next_path = at, path
    return hop
