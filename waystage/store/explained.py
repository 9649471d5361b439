"""What explaining one contact reads beside its history: its passages and refusals, and values as criteria see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from waystage.plan import expressions as e
from waystage.store import expressions
from waystage.store.expressions import Setting
from waystage.store.in_lists import in_list
from waystage.store.sql import Tx

#: Values that one statement gives; a database takes only so many columns.
_MOST_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Begun:
    """A passage; `is_forgotten`: its entry data is gone, as the contact was deleted, or there never was any."""

    instance: int
    version: int
    entered: int
    is_inside: bool
    is_forgotten: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that did not let its contact in; `at` in ms."""

    at: int
    version: int
    status: str


def passages(
    tx: Tx, lane: int, contact: int, journey: int, limit: int, offset: int
) -> tuple[int, list[Begun]]:  # fmt: skip
    """How many passages a contact has begun through a journey, and some of them, the newest first."""
    own = "lane = :lane AND contact = :contact AND journey = :journey"
    known = {"lane": lane, "contact": contact, "journey": journey}
    both = f"SELECT instance, 1 AS inside FROM active WHERE {own} UNION ALL SELECT instance, 0 FROM past WHERE {own}"
    row = tx.one(f"SELECT count(*) FROM ({both}) b", **known)
    begun = tx.dialect.look_up("instance", "i", "i.lane = :lane AND i.instance = b.instance")
    rows = tx.rows(
        f"SELECT b.instance, i.version, i.entered, b.inside, {tx.dialect.json_out('i.data')}"
        f" FROM (SELECT instance, inside FROM ({both}) a ORDER BY instance DESC LIMIT :limit OFFSET :offset) b{begun}"
        " WHERE TRUE ORDER BY b.instance DESC",
        **known, limit=limit, offset=offset,
    )  # fmt: skip
    found = [
        Begun(instance, version, entered, bool(inside), data == "{}")
        for instance, version, entered, inside, data in rows
    ]
    return (int(row[0]) if row else 0), found


def refusals(
    tx: Tx, lane: int, contact: int, versions: Collection[int], limit: int, offset: int
) -> list[Refusal]:  # fmt: skip
    """Some of the refusals of a contact by these versions, the newest first."""
    if not versions:
        return []
    listed, values = in_list(sorted(versions))
    own = tx.dialect.look_up("remark", "r", "r.lane = :lane AND r.seq = q.seq")
    rows = tx.rows(
        "SELECT r.at, r.version, r.status FROM (SELECT seq FROM remark WHERE lane = :lane AND contact = :contact) q"
        f"{own} WHERE r.instance = 0 AND r.activity = 0 AND r.version IN {listed}"
        " ORDER BY q.seq DESC LIMIT :limit OFFSET :offset",
        lane=lane, contact=contact, limit=limit, offset=offset, **values,
    )  # fmt: skip
    return [Refusal(*row) for row in rows]


def values(
    setting: Setting, asked: Sequence[e.Expression], instance: int, hop: int, contact: int
) -> list[int | str | None]:
    """Values, and conditions as 0 or 1, of one passage in one of its hops; `setting` speaks of it as `w`."""
    found: list[int | str | None] = []
    for at in range(0, len(asked), _MOST_COLUMNS):
        some = asked[at : at + _MOST_COLUMNS]
        join = expressions.joined_event(setting, any(map(e.reads_event, some)))
        columns = ", ".join(f"{expressions.shown(setting, one)} AS v{place}" for place, one in enumerate(some))
        row = setting.tx.one(
            f"SELECT {columns} FROM (SELECT CAST(:instance AS BIGINT) AS instance, CAST(:hop AS BIGINT) AS hop,"
            f" CAST(:contact AS BIGINT) AS contact) w{join} WHERE TRUE",
            lane=setting.lane, now=setting.now, instance=instance, hop=hop, contact=contact, **setting.binder.values,
        )  # fmt: skip
        found += row if row is not None else [None] * len(some)
    return found


# -- messages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sending:
    """A message by who wrote it: the passage, in one of its hops, at an activity."""

    instance: int
    hop: int
    activity: int


def messages(tx: Tx, lane: int, wanted: Mapping[Sending, int]) -> dict[Sending, int]:
    """The numbers of messages, which are found by the instant at which each was written (ms).

    The messages of a lane are numbered in the order of time, so halving finds those of an instant; no index knows them
    by their passage, because every message that is ever written would pay for it.
    """
    found: dict[Sending, int] = {}
    bounds = _bounds(tx, lane, sorted({edge for at in wanted.values() for edge in (at, at + 1)}))
    for one, at in wanted.items():
        row = tx.one(
            "SELECT seq FROM outbox WHERE lane = :lane AND seq >= :low AND seq < :high AND instance = :instance"
            " AND hop = :hop AND activity = :activity ORDER BY seq LIMIT 1",
            lane=lane, low=bounds[at], high=bounds[at + 1], instance=one.instance, hop=one.hop, activity=one.activity,
        )  # fmt: skip
        if row is not None:
            found[one] = row[0]
    return found


def _bounds(tx: Tx, lane: int, instants: Sequence[int]) -> dict[int, int]:
    """The first number whose message is not older than each of these instants; all are halved together."""
    last = tx.one("SELECT seq FROM outbox WHERE lane = :lane ORDER BY seq DESC LIMIT 1", lane=lane)
    lows = dict.fromkeys(instants, 0)
    highs = dict.fromkeys(instants, last[0] + 1 if last else 0)
    while open_ := [at for at in instants if lows[at] < highs[at]]:
        middles = {at: (lows[at] + highs[at]) // 2 for at in open_}
        rows = _first_from(tx, lane, sorted(set(middles.values())))
        for at, middle in middles.items():
            seq, written = rows[middle]
            if written >= at:
                highs[at] = middle
            else:
                lows[at] = seq + 1
    return lows


def _first_from(tx: Tx, lane: int, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(number, instant) of the first message from each of these numbers on, none of which is behind the last."""
    listed = ", ".join(f"(:number{place})" for place in range(len(numbers)))
    first = "SELECT f.seq FROM outbox f WHERE f.lane = :lane AND f.seq >= b.number ORDER BY f.seq LIMIT 1"
    row = tx.dialect.look_up("outbox", "g", f"g.lane = :lane AND g.seq = ({first})")
    rows = tx.rows(
        f"WITH b (number) AS (VALUES {listed}) SELECT b.number, g.seq, g.at FROM b{row} WHERE TRUE",
        lane=lane,
        **{f"number{place}": number for place, number in enumerate(numbers)},
    )
    return {number: (seq, at) for number, seq, at in rows}
