"""Who is inside which journey, where they rest, and how they are taken out before their time (design 8.10).

Contact exit and contact deletion end passages wherever they rest: their place is that of the newest hop, or the
released seat of the same activity if an event has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from waystage.ground.ids import InboxNumbers, lane_of
from waystage.store import contacts
from waystage.store.in_lists import chunks, in_list
from waystage.store.inbox import InboxKind
from waystage.store.sql import SqlValue, Tx

#: How history names an exit (plan.moves.Reason.EJECTED).
_EJECTED = "Ejected"
#: As many passages that are over are looked at to find which of them were ejected.
_MOST_PAST = 500


class Ask(NamedTuple):
    """A command about one contact; `definition` and `data` (JSON text) mean what its kind says."""

    account: int
    definition: int
    contact_key: str
    data: str = "{}"


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage; `version` is the number that the engine uses."""

    contact_key: str
    contact: int
    journey: int
    instance: int
    version: int


class Place(NamedTuple):
    """Where a passage rests by its newest hop; `heard` is when an event released it last, None if none ever did."""

    seat: int
    due: int
    heard: int | None


def ask(tx: Tx, kind: InboxKind, asked: Sequence[Ask], numbers: InboxNumbers) -> None:
    """Append commands, each to its contact's lane."""
    rows: list[dict[str, SqlValue]] = [
        {
            "lane": lane_of(one.account, one.contact_key, tx.lanes),
            "id": number,
            "kind": int(kind),
            "account": one.account,
            "definition": one.definition,
            "contact_key": one.contact_key,
            "data": one.data,
        }
        for number, one in zip(numbers.take(len(asked)), asked, strict=True)
    ]
    tx.many(
        "INSERT INTO inbox (lane, id, kind, account, definition, contact_key, row_key, data)"
        f" VALUES (:lane, :id, :kind, :account, :definition, :contact_key, NULL, {tx.dialect.json_in(':data')})",
        rows,
    )


def is_asked(tx: Tx, account: int, contact_key: str, journey: int) -> bool:
    """Whether an exit of a contact from a journey waits to be carried out."""
    row = tx.one(
        "SELECT 1 FROM inbox WHERE lane = :lane AND kind = 4 AND account = :account AND contact_key = :key"
        " AND definition = :journey LIMIT 1",
        lane=lane_of(account, contact_key, tx.lanes), account=account, key=contact_key, journey=journey,
    )  # fmt: skip
    return row is not None


def has_events(tx: Tx, lane: int, account: int, contact_keys: Sequence[str]) -> set[str]:
    """Those of these contacts of a lane of whom an event waits to be admitted."""
    found: set[str] = set()
    for chunk in chunks(contact_keys):
        listed, values = in_list(chunk)
        rows = tx.rows(
            "SELECT DISTINCT contact_key FROM inbox"
            f" WHERE lane = :lane AND kind = 0 AND account = :account AND contact_key IN {listed}",
            lane=lane, account=account, **values,
        )  # fmt: skip
        found |= {row[0] for row in rows}
    return found


def inside(tx: Tx, lane: int, numbers: Sequence[int]) -> list[Passage]:
    """The passages of these contacts (by number) of a lane that are not over."""
    return _of_numbers(tx, lane, numbers, "active")


def _of_numbers(tx: Tx, lane: int, numbers: Sequence[int], table: str) -> list[Passage]:
    found = tx.dialect.look_up("contact", "c", "c.lane = :lane AND c.contact = m.number")
    rows = tx.rows(
        f"SELECT {_PASSAGE} FROM {tx.dialect.numbers_of(':numbers')} m{found}{_begun(tx, table)} WHERE TRUE"
        " ORDER BY a.instance",
        lane=lane, numbers=listed(numbers),
    )  # fmt: skip
    return [Passage(*row) for row in rows]


_PASSAGE = "c.key, a.contact, a.journey, a.instance, p.version"
#: Commands `i`, and the contacts `c` that they are about; see `meant`.
_COMMANDS = "i.lane = :lane AND i.id >= :low AND i.id <= :high AND i.kind <> 0"


def _begun(tx: Tx, table: str) -> str:
    """Passages `a` of a contact `c`, which are active or past, and what they entered with `p`."""
    of_contact = tx.dialect.look_up(table, "a", "a.lane = :lane AND a.contact = c.contact")
    return of_contact + tx.dialect.look_up("instance", "p", "p.lane = :lane AND p.instance = a.instance")


def _meant(tx: Tx) -> str:
    key = "c.lane = :lane AND c.account = i.account AND c.key = i.contact_key"
    return tx.dialect.look_up("contact", "c", key)


def meant(tx: Tx, lane: int, low: int, high: int) -> list[tuple[int, int, bool]]:
    """(account, number, whether it is deleted) of the contacts that the commands with ids in [low, high] are about."""
    rows = tx.rows(
        f"SELECT DISTINCT c.account, c.contact, CASE WHEN c.deleted IS NULL THEN 0 ELSE 1 END FROM inbox i{_meant(tx)}"
        f" WHERE {_COMMANDS} ORDER BY c.account, c.contact",
        lane=lane, low=low, high=high,
    )  # fmt: skip
    return [(account, number, bool(deleted)) for account, number, deleted in rows]


def inside_of_meant(tx: Tx, lane: int, low: int, high: int) -> list[Passage]:
    """The passages that are not over of the contacts that these commands are about, whatever journey they mean."""
    rows = tx.rows(
        f"SELECT DISTINCT {_PASSAGE} FROM inbox i{_meant(tx)}{_begun(tx, 'active')} WHERE {_COMMANDS}"
        " ORDER BY a.instance",
        lane=lane, low=low, high=high,
    )  # fmt: skip
    return [Passage(*row) for row in rows]


def resting(tx: Tx, lane: int, instances: Sequence[int]) -> dict[int, Place]:
    """Where these passages rest; every hop of the lane has been merged."""
    source = f"FROM {tx.dialect.numbers_of(':numbers')} m"
    by_event = tx.dialect.look_up("heard", "x", "x.lane = :lane AND x.instance = m.number")
    hops = tx.dialect.look_up("hop", "h", "h.lane = :lane AND h.instance = m.number")
    numbers = listed(instances)
    heard: dict[int, int] = dict(
        tx.rows(
            f"SELECT x.instance, max(x.at) {source}{by_event} WHERE TRUE GROUP BY x.instance",
            lane=lane,
            numbers=numbers,
        )
    )
    rows = tx.rows(
        f"SELECT h.instance, h.seat, h.due {source}{hops} WHERE TRUE ORDER BY h.instance, h.hop",
        lane=lane, numbers=numbers,
    )  # fmt: skip
    return {instance: Place(seat, due, heard.get(instance)) for instance, seat, due in rows}


def listed(numbers: Iterable[int]) -> str:
    """Numbers as the value of a parameter for `Dialect.numbers_of`."""
    return msgspec.json.encode({str(place): number for place, number in enumerate(numbers)}).decode()


def take(tx: Tx, lane: int, seat: int, activity: int, dues: Mapping[int, int]) -> int:
    """Move these instances (to their due instants) out of a seat into the working set; returns how many rested there.

    They are numbered without gaps; the working set's `event` is the instant for which they rested.
    """
    following = "(SELECT coalesce(max(x.n), 0) + 1 FROM work x WHERE x.lane = :lane)"
    tx.many(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf, event)"
        f" SELECT q.lane, {following}, q.instance, q.hop, q.contact, :activity, 0, 0, q.due FROM queue q"
        " WHERE q.lane = :lane AND q.seat = :seat AND q.due = :due AND q.instance = :instance",
        [
            {"lane": lane, "seat": seat, "due": due, "instance": instance, "activity": activity}
            for instance, due in sorted(dues.items())
        ],
    )
    key = (("seat", ":seat"), ("due", "w.event"), ("instance", "w.instance"))
    return tx.run(tx.dialect.delete_keys("queue", key, "FROM work w WHERE w.lane = :lane"), lane=lane, seat=seat)


def ejected(tx: Tx, account: int, contact_key: str, journey: int) -> list[Passage]:
    """The passages of a contact through a journey that an exit has ended, the oldest first."""
    known = contacts.find(tx, account, [contact_key]).get(contact_key)
    if known is None:
        return []
    lane = known.lane
    over = [one for one in _of_numbers(tx, lane, [known.number], "past") if one.journey == journey][-_MOST_PAST:]
    ended = _ended(tx, lane, [one.instance for one in over])
    return [one for one in over if one.instance in ended]


def _ended(tx: Tx, lane: int, instances: Iterable[int]) -> set[int]:
    """Those of these passages that were ejected, as their last hop says; merged rows and the tail of the log."""
    look_up, numbers = tx.dialect.look_up, tx.dialect.numbers_of(":numbers")
    ended = look_up("path", "p", "p.lane = :lane AND p.id = h.path")
    merged = look_up("hop", "h", "h.lane = :lane AND h.instance = m.number")
    tail = (
        "g.lane = :lane AND g.seq > coalesce((SELECT k.seq FROM mark k WHERE k.lane = :lane AND k.name = 'merge'), 0)"
        f" AND g.instance IN (SELECT m.number FROM {numbers} m)"
    )
    rows = tx.rows(
        f"SELECT h.instance FROM {numbers} m{merged}{ended} WHERE p.ended = :ended"
        f" UNION ALL SELECT h.instance FROM (SELECT g.instance, g.path FROM hop_log g WHERE {tail}) h{ended}"
        " WHERE p.ended = :ended",
        lane=lane, ended=_EJECTED, numbers=listed(instances),
    )  # fmt: skip
    return {row[0] for row in rows}


def running(tx: Tx, versions: Iterable[int]) -> dict[int, tuple[str, int]]:
    """Journey key and version of those of these version numbers whose journeys run or are paused (api.md 8.3)."""
    found: dict[int, tuple[str, int]] = {}
    for chunk in chunks(sorted(set(versions))):
        listed, values = in_list(chunk)
        rows = tx.rows(
            "SELECT v.number, j.key, v.version FROM version v JOIN journey j ON j.number = v.journey"
            f" WHERE v.number IN {listed} AND v.status IN ('Published', 'Unpublished', 'Paused')",
            **values,
        )
        found.update((number, (key, version)) for number, key, version in rows)
    return found
