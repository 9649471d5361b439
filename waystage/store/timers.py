"""Instants at which a lane does something for a version besides waking whoever is due."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from waystage.store.sql import Tx, lane_numbers


class TimerKind(IntEnum):
    """What a lane does when a timer is due; equal instants in this order."""

    SWEEP = 1
    """Look who of the waiting has met the goal (design 8.8)."""
    AUDIENCE = 2
    """Let the contacts of a data extension enter (journey-spec 2.5)."""
    GUARD = 3
    """A pause has lasted long enough (journey-spec 8.6); in the first lane only."""
    HELD = 4
    """Let those enter whose events came while the version was paused."""
    WINNER = 5
    """A path optimizer decides (journey-spec 3.8); in the first lane only."""
    ERASE = 6
    """Forget the messages of deleted contacts (contract 17); of no version, which is 0."""
    DEFERRED = 8
    """Messages held back by a black-out window leave (journey-spec 3.11); of no version, which is 0."""


#: (kind, version) names a timer within its lane.
TimerKey = tuple[TimerKind, int]


def of_lane(tx: Tx, lane: int) -> dict[TimerKey, int]:
    """When each timer of a lane is due."""
    rows = tx.rows("SELECT kind, version, due FROM timer WHERE lane = :lane", lane=lane)
    return {(TimerKind(kind), version): due for kind, version, due in rows}


def cursor(tx: Tx, lane: int, key: TimerKey) -> str:
    """How far what a timer has begun has come; empty if it has not begun."""
    row = tx.one(
        "SELECT cursor FROM timer WHERE lane = :lane AND kind = :kind AND version = :version",
        lane=lane, kind=int(key[0]), version=key[1],
    )  # fmt: skip
    return str(row[0]) if row else ""


def put(tx: Tx, lane: int, key: TimerKey, due: int, cursor: str) -> None:
    """Set a timer."""
    tx.run(
        "INSERT INTO timer (lane, kind, version, due, cursor) VALUES (:lane, :kind, :version, :due, :cursor)"
        " ON CONFLICT (lane, kind, version) DO UPDATE SET due = excluded.due, cursor = excluded.cursor",
        lane=lane, kind=int(key[0]), version=key[1], due=due, cursor=cursor,
    )  # fmt: skip


def drop(tx: Tx, lane: int, key: TimerKey) -> None:
    """Forget a timer."""
    tx.run(
        "DELETE FROM timer WHERE lane = :lane AND kind = :kind AND version = :version",
        lane=lane, kind=int(key[0]), version=key[1],
    )  # fmt: skip


def all_done(tx: Tx, kind: TimerKind, version: int, never: int) -> bool:
    """Whether every lane has finished for good with a version's timer of this kind."""
    row = tx.one(
        "SELECT count(*) FROM timer WHERE kind = :kind AND version = :version AND due >= :never",
        kind=int(kind), version=version, never=never,
    )  # fmt: skip
    return row is not None and row[0] == len(lane_numbers(tx))


def held_versions(tx: Tx, lane: int) -> Sequence[int]:
    """Versions for which events wait in a lane, by skipping from version to version."""
    found: list[int] = []
    version = -1
    while row := tx.one(
        "SELECT version FROM held WHERE lane = :lane AND version > :version ORDER BY version LIMIT 1",
        lane=lane, version=version,
    ):  # fmt: skip
        version = row[0]
        found.append(version)
    return found
