"""What waits in the database, for whoever watches over it: each figure is read by index and bounded (design 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from waystage.store.sql import Row, Tx


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows wait, counted up to a bound, and the instant of the oldest of those that were counted."""

    count: int
    oldest: int | None


def inbox(tx: Tx, most: int) -> Waiting:
    """What is not taken in; `oldest` is the id of the oldest row of all lanes."""
    count = tx.one("SELECT count(*) FROM (SELECT 1 AS one FROM inbox LIMIT :most) i", most=most)
    oldest = tx.one(
        "SELECT min(f.id) FROM (SELECT (SELECT i.id FROM inbox i WHERE i.lane = l.lane ORDER BY i.id LIMIT 1) AS id"
        " FROM lease l) f"
    )
    return Waiting(int(count[0]) if count else 0, oldest[0] if oldest else None)


def outbox(tx: Tx, channels: Sequence[str], passed: Mapping[tuple[int, str], int], most: int) -> dict[str, Waiting]:
    """Messages of each channel behind its marks: nobody has tried them. The instant is one of journey time.

    Only lanes in which something is behind are looked at, and about `most` rows of all of them: a mark that is stored
    may lag behind messages that nobody is to send. `passed` are marks that somebody knows better, by lane and channel.
    """
    found = dict.fromkeys(channels, Waiting(0, None))
    heads: dict[int, int] = dict(tx.rows("SELECT lane, effects - 1 FROM lease"))
    marks = {(lane, name): seq for lane, name, seq in tx.rows("SELECT lane, name, seq FROM mark WHERE name <> 'merge'")}
    marks |= passed
    for lane, head in heads.items():
        floor = min((marks.get((lane, name), 0) for name in channels), default=head)
        if floor < head:
            for channel, count, oldest in _behind(tx, lane, floor, head, most // len(heads) + 1):
                if channel in found:
                    known = found[channel]
                    first = oldest if known.oldest is None else min(oldest, known.oldest)
                    found[channel] = Waiting(known.count + count, first)
    return found


def _behind(tx: Tx, lane: int, floor: int, head: int, most: int) -> list[Row]:
    """(channel, how many, the first instant) of the messages among a lane's first rows in (floor, head]."""
    form = tx.dialect.look_up("form", "c", "c.id = o.content")
    mark = tx.dialect.look_up("mark", "m", "m.lane = :lane AND m.name = c.channel", optional=True)
    return tx.rows(
        "SELECT c.channel, count(*), min(o.at) FROM (SELECT seq, at, content, state FROM outbox"
        f" WHERE lane = :lane AND seq > :floor AND seq <= :head ORDER BY seq LIMIT :most) o{form}{mark}"
        " WHERE o.state = 0 AND o.seq > coalesce(m.seq, 0) GROUP BY c.channel",
        lane=lane, floor=floor, head=head, most=most,
    )  # fmt: skip


def again(tx: Tx, table: str, most: int) -> dict[str, Waiting]:
    """Messages by channel in `retry` (due in real time) or `deferred` (in journey time), with the first due instant."""
    rows = tx.rows(
        "SELECT f.channel, count(*), min(f.due) FROM"
        f" (SELECT channel, due FROM {table} ORDER BY lane, due, seq LIMIT :most) f GROUP BY f.channel",
        most=most,
    )  # fmt: skip
    return {channel: Waiting(count, due) for channel, count, due in rows}


def pending_calls(tx: Tx, most: int) -> int:
    """Calls of custom activities that have no final answer."""
    row = tx.one("SELECT count(*) FROM (SELECT 1 AS one FROM pending_call LIMIT :most) c", most=most)
    return int(row[0]) if row else 0


def due(tx: Tx, seats: Iterable[tuple[int, int, int]], most: int) -> int:
    """How many rest in these seats (lane, seat, up to which due instant), all together."""
    found = 0
    for lane, seat, until in seats:
        row = tx.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM queue WHERE lane = :lane AND seat = :seat AND due <= :until"
            " LIMIT :most) q",
            lane=lane, seat=seat, until=until, most=most - found,
        )  # fmt: skip
        found += int(row[0]) if row else 0
        if found >= most:
            break
    return found


def channels(tx: Tx) -> list[str]:
    """The channels that some sender has begun with."""
    return sorted(row[0] for row in tx.rows("SELECT DISTINCT name FROM mark WHERE name <> 'merge'"))


def lanes_without_owner(tx: Tx, real_now: int) -> int:
    """Lanes whose lease has run out, was given back, or was never taken."""
    row = tx.one("SELECT count(*) FROM lease WHERE until <= :now OR owner = ''", now=real_now)
    return int(row[0]) if row else 0


def living(tx: Tx, real_now: int) -> Mapping[str, int]:
    """Processes by role that have renewed their sign of life in time."""
    return dict(tx.rows("SELECT role, count(*) FROM process WHERE until > :now GROUP BY role", now=real_now))
