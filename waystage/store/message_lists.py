"""Pages of the message store, newest first: by contact, journey, activity and by what became of a message.

Within a lane the numbers of the outbox rise with time, so a page is read from the end of its key, without sorting. What
is sent, failed, queued or suppressed is found from the table or index that holds little else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from waystage.plan.effects import Skip
from waystage.store import outbox
from waystage.store.in_lists import chunks, in_list
from waystage.store.outbox import Effect, Origin
from waystage.store.sql import Binder, SqlValue, Tx, lane_numbers

CAPTURED, QUEUED, SENT, FAILED, SUPPRESSED = "captured", "queued", outbox.SENT, outbox.FAILED, "suppressed"
STATUSES = (CAPTURED, QUEUED, SENT, FAILED, SUPPRESSED)

#: Why a message is suppressed whose receipt gives no other reason, by its state (journey-spec 1.6, 8.8).
SKIPS: Mapping[int, str] = {
    Skip.NO_ADDRESS: "InvalidDefaultEmail",
    Skip.NO_NUMBER: "InvalidDefaultMobileNumber",
    Skip.DELETED: "ContactIsDeleted",
    Skip.UNSUBSCRIBED: "GlobalUnsubscribe",
    Skip.LIST_UNSUBSCRIBED: "ListUnsubscribe",
    Skip.SUPPRESSION_LIST: "SuppressionList",
    Skip.DOMAIN: "DomainExclusion",
    Skip.EXCLUSION: "ExclusionScript",
    Skip.SYNTAX: "InvalidSyntax",
}
NO_ADDRESS = SKIPS[Skip.NO_ADDRESS]
#: Messages are counted up to this many for every page, so that a page costs the same however many there are.
MOST_COUNTED = 100_000
#: No page begins behind so many.
FARTHEST = 1_000_000
#: Rows of one lane that are read at once when somebody pages far.
LARGEST_SLICE = 4_096

#: Where the few messages of a state are found among many: table and literal test, as the indexes have them.
_BY_INDEX: Mapping[str | None, tuple[str, str]] = {
    SENT: ("receipt", "r.status = 'sent'"),
    FAILED: ("receipt", "r.status = 'failed'"),
    SUPPRESSED: ("outbox", "r.state >= 2"),
}

Place = tuple[int, int]
"""Lane and number of a message."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: of a business unit, all or those of one contact (lane, number), of some (version, activity) pairs
    or versions, in one state and of one channel. None does not restrict.
    """

    account: int
    contact: Place | None = None
    versions: tuple[int, ...] | None = None
    activities: tuple[tuple[int, int], ...] | None = None
    status: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as it lies in the store; `status`, `reason` and `sent` (journey time) as the newest receipt says."""

    effect: Effect
    contact_key: str
    status: str
    reason: str | None
    sent: int | None


def versions_of(tx: Tx, account: int, journey_key: str | None) -> list[Origin]:
    """The versions of a business unit, or of one of its journeys (key in any case), that may have sent something."""
    by_key = "" if journey_key is None else " AND j.key_folded = :folded"
    values = {} if journey_key is None else {"folded": journey_key.casefold()}
    rows = tx.rows(
        "SELECT v.number, v.definition_id, v.version, j.key, v.document FROM version v JOIN journey j"
        f" ON j.number = v.journey WHERE v.account = :account AND v.published IS NOT NULL{by_key} ORDER BY v.number",
        account=account,
        **values,
    )
    return [outbox.read_origin(row) for row in rows]


def count(tx: Tx, wanted: Wanted) -> int:
    """How many there are, up to MOST_COUNTED."""
    total = 0
    for lane in _lanes(tx, wanted):
        source, values = _source(tx, wanted, lane)
        row = tx.one(
            f"SELECT count(*) FROM (SELECT 1 AS one {source} LIMIT :most) x", **values, most=MOST_COUNTED - total
        )
        total += int(row[0]) if row else 0
    return total


def page(tx: Tx, wanted: Wanted, limit: int, offset: int) -> list[StoredMessage]:
    """One page, newest first; messages of one instant in a fixed order. There is none behind FARTHEST."""
    if offset >= FARTHEST:
        return []
    lanes = _lanes(tx, wanted)
    if len(lanes) == 1:
        return load(tx, [(lanes[0], seq) for _, seq in _newest(tx, wanted, lanes[0], limit, offset)])
    streams = [_stream(tx, wanted, lane, limit) for lane in lanes]
    return load(tx, [(lane, -seq) for _, lane, seq in islice(merge(*streams), offset, offset + limit)])


def _stream(tx: Tx, wanted: Wanted, lane: int, first: int) -> Iterator[tuple[int, int, int]]:
    """What a lane has, the newest first, as it sorts among the lanes; read in slices, only as far as somebody looks."""
    size, last = first, None
    while True:
        rows = _newest(tx, wanted, lane, size, 0, last)
        yield from ((-at, lane, -seq) for at, seq in rows)
        if len(rows) < size:
            return
        size, last = min(4 * size, LARGEST_SLICE), rows[-1][1]


def _lanes(tx: Tx, wanted: Wanted) -> Sequence[int]:
    return lane_numbers(tx) if wanted.contact is None else (wanted.contact[0],)


def _newest(
    tx: Tx, wanted: Wanted, lane: int, limit: int, offset: int, before: int | None = None
) -> list[tuple[int, int]]:
    """(at, seq) of messages of a lane, the newest first; those `before` a number, or all."""
    source, values = _source(tx, wanted, lane)
    order = "r.seq" if wanted.status in _BY_INDEX else "o.seq"
    if before is not None:
        source += f" AND {order} < :before"
        values["before"] = before
    rows = tx.rows(
        f"SELECT o.at, o.seq {source} ORDER BY {order} DESC LIMIT :limit OFFSET :offset",
        **values,
        limit=limit,
        offset=offset,
    )
    return [(row[0], row[1]) for row in rows]


def _source(tx: Tx, wanted: Wanted, lane: int) -> tuple[str, dict[str, SqlValue]]:
    """FROM and WHERE for the messages `o` of one lane, and their values."""
    binder = Binder()
    bind = binder.bind
    table = "outbox o"
    tests = [f"o.lane = {bind(lane)}", _of_versions(binder, wanted)]
    if wanted.contact is not None:
        tests.append(f"o.contact = {bind(wanted.contact[1])}")
    if wanted.channel is not None:
        tests.append(f"o.content IN (SELECT f.id FROM form f WHERE f.channel = {bind(wanted.channel)})")
    if wanted.status in _BY_INDEX:
        rare, test = _BY_INDEX[wanted.status]
        table = f"{rare} r{tx.dialect.look_up('outbox', 'o', 'o.lane = r.lane AND o.seq = r.seq')}"
        tests = [f"r.lane = {bind(lane)}", test, *tests]
    elif wanted.status == CAPTURED:
        tests.append("o.state = 1")
    elif wanted.status == QUEUED:
        table = _queued(bind(lane))
    return f"FROM {table} WHERE {' AND '.join(tests)}", binder.values


def _queued(lane: str) -> str:
    """What lies behind the senders' marks without a receipt, or waits for another attempt."""
    columns = "q.lane, q.seq, q.at, q.version, q.activity, q.contact, q.content"
    return (
        f"(SELECT {columns} FROM outbox q WHERE q.lane = {lane} AND q.state = 0 AND q.seq >"
        f" coalesce((SELECT min(m.seq) FROM mark m WHERE m.lane = {lane} AND m.name <> 'merge'), 0)"
        f" AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.lane = {lane} AND r.seq = q.seq)"
        f" UNION ALL SELECT {columns} FROM retry t JOIN outbox q ON q.lane = {lane} AND q.seq = t.seq"
        f" WHERE t.lane = {lane}"
        f" UNION ALL SELECT {columns} FROM deferred t JOIN outbox q ON q.lane = {lane} AND q.seq = t.seq"
        f" WHERE t.lane = {lane}) o"
    )


def _of_versions(binder: Binder, wanted: Wanted) -> str:
    """A message belongs to a business unit by its version, so this test is never left out."""
    if wanted.activities is not None:
        pairs = ", ".join(
            f"({binder.bind(version)}, {binder.bind(activity)})" for version, activity in wanted.activities
        )
        return f"(o.version, o.activity) IN (VALUES {pairs})" if pairs else "1 = 0"
    if wanted.versions is not None:
        return f"o.version IN ({', '.join(map(binder.bind, wanted.versions))})" if wanted.versions else "1 = 0"
    return f"o.version IN (SELECT v.number FROM version v WHERE v.account = {binder.bind(wanted.account)})"


def load(tx: Tx, places: Sequence[Place]) -> list[StoredMessage]:
    """These messages, which must exist, in the given order."""
    found: dict[Place, StoredMessage] = {}
    for lane in sorted({lane for lane, _ in places}):
        found |= _of_lane(tx, lane, [seq for home, seq in places if home == lane])
    return [found[place] for place in places]


def _of_lane(tx: Tx, lane: int, seqs: Sequence[int]) -> dict[Place, StoredMessage]:
    receipts = outbox.newest_receipts(tx, lane, seqs)
    found: dict[Place, StoredMessage] = {}
    for chunk in chunks(seqs):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT c.key, {outbox.COLUMNS}, {tx.dialect.json_out('o.parameters')} FROM outbox o"
            " LEFT JOIN contact c ON c.lane = :lane AND c.contact = o.contact"
            f" WHERE o.lane = :lane AND o.seq IN {listed}",
            lane=lane,
            **values,
        )
        for key, *rest in rows:
            effect = outbox.read_effect(lane, tuple(rest))
            found[lane, effect.seq] = _message(effect, key or "", receipts.get(effect.seq))
    return found


def _message(effect: Effect, contact_key: str, receipt: tuple[int, str, str] | None) -> StoredMessage:
    if effect.state == 1:
        return StoredMessage(effect, contact_key, CAPTURED, None, None)
    at, word, detail = receipt or (0, "", "")
    if effect.state in SKIPS and word != SENT:
        return StoredMessage(effect, contact_key, SUPPRESSED, detail or SKIPS[effect.state], None)
    status = word if word in {SENT, FAILED} else QUEUED
    return StoredMessage(effect, contact_key, status, detail or None, at if status == SENT else None)
