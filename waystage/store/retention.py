"""Forgetting what passages knew that ended long ago, a slice at a time; numbers and memberships stay.

The log is walked from its beginning. Whoever is still inside, or ended later, keeps every row, and is looked at again
in the next walk, when the limit has moved on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx

#: Passages that are forgotten by one statement for each table.
_PIECE = 512


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through the log: its limit (ms), the last number that was looked at, and whether it is over."""

    cutoff: int
    seq: int = 0
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Old:
    """One hop of the log: of which passage, whether it ended that, and whether the passage may be forgotten."""

    seq: int
    instance: int
    contact: int
    version: int
    is_last: bool
    may_go: bool


def walk_of(tx: Tx, lane: int) -> Walk:
    """The present walk, or the last one."""
    row = tx.one("SELECT cutoff, seq, is_over FROM forgotten WHERE lane = :lane", lane=lane)
    return Walk(row[0], row[1], bool(row[2])) if row else Walk(-(2**62), is_over=True)


def save_walk(tx: Tx, lane: int, walk: Walk) -> None:
    """Remember how far a walk has come."""
    tx.run(
        "INSERT INTO forgotten (lane, cutoff, seq, is_over) VALUES (:lane, :cutoff, :seq, :is_over)"
        " ON CONFLICT (lane) DO UPDATE SET cutoff = excluded.cutoff, seq = excluded.seq, is_over = excluded.is_over",
        lane=lane, cutoff=walk.cutoff, seq=walk.seq, is_over=int(walk.is_over),
    )  # fmt: skip


def oldest(tx: Tx, lane: int, walk: Walk, limit: int) -> list[Old]:
    """The next hops of a walk; all of the log must have been merged."""
    passage = tx.dialect.look_up("instance", "i", "i.lane = :lane AND i.instance = g.instance")
    path = tx.dialect.look_up("path", "p", "p.lane = :lane AND p.id = g.path")
    inside = "a.lane = :lane AND a.contact = i.contact AND a.instance = g.instance"
    later = "n.lane = :lane AND n.instance = g.instance AND n.at >= :cutoff"
    rows = tx.rows(
        "SELECT g.seq, g.instance, i.contact, i.version, p.ended, CASE WHEN"
        f" EXISTS (SELECT 1 FROM active a WHERE {inside}) OR EXISTS (SELECT 1 FROM hop n WHERE {later})"
        " THEN 0 ELSE 1 END, g.at FROM"
        " (SELECT seq, instance, at, path FROM hop_log WHERE lane = :lane AND seq > :after ORDER BY seq LIMIT :limit) g"
        f"{passage}{path} ORDER BY g.seq",
        lane=lane, after=walk.seq, cutoff=walk.cutoff, limit=limit,
    )  # fmt: skip
    return [
        Old(seq, instance, contact, version, bool(ended), bool(may_go))
        for seq, instance, contact, version, ended, may_go, at in rows
        if at < walk.cutoff
    ]


def forget(tx: Tx, lane: int, hops: Sequence[Old]) -> None:
    """Delete hops of the log; with the last one of a passage what else is told of it, and what it entered with."""
    for chunk in chunks([one.seq for one in hops]):
        listed, values = in_list(chunk)
        tx.run(f"DELETE FROM hop_log WHERE lane = :lane AND seq IN {listed}", lane=lane, **values)
    ended = [one for one in hops if one.is_last]
    for start in range(0, len(ended), _PIECE):
        _forget_passages(tx, lane, ended[start : start + _PIECE])


def _forget_passages(tx: Tx, lane: int, ended: Sequence[Old]) -> None:
    listed, values = in_list([one.instance for one in ended])
    for table in ("hop", "output", "looked", "heard"):
        tx.run(f"DELETE FROM {table} WHERE lane = :lane AND instance IN {listed}", lane=lane, **values)
    tx.run(
        f"UPDATE instance SET data = {tx.dialect.json_in(':nothing')} WHERE lane = :lane AND instance IN {listed}",
        lane=lane, nothing="{}", **values,
    )  # fmt: skip
    versions, of_versions = in_list(sorted({one.version for one in ended}), "version")
    tx.run(
        f"DELETE FROM goal_met WHERE lane = :lane AND version IN {versions} AND instance IN {listed}",
        lane=lane, **values, **of_versions,
    )  # fmt: skip
    contacts, of_contacts = in_list(sorted({one.contact for one in ended}), "contact")
    tx.run(
        f"DELETE FROM remark WHERE lane = :lane AND contact IN {contacts} AND instance IN {listed}",
        lane=lane, **values, **of_contacts,
    )  # fmt: skip


def forget_refusals(tx: Tx, lane: int, cutoff: int, limit: int) -> int:
    """Delete the oldest remarks before the limit that belong to no passage; returns how many were."""
    rows = tx.rows(
        "SELECT seq FROM (SELECT seq, at, instance FROM remark WHERE lane = :lane AND instance = 0"
        " ORDER BY seq LIMIT :limit) r WHERE at < :cutoff",
        lane=lane, cutoff=cutoff, limit=limit,
    )  # fmt: skip
    for chunk in chunks([row[0] for row in rows]):
        listed, values = in_list(chunk)
        tx.run(f"DELETE FROM remark WHERE lane = :lane AND seq IN {listed}", lane=lane, **values)
    return len(rows)
