"""What history says beside the trace: refusals and other remarks, messages that were not sent, goals, stopped passages.

Each source gives its rows in the order of time, in slices, and reads rare rows only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from waystage.store.history import slices, whose
from waystage.store.history_filters import MOST_LISTED, Mark, Reach, Source, Values, beyond, numbers_between
from waystage.store.in_lists import chunks, in_list
from waystage.store.message_lists import SKIPS
from waystage.store.outbox import SENT
from waystage.store.sql import Row, Tx

#: Passages left behind by a stop that are shown at most until they are cleared away, which takes moments.
MOST_SHOWN = 10_000


@dataclass(frozen=True, slots=True)
class Note:
    """One note. `number` names it within its lane and source; `instance` and `activity` are 0 where there is none."""

    source: Source
    lane: int
    at: int
    number: int
    version: int
    instance: int
    activity: int
    contact_key: str
    status: str = ""
    message: str = ""
    attempt: int = 0

    @property
    def mark(self) -> Mark:
        """Its place among the notes of its lane and source."""
        return (self.at, self.version, self.number) if self.source is Source.GOAL else (self.at, self.number, 0)


Step: TypeAlias = Callable[[int, Row | None], list[Row]]


def _walked(read: Step, last: Row | None) -> Iterator[Row]:
    """Rows in slices; `read` is given the size of a slice and the last row before it, of which it sees the key."""
    for size in slices():
        rows = read(size, last)
        yield from rows
        if len(rows) < size:
            return
        last = rows[-1]


def _wanted(reach: Reach, lane: int, alias: str) -> tuple[str, Values]:
    """A condition that keeps what belongs to the wanted versions and contacts of a lane."""
    test, values = "", Values()
    if len(reach.wanted) <= MOST_LISTED:
        listed, more = in_list(sorted(reach.wanted), "version")
        test, values = f" AND {alias}.version IN {listed}", values | more
    if reach.contacts is not None:
        listed, more = in_list(list(reach.contacts[lane]), "contact")
        test, values = f"{test} AND {alias}.contact IN {listed}", values | more
    return test, values


def _numbered(tx: Tx, lane: int, reach: Reach, table: str, alias: str, test: str = "") -> str:
    """The rows of a table between two numbers, found by the index that holds only what is wanted, if there is one.

    The numbers `q` come from the index alone, so a planner that knows nothing of the table takes it. The sign keeps it
    from entering by a stretch of time where contacts are named.
    """
    sign = ""
    if reach.contacts is not None:
        sign, test = "+", f"{test} AND contact IN {in_list(list(reach.contacts[lane]), 'contact')[0]}"
    inner = f"SELECT seq FROM {table} WHERE lane = :lane AND {sign}seq >= :low AND {sign}seq < :high{test}"
    return f"({inner}) q" + tx.dialect.look_up(table, alias, f"{alias}.lane = :lane AND {alias}.seq = q.seq")


def _contact(tx: Tx, alias: str) -> str:
    return tx.dialect.look_up("contact", "c", f"c.lane = :lane AND c.contact = {alias}.contact", optional=True)


def _taken(reach: Reach, lane: int, source: Source) -> Row | None:
    """The key of the last row that was taken, in the form of a row: the number, and the instant."""
    mark = reach.taken.get((lane, source))
    return None if mark is None else (mark[1], mark[0])


def remarks(tx: Tx, lane: int, reach: Reach) -> Iterator[Note]:
    """Refusals, warnings and failures; by contact, or in the order in which they were written."""
    low, high = numbers_between(tx, "remark", lane, reach)
    if high <= 1:
        return
    test, values = _wanted(reach, lane, "r")
    if not reach.with_refusals:
        test += " AND r.activity > 0"
    if reach.words is not None:
        listed, more = in_list(sorted(reach.words), "word")
        test = f"{test} AND {tx.dialect.fold('r.status')} IN {listed}"
        values.update(more)

    whole = f"{_contact(tx, 'r')} WHERE 1 = 1{test}"

    def read(size: int, last: Row | None) -> list[Row]:
        lower, upper = beyond(reach, low, high, last[0] if last else None)
        return tx.rows(
            "SELECT r.seq, r.at, r.version, r.instance, r.activity, r.status, r.message, c.key"
            f" FROM {_numbered(tx, lane, reach, 'remark', 'r')}{whole} ORDER BY q.seq {reach.direction} LIMIT :size",
            lane=lane, low=lower, high=upper, size=size, **values,
        )  # fmt: skip

    for seq, at, version, instance, activity, status, message, key in _walked(read, _taken(reach, lane, Source.REMARK)):
        yield Note(Source.REMARK, lane, at, seq, version, instance, activity, key or "", status, message)


def suppressed(tx: Tx, lane: int, reach: Reach) -> Iterator[Note]:
    """Messages that were not to be sent; `message` is the reason where a receipt gives one (as in message_lists)."""
    low, high = numbers_between(tx, "outbox", lane, reach)
    if high <= 1:
        return
    test, values = _wanted(reach, lane, "o")
    said = "r.lane = :lane AND r.seq = o.seq AND r.status IN ('sent', 'suppressed')"
    receipt = tx.dialect.look_up("receipt", "r", said, optional=True)

    def read(size: int, last: Row | None) -> list[Row]:
        lower, upper = beyond(reach, low, high, last[0] if last else None)
        return tx.rows(
            "SELECT o.seq, o.at, o.version, o.instance, o.activity, c.key, r.status, r.detail, o.state"
            f" FROM {_numbered(tx, lane, reach, 'outbox', 'o', ' AND state >= 2')}{receipt}"
            f"{_contact(tx, 'o')} WHERE 1 = 1{test}"
            f" ORDER BY q.seq {reach.direction} LIMIT :size",
            lane=lane, low=lower, high=upper, size=size, **values,
        )  # fmt: skip

    for seq, at, version, instance, activity, key, word, detail, state in _walked(
        read, _taken(reach, lane, Source.SUPPRESSED)
    ):
        if word != SENT:
            yield Note(
                Source.SUPPRESSED, lane, at, seq, version, instance, activity, key or "", "", detail or SKIPS[state]
            )


def failed(tx: Tx, lane: int, reach: Reach) -> Iterator[Note]:
    """Messages that could not be delivered, at the instant when that was certain."""
    if reach.logs[lane].outbox <= 1:
        return
    test, values = _wanted(reach, lane, "o")
    sign = ""
    if reach.contacts is not None:
        sign = "+"
        test += f" AND r.contact IN {in_list(list(reach.contacts[lane]), 'contact')[0]}"
    message = tx.dialect.look_up("outbox", "o", "o.lane = :lane AND o.seq = r.seq")

    def read(size: int, last: Row | None) -> list[Row]:
        beyond = "" if last is None else f" AND ({sign}r.at, r.seq) {reach.following} (:at, :seq)"
        more = {} if last is None else {"at": last[1], "seq": last[0]}
        return tx.rows(
            "SELECT r.seq, r.at, r.attempt, r.detail, o.version, o.instance, o.activity, c.key FROM receipt r"
            f"{message}{_contact(tx, 'o')}"
            f" WHERE r.lane = :lane AND r.status = 'failed' AND {sign}r.at >= :start AND {sign}r.at <= :end"
            f"{beyond}{test}"
            f" ORDER BY r.at {reach.direction}, r.seq {reach.direction} LIMIT :size",
            lane=lane, size=size, **_stretch(reach), **values, **more,
        )  # fmt: skip

    last = _taken(reach, lane, Source.FAILED)
    for seq, at, attempt, detail, version, instance, activity, key in _walked(read, last):
        yield Note(Source.FAILED, lane, at, seq, version, instance, activity, key or "", "", detail, attempt)


def _stretch(reach: Reach) -> dict[str, int]:
    return {
        "start": -(2**62) if reach.start is None else reach.start,
        "end": 2**62 if reach.end is None else reach.end,
    }


def goals(tx: Tx, lane: int, reach: Reach) -> Iterator[Note]:
    """Passages that met the goal of their version."""
    if reach.logs[lane].hop_log <= 1:
        return
    if reach.instances is not None:
        rows = iter(_goals_of(tx, lane, reach))
    else:
        taken = reach.taken.get((lane, Source.GOAL))
        rows = _walked(lambda size, last: _goals_in_time(tx, lane, reach, size, last), taken)
    for at, version, instance, key in rows:
        yield Note(Source.GOAL, lane, at, instance, version, instance, 0, key or "")


def _goals_in_time(tx: Tx, lane: int, reach: Reach, size: int, last: Row | None) -> list[Row]:
    beyond = "" if last is None else f" AND (g.at, g.version, g.instance) {reach.following} (:at, :version, :instance)"
    more = {} if last is None else {"at": last[0], "version": last[1], "instance": last[2]}
    order = ", ".join(f"g.{column} {reach.direction}" for column in ("at", "version", "instance"))
    return tx.rows(
        f"SELECT g.at, g.version, g.instance, c.key FROM goal_met g{whose(tx, 'g.instance')}"
        f" WHERE g.lane = :lane AND g.at >= :start AND g.at <= :end{beyond} ORDER BY {order} LIMIT :size",
        lane=lane, size=size, **_stretch(reach), **more,
    )  # fmt: skip


def _goals_of(tx: Tx, lane: int, reach: Reach) -> list[Row]:
    found: list[Row] = []
    for versions in chunks(sorted(reach.wanted)):
        among, more = in_list(versions, "version")
        for chunk in chunks(list((reach.instances or {}).get(lane, ()))):
            listed, values = in_list(chunk)
            found += tx.rows(
                "SELECT g.at, g.version, g.instance, c.key FROM goal_met g"
                f"{whose(tx, 'g.instance')} WHERE g.lane = :lane AND g.version IN {among} AND g.instance IN {listed}",
                lane=lane,
                **more,
                **values,
            )
    left = (row for row in found if reach.covers(row[0]) and reach.is_left(lane, Source.GOAL, row[:3]))
    return sorted(left, reverse=reach.descending)


def stopped(tx: Tx, lane: int, reach: Reach) -> Iterator[Note]:
    """Passages of stopped versions that are still to be cleared away: they ended at the stop (design 8.12)."""
    instants = {at for at in reach.stopped.values() if reach.covers(at)}
    for at in sorted(instants, reverse=reach.descending):
        versions = [version for version, instant in reach.stopped.items() if instant == at]
        for instance, version, key in _left_behind(tx, lane, reach, versions):
            note = Note(Source.STOPPED, lane, at, instance, version, instance, 0, key or "")
            if reach.is_left(lane, Source.STOPPED, note.mark):
                yield note


def _left_behind(tx: Tx, lane: int, reach: Reach, versions: Sequence[int]) -> list[Row]:
    seats = [number for number, seat in reach.seats.items() if seat.version in versions]
    if reach.contacts is not None:
        return _active_of(tx, lane, reach.contacts[lane], versions)
    found: list[Row] = []
    for chunk in chunks(seats):
        listed, values = in_list(chunk)
        found += tx.rows(
            f"SELECT q.instance, i.version, c.key FROM queue q{whose(tx, 'q.instance')}"
            f" WHERE q.lane = :lane AND q.seat IN {listed} ORDER BY q.instance LIMIT :most",
            lane=lane, most=MOST_SHOWN, **values,
        )  # fmt: skip
    return sorted(found, reverse=reach.descending)


def _active_of(tx: Tx, lane: int, contacts: Sequence[int], versions: Sequence[int]) -> list[Row]:
    found: list[Row] = []
    for chunk in chunks(list(contacts)):
        listed, values = in_list(chunk)
        found += tx.rows(
            f"SELECT a.instance, i.version, c.key FROM active a{whose(tx, 'a.instance')}"
            f" WHERE a.lane = :lane AND a.contact IN {listed}",
            lane=lane,
            **values,
        )
    return sorted(row for row in found if row[1] in versions)
