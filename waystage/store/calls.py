"""Calls that are to be made, and their answers on the way to the engine (design 8.16).

A call is a row from its contact's arrival until its final answer is in the inbox: both change in one transaction, so a
kill at any instant loses none, and one that was under way is made again with the same key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from waystage.ground import ids
from waystage.plan.calls import CHOSEN
from waystage.plan.effects import Call
from waystage.plan.expressions import ContactKey, reads_event
from waystage.plan.moves import NEVER_DUE
from waystage.plan.strides import Emission
from waystage.store import expressions
from waystage.store.in_lists import chunks, in_list
from waystage.store.inbox import InboxGroup, InboxKind
from waystage.store.moves import form_id
from waystage.store.sql import Tx
from waystage.store.stand import Stand

#: Members of a reply beside the outputs, which are never named so.
INSTANCE, HOP, ACTIVITY, STATUS, MESSAGE = "#instance", "#hop", "#activity", "#status", "#message"
_LONGEST_MESSAGE = 500

#: (version, activity): where calls are made.
Site = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call that is to be made; `values` follow the form's parameters."""

    lane: int
    version: int
    activity: int
    seq: int
    instance: int
    hop: int
    form: int
    contact_key: str
    values: tuple[int | str | None, ...]
    key: str = field(init=False)
    """What tells this visit from every other; the same on every attempt (journey-spec 6.3)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", ids.guid_of("request", self.lane, self.seq))


@dataclass(frozen=True, slots=True)
class Answered:
    """The final answer to a call: the outcome that it has chosen (-1: failed), its outputs in stored form, and what is
    to be said of it: status Warning or Failed with a message, or nothing.
    """

    call: PendingCall
    chosen: int
    outputs: dict[str, int | str | None]
    status: str = ""
    message: str = ""


def write(stand: Stand, emission: Emission, call: Call, base: int) -> None:
    """One call per instance, its values bound now."""
    setting = stand.setting
    values = (ContactKey(), *call.values)
    join = expressions.joined_event(setting, any(map(reads_event, values)))
    rendered = [expressions.value(setting, value) for value in values]
    stand.run(
        "INSERT INTO pending_call (lane, version, activity, seq, instance, hop, contact, content, parameters)"
        " SELECT :lane, :version, :activity, :base + w.n, w.instance, w.hop, w.contact, :form,"
        f" {stand.tx.dialect.json_array(rendered)} FROM work w{join} WHERE {stand.condition(emission.leaves)}",
        base=base, activity=emission.activity, form=form_id(call.form),
    )  # fmt: skip


def lanes(tx: Tx, among: Sequence[int]) -> list[int]:
    """Those of these lanes in which calls are to be made."""
    rows = tx.rows(
        "SELECT l.lane FROM lease l"
        " WHERE (SELECT p.seq FROM pending_call p WHERE p.lane = l.lane ORDER BY p.version, p.activity, p.seq LIMIT 1)"
        " IS NOT NULL"
    )
    return sorted({row[0] for row in rows}.intersection(among))


def sites(tx: Tx, lane: int) -> list[Site]:
    """Where calls of a lane are to be made, by skipping from one to the next."""
    found: list[Site] = []
    last = (-1, -1)
    while row := tx.one(
        "SELECT version, activity FROM pending_call WHERE lane = :lane AND (version, activity) > (:version, :activity)"
        " ORDER BY version, activity, seq LIMIT 1",
        lane=lane, version=last[0], activity=last[1],
    ):  # fmt: skip
        last = (row[0], row[1])
        found.append(last)
    return found


def load(tx: Tx, lane: int, site: Site, after: int, upto: int, limit: int) -> list[PendingCall]:
    """The first calls of a site with numbers in (after, upto], in their order."""
    version, activity = site
    rows = tx.rows(
        f"SELECT seq, instance, hop, content, {tx.dialect.json_out('parameters')} FROM pending_call"
        " WHERE lane = :lane AND version = :version AND activity = :activity AND seq > :after"
        " AND seq <= :upto ORDER BY seq LIMIT :limit",
        lane=lane, version=version, activity=activity, after=after, upto=upto, limit=limit,
    )  # fmt: skip
    found = []
    for seq, instance, hop, form, parameters in rows:
        key, *values = msgspec.json.decode(parameters)
        found.append(PendingCall(lane, version, activity, seq, instance, hop, form, key or "", tuple(values)))
    return found


def finish(tx: Tx, answers: Sequence[Answered], numbers: Iterable[int]) -> None:
    """Append final answers to the inbox and drop their calls."""
    tx.load(
        "inbox",
        {
            "lane": ("INTEGER", [one.call.lane for one in answers]),
            "id": ("BIGINT", list(numbers)),
            "kind": ("SMALLINT", [int(InboxKind.REPLY)] * len(answers)),
            "account": ("BIGINT", [0] * len(answers)),
            "definition": ("BIGINT", [one.call.version for one in answers]),
            "contact_key": ("TEXT", [""] * len(answers)),
            "row_key": ("TEXT", [None] * len(answers)),
            "data": ("JSON", [msgspec.json.encode(_members(one)).decode() for one in answers]),
        },
    )
    by_site: dict[tuple[int, int, int], list[int]] = {}
    for one in answers:
        by_site.setdefault((one.call.lane, one.call.version, one.call.activity), []).append(one.call.seq)
    for (lane, version, activity), seqs in sorted(by_site.items()):
        for chunk in chunks(seqs):
            listed, values = in_list(chunk)
            tx.run(
                "DELETE FROM pending_call WHERE lane = :lane AND version = :version AND activity = :activity"
                f" AND seq IN {listed}",
                lane=lane, version=version, activity=activity, **values,
            )  # fmt: skip


def _members(one: Answered) -> dict[str, Any]:
    said = {STATUS: one.status, MESSAGE: one.message[:_LONGEST_MESSAGE]} if one.status else {}
    call = one.call
    return {INSTANCE: call.instance, HOP: call.hop, ACTIVITY: call.activity, CHOSEN: one.chosen, **said, **one.outputs}


def answered(tx: Tx, lane: int, group: InboxGroup) -> list[int]:
    """The activities of a version to which the replies of a slice belong."""
    member = tx.dialect.json_integer("data", ":member")
    rows = tx.rows(
        f"SELECT DISTINCT {member} FROM inbox WHERE lane = :lane AND id >= :low AND id <= :high AND kind = :kind"
        " AND definition = :version",
        lane=lane, low=group.low, high=group.high, kind=int(InboxKind.REPLY), version=group.definition,
        member=tx.dialect.member(ACTIVITY),
    )  # fmt: skip
    return sorted(row[0] for row in rows if row[0] is not None)


def gather(tx: Tx, lane: int, group: InboxGroup, activity: int, seat: int) -> int:
    """Take who rests in a seat for a reply of the slice into the working set; returns how many there are.

    Whoever has left meanwhile has no row there, and of two replies to one call only the first counts.
    """
    read, member = tx.dialect.json_integer, tx.dialect.member
    resting = (
        "q.lane = :lane AND q.seat = :seat AND q.due = :never AND q.instance = r.instance AND q.hop = r.hop + 1"
        " AND r.activity = :activity AND r.nth = 1"
    )
    instance = read("data", ":instance")
    replies = (
        f"SELECT {instance} AS instance, {read('data', ':hop')} AS hop, {read('data', ':member')} AS activity, data,"
        f" row_number() OVER (PARTITION BY {instance}, {read('data', ':member')} ORDER BY id) AS nth FROM inbox"
        " WHERE lane = :lane AND id >= :low AND id <= :high AND kind = :kind AND definition = :version"
    )
    return tx.run(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf, data)"
        f" SELECT :lane, {tx.dialect.position()}, q.instance, q.hop, q.contact, 0, 0, 0, r.data"
        f" FROM ({replies}) r{tx.dialect.look_up('queue', 'q', resting)} WHERE TRUE",
        lane=lane, seat=seat, never=NEVER_DUE, activity=activity, low=group.low, high=group.high,
        kind=int(InboxKind.REPLY), version=group.definition, instance=member(INSTANCE), hop=member(HOP),
        member=member(ACTIVITY),
    )  # fmt: skip


def release(tx: Tx, lane: int, activity: int, seat: int, released: int, now: int) -> None:
    """Move the working set to the released seat, due at once, and keep what was answered."""
    tx.run(
        "INSERT INTO output (lane, instance, activity, data)"
        " SELECT :lane, w.instance, :activity, w.data FROM work w WHERE w.lane = :lane"
        " ON CONFLICT (lane, instance, activity) DO UPDATE SET data = excluded.data",
        lane=lane, activity=activity,
    )  # fmt: skip
    key = (("seat", ":seat"), ("due", ":never"), ("instance", "w.instance"))
    source = "FROM work w WHERE w.lane = :lane"
    tx.run(tx.dialect.delete_keys("queue", key, source), lane=lane, seat=seat, never=NEVER_DUE)
    tx.run(
        "INSERT INTO queue (lane, seat, due, instance, hop, contact)"
        " SELECT :lane, :released, :now, w.instance, w.hop, w.contact FROM work w WHERE w.lane = :lane",
        lane=lane, released=released, now=now,
    )  # fmt: skip


def note(tx: Tx, lane: int, version: int, activity: int, base: int, now: int) -> int:
    """A remark for everybody of the working set of whose reply something is to be said; returns how many are."""
    status, message = tx.dialect.json_text("w.data", ":status"), tx.dialect.json_text("w.data", ":message")
    return tx.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        f" SELECT :lane, :base + w.n, :now, :version, w.contact, w.instance, :activity, {status}, {message}"
        f" FROM work w WHERE w.lane = :lane AND {status} IS NOT NULL",
        lane=lane, base=base, now=now, version=version, activity=activity, status=tx.dialect.member(STATUS),
        message=tx.dialect.member(MESSAGE),
    )  # fmt: skip


def drop(tx: Tx, lane: int, version: int, activity: int) -> None:
    """The working set will not be called any more: its passages end."""
    tx.run(
        "DELETE FROM pending_call WHERE lane = :lane AND version = :version AND activity = :activity"
        " AND instance IN (SELECT w.instance FROM work w WHERE w.lane = :lane)",
        lane=lane, version=version, activity=activity,
    )  # fmt: skip
