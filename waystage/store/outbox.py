"""The sender's side of the message store: what is behind its mark, and what came of each attempt (design 8.1).

Nothing is changed: receipts are added, the mark moves over what has one, and what is tried again stands in `retry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.ground import ids
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Binder, Row, Tx

#: Words of receipts. A message whose newest receipt is none of the last two is queued still.
DEFERRED, UNKNOWN, SENT, FAILED = "deferred", "unknown", "sent", "failed"


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the outbox. `address` is None if nobody can be reached; `values` follow the form's parameters."""

    lane: int
    seq: int
    instance: int
    version: int
    activity: int
    contact: int
    at: int
    form: int
    state: int
    address: str | None
    values: tuple[int | str | None, ...]

    @property
    def request_id(self) -> str:
        """The name of the message outside, the same on every attempt."""
        return ids.guid_of("request", self.lane, self.seq)


@dataclass(frozen=True, slots=True)
class Due:
    """An effect to be tried; `retried` is the instant of its retry row, None on the first attempt."""

    effect: Effect
    attempt: int = 1
    retried: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt at `at` (journey time); `again` is the real instant of the next one, if there is any.

    `channel` where messages of several are recorded together.
    """

    due: Due
    at: int
    status: str
    detail: str
    again: int | None
    channel: str = ""
    bounced: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that was not tried: it is put aside until the real instant `until`, and no attempt is used up."""

    due: Due
    channel: str
    until: int


COLUMNS = "o.seq, o.instance, o.version, o.activity, o.contact, o.at, o.content, o.state"


def read_effect(lane: int, row: Row) -> Effect:
    """An effect from COLUMNS and the parameters as JSON text."""
    seq, instance, version, activity, contact, at, form, state, parameters = row
    address, *values = msgspec.json.decode(parameters)
    return Effect(lane, seq, instance, version, activity, contact, at, form, state, address, tuple(values))


def heads(tx: Tx) -> dict[int, int]:
    """The last number of each lane's outbox that is used up; one statement tells a sender where there is news."""
    return {lane: following - 1 for lane, following in tx.rows("SELECT lane, effects FROM lease")}


def marks(tx: Tx, channel: str) -> dict[int, int]:
    """How far the sender of a channel has come in each lane; a lane without a mark is at 0."""
    return dict(tx.rows("SELECT lane, seq FROM mark WHERE name = :channel", channel=channel))


def next_retries(tx: Tx, channel: str) -> dict[int, int]:
    """When the next retry of each lane is due."""
    return dict(tx.rows("SELECT lane, min(due) FROM retry WHERE channel = :channel GROUP BY lane", channel=channel))


def next_retry(tx: Tx, lane: int, *channels: str) -> int | None:
    """When the next retry of a lane is due."""
    binder = Binder()
    first = " UNION ALL ".join(
        f"SELECT min(due) AS due FROM retry WHERE lane = :lane AND channel = {binder.bind(channel)}"
        for channel in channels
    )
    row = tx.one(f"SELECT min(due) FROM ({first}) r", lane=lane, **binder.values)
    return row[0] if row else None


def behind(tx: Tx, lane: int, after: int, upto: int, limit: int) -> list[Due]:
    """The first effects to be delivered with numbers in (after, upto], for whatever channel."""
    rows = tx.rows(
        f"SELECT {COLUMNS}, {tx.dialect.json_out('o.parameters')} FROM outbox o WHERE o.lane = :lane"
        " AND o.seq > :after AND o.seq <= :upto AND o.state = 0 ORDER BY o.seq LIMIT :limit",
        lane=lane, after=after, upto=upto, limit=limit,
    )  # fmt: skip
    return [Due(read_effect(lane, row)) for row in rows]


def due_again(tx: Tx, lane: int, channels: Sequence[str], real_now: int, limit: int) -> list[Due]:
    """Effects whose next attempt is due, the longest due first."""
    listed, values = in_list(channels)
    rows = tx.rows(
        f"SELECT t.attempt, t.due, {COLUMNS}, {tx.dialect.json_out('o.parameters')}"
        f" FROM (SELECT due, seq, attempt FROM retry WHERE lane = :lane AND channel IN {listed} AND due <= :now"
        " ORDER BY due, seq LIMIT :limit) t JOIN outbox o ON o.lane = :lane AND o.seq = t.seq ORDER BY t.due, t.seq",
        lane=lane, now=real_now, limit=limit, **values,
    )  # fmt: skip
    return [Due(read_effect(lane, row[2:]), row[0], row[1]) for row in rows]


def record(tx: Tx, lane: int, channel: str, results: Sequence[Result]) -> None:
    """Receipts of one lane, and which effects are tried again when."""
    tx.many(
        "INSERT INTO receipt (lane, seq, attempt, at, status, detail, contact)"
        " VALUES (:lane, :seq, :attempt, :at, :status, :detail, :contact)",
        [
            {
                "lane": lane, "seq": one.due.effect.seq, "attempt": one.due.attempt,
                "at": one.at, "status": one.status, "detail": one.detail, "contact": one.due.effect.contact,
            }
            for one in results
        ],
    )  # fmt: skip
    _drop_retries(tx, lane, [(one.channel or channel, one.due) for one in results])
    _add_retries(tx, lane, channel, [one for one in results if one.again is not None])


def put_aside(tx: Tx, lane: int, waiting: Sequence[Aside]) -> None:
    """Effects that nobody tried are tried later, with no attempt used up."""
    if not waiting:
        return
    _drop_retries(tx, lane, [(one.channel, one.due) for one in waiting])
    tx.many(
        "INSERT INTO retry (lane, channel, due, seq, attempt) SELECT o.lane, :channel, :due, o.seq, :attempt"
        " FROM outbox o WHERE o.lane = :lane AND o.seq = :seq AND o.state <= 0",
        [
            {
                "lane": lane, "channel": one.channel, "due": one.until,
                "seq": one.due.effect.seq, "attempt": one.due.attempt,
            }
            for one in waiting
        ],
    )  # fmt: skip


def _drop_retries(tx: Tx, lane: int, tried: Sequence[tuple[str, Due]]) -> None:
    again = [(channel, one) for channel, one in tried if one.retried is not None]
    if again:
        tx.many(
            "DELETE FROM retry WHERE lane = :lane AND channel = :channel AND due = :due AND seq = :seq",
            [{"lane": lane, "channel": name, "due": one.retried, "seq": one.effect.seq} for name, one in again],
        )


def _add_retries(tx: Tx, lane: int, channel: str, results: Sequence[Result]) -> None:
    if results:
        tx.many(
            "INSERT INTO retry (lane, channel, due, seq, attempt) SELECT o.lane, :channel, :due, o.seq, :attempt"
            " FROM outbox o WHERE o.lane = :lane AND o.seq = :seq AND o.state <= 0",
            [
                {
                    "lane": lane, "channel": one.channel or channel, "due": one.again,
                    "seq": one.due.effect.seq, "attempt": one.due.attempt + 1,
                }
                for one in results
            ],
        )  # fmt: skip


def set_mark(tx: Tx, lane: int, channel: str, seq: int) -> None:
    """Every effect of the channel up to `seq` has a receipt."""
    tx.run(
        "INSERT INTO mark (lane, name, seq) VALUES (:lane, :channel, :seq)"
        " ON CONFLICT (lane, name) DO UPDATE SET seq = excluded.seq",
        lane=lane, channel=channel, seq=seq,
    )  # fmt: skip


def newest_receipts(tx: Tx, lane: int, seqs: Sequence[int]) -> dict[int, tuple[int, str, str]]:
    """(at, status, detail) of the last attempt of each of these effects that has been tried.

    What was sent has been sent, though its contact was deleted while it was on its way.
    """
    found: dict[int, tuple[int, str, str]] = {}
    for chunk in chunks(seqs):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT seq, at, status, detail FROM receipt WHERE lane = :lane AND seq IN {listed}"
            " ORDER BY seq, CASE WHEN status = 'sent' THEN 1 ELSE 0 END, attempt",
            lane=lane,
            **values,
        )
        found.update((row[0], (row[1], row[2], row[3])) for row in rows)
    return found


def contact_keys(tx: Tx, lane: int, numbers: Iterable[int]) -> dict[int, str]:
    """The keys of contacts of a lane."""
    found: dict[int, str] = {}
    for chunk in chunks(sorted(set(numbers))):
        listed, values = in_list(chunk)
        found |= dict(
            tx.rows(f"SELECT contact, key FROM contact WHERE lane = :lane AND contact IN {listed}", lane=lane, **values)
        )
    return found


@dataclass(frozen=True, slots=True)
class Origin:
    """Where messages of one version come from; `activities` are the keys of its activities in their order."""

    version: int
    definition_id: str
    number: int
    journey_key: str
    is_test: bool
    activities: tuple[str, ...]


def origins(tx: Tx, versions: Iterable[int]) -> dict[int, Origin]:
    """The versions that messages name; they do not change once they have been published."""
    found: dict[int, Origin] = {}
    for chunk in chunks(sorted(set(versions))):
        listed, values = in_list(chunk)
        rows = tx.rows(
            "SELECT v.number, v.definition_id, v.version, j.key, v.document FROM version v"
            f" JOIN journey j ON j.number = v.journey WHERE v.number IN {listed}",
            **values,
        )
        found.update((row[0], read_origin(row)) for row in rows)
    return found


def read_origin(row: Row) -> Origin:
    """An origin from version number, definition id, version, journey key and document."""
    document: Mapping[str, Any] = msgspec.json.decode(row[4])
    keys = tuple(str(activity.get("key", "")) for activity in document.get("activities") or ())
    is_test = str(document.get("executionMode", "")).casefold() == "test"
    return Origin(row[0], row[1], row[2], row[3], is_test, keys)
