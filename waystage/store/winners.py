"""Contests of paths: what people did with their messages, and which path has won (journey-spec 3.8, design 8.15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from waystage.store.in_lists import in_list
from waystage.store.sql import Tx, lane_numbers


@dataclass(frozen=True, slots=True)
class Fact:
    """What somebody did with one message; `link` is '' but for clicks."""

    lane: int
    instance: int
    hop: int
    activity: int
    kind: str
    link: str


def note(tx: Tx, fact: Fact, now: int) -> None:
    """Keep a fact, once."""
    tx.run(
        "INSERT INTO engagement (lane, instance, hop, activity, kind, link, at)"
        " VALUES (:lane, :instance, :hop, :activity, :kind, :link, :now) ON CONFLICT DO NOTHING",
        lane=fact.lane, instance=fact.instance, hop=fact.hop, activity=fact.activity, kind=fact.kind, link=fact.link,
        now=now,
    )  # fmt: skip


def note_bounces(tx: Tx, lane: int, bounced: Sequence[tuple[int, int]]) -> None:
    """Keep the fact of each of these (message, instant) that its recipient can have nothing."""
    if bounced:
        tx.many(
            "INSERT INTO engagement (lane, instance, hop, activity, kind, link, at)"
            " SELECT o.lane, o.instance, o.hop, o.activity, 'bounce', '', :at FROM outbox o"
            " WHERE o.lane = :lane AND o.seq = :seq ON CONFLICT DO NOTHING",
            [{"lane": lane, "seq": seq, "at": at} for seq, at in bounced],
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that somebody did something with; `state` as in the outbox, `account` the one of its version.

    `form` is the number of its form; `is_deleted` tells of its contact.
    """

    account: int
    instance: int
    hop: int
    activity: int
    state: int
    contact: int
    form: int
    is_deleted: bool


def message(tx: Tx, lane: int, seq: int) -> Sent | None:
    """A message of the outbox."""
    row = tx.one(
        "SELECT v.account, o.instance, o.hop, o.activity, o.state, o.contact, o.content,"
        " CASE WHEN c.contact IS NULL OR c.deleted IS NOT NULL THEN 1 ELSE 0 END"
        " FROM outbox o JOIN version v ON v.number = o.version"
        " LEFT JOIN contact c ON c.lane = o.lane AND c.contact = o.contact WHERE o.lane = :lane AND o.seq = :seq",
        lane=lane, seq=seq,
    )  # fmt: skip
    return None if row is None else Sent(row[0], row[1], row[2], row[3], row[4], row[5], row[6], bool(row[7]))


def of_version(tx: Tx, version: int) -> dict[int, int]:
    """The contests of a version that are decided: activity to outcome."""
    return dict(tx.rows("SELECT activity, outcome FROM winner WHERE version = :version", version=version))


def settle(tx: Tx, version: int, activity: int, outcome: int, now: int) -> None:
    """Decide a contest for as long as nobody decides otherwise."""
    tx.run(
        "INSERT INTO winner (version, activity, outcome, at) VALUES (:version, :activity, :outcome, :now)"
        " ON CONFLICT (version, activity) DO UPDATE SET outcome = excluded.outcome, at = excluded.at",
        version=version, activity=activity, outcome=outcome, now=now,
    )  # fmt: skip


def engaged(tx: Tx, version: int, activities: Sequence[int], kinds: Sequence[str]) -> Counter[int]:
    """With how many messages of each of these activities somebody did one of these things; lane by lane."""
    total: Counter[int] = Counter()
    if not activities:
        return total
    of_activity, activity_values = in_list(activities, "activity")
    of_kind, kind_values = in_list(kinds, "kind")
    entered = tx.dialect.look_up("instance", "i", "i.lane = :lane AND i.instance = e.instance")
    for lane in lane_numbers(tx):
        rows = tx.rows(
            "SELECT m.activity, count(*) FROM (SELECT DISTINCT e.activity, e.instance, e.hop"
            f" FROM engagement e{entered} WHERE e.lane = :lane AND e.activity IN {of_activity}"
            f" AND e.kind IN {of_kind} AND i.version = :version) m GROUP BY m.activity",
            lane=lane, version=version, **activity_values, **kind_values,
        )  # fmt: skip
        total.update({activity: int(n) for activity, n in rows})
    return total


def instants_of(tx: Tx, version: int) -> dict[int, tuple[int, int]]:
    """The same with the instant (ms) of each decision: activity to (outcome, instant)."""
    rows = tx.rows("SELECT activity, outcome, at FROM winner WHERE version = :version", version=version)
    return {activity: (outcome, at) for activity, outcome, at in rows}
