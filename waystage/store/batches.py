"""Batches: ranges of the queue that are due, taken into the working set and removed by the same range (design 8.2)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import SqlValue, Tx


@dataclass(frozen=True, slots=True)
class Bound:
    """The last row of a batch, inclusive."""

    due: int
    instance: int


def bound_of(tx: Tx, lane: int, seat: int, now: int, limit: int) -> Bound:
    """Where a batch of at most `limit` due rows of a seat ends."""
    row = tx.one(
        "SELECT due, instance FROM queue WHERE lane = :lane AND seat = :seat AND due <= :now"
        " ORDER BY due, instance LIMIT 1 OFFSET :skip",
        lane=lane, seat=seat, now=now, skip=limit - 1,
    )  # fmt: skip
    return Bound(*row) if row else Bound(now, 2**62)


@dataclass(frozen=True, slots=True)
class Way:
    """The way of each row as SQL over `queue`, with its values.

    `carries`: the entry data comes along into the working set, as `d.data` here, because several statements need it.
    """

    leaf: str
    values: dict[str, SqlValue]
    carries: bool


_INSTANCE = "d.lane = :lane AND d.instance = queue.instance"
_RANGE = "{0}lane = :lane AND {0}seat = :seat AND ({0}due, {0}instance) <= (:bound_due, :bound_instance)"


def take(tx: Tx, lane: int, seat: int, bound: Bound, place: int, way: Way) -> int:
    """Move a range of the queue into the working set; returns how many rows it had."""
    data, join = ("d.data", tx.dialect.look_up("instance", "d", _INSTANCE)) if way.carries else ("NULL", "")
    taken = tx.run(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf, data)"
        f" SELECT :lane, {tx.dialect.position()}, queue.instance, queue.hop, queue.contact, :place, 0, {way.leaf},"
        f" {data} FROM queue{join} WHERE {_RANGE.format('queue.')}",
        lane=lane, seat=seat, bound_due=bound.due, bound_instance=bound.instance, place=place, **way.values,
    )  # fmt: skip
    tx.run(
        f"DELETE FROM queue WHERE {_RANGE.format('')}",
        lane=lane, seat=seat, bound_due=bound.due, bound_instance=bound.instance,
    )  # fmt: skip
    return taken


def clear(tx: Tx, lane: int, working_set: str) -> None:
    """Empty `work` or `arriving` after use: a batch finds them empty, and no contact's values stay behind."""
    tx.run(tx.dialect.clear(working_set), lane=lane)


def earliest(tx: Tx, lane: int, seat: int) -> int | None:
    """The earliest due instant of a seat: one seek."""
    row = tx.one(
        "SELECT due FROM queue WHERE lane = :lane AND seat = :seat ORDER BY due, instance LIMIT 1", lane=lane, seat=seat
    )
    return row[0] if row else None


def agenda(tx: Tx, lane: int) -> dict[int, int]:
    """Every seat that somebody rests in, with its earliest due instant, by skipping from seat to seat (design 8.2)."""
    found: dict[int, int] = {}
    seat = -1
    while row := tx.one(
        "SELECT seat, due FROM queue WHERE lane = :lane AND seat > :seat ORDER BY seat, due, instance LIMIT 1",
        lane=lane, seat=seat,
    ):  # fmt: skip
        seat = row[0]
        found[seat] = row[1]
    return found
