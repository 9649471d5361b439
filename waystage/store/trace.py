"""What happened to instances: interned paths, the log of hops in time order, and its merge by instance (design 8.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from waystage.ground.ids import content_id
from waystage.store.sql import Row, Tx

#: The first activity of a path that begins with the entry.
ENTRY = 0


@dataclass(frozen=True, slots=True)
class Path:
    """One way of a hop: the (activity, outcome) pairs passed, and the reason if the passage ended there."""

    version: int
    steps: tuple[tuple[int, int], ...]
    ended: str = ""

    @property
    def id(self) -> int:
        """A number made from the content, so that every lane and process gives the same."""
        return content_id(f"{self.version}:{self.text}:{self.ended}")

    @property
    def text(self) -> str:
        """The steps as they are stored."""
        return msgspec.json.encode(self.steps).decode()


def intern(tx: Tx, lane: int, paths: Sequence[Path]) -> None:
    """Make the paths known to a lane that meets them for the first time."""
    tx.many(
        "INSERT INTO path (lane, id, version, steps, ended) VALUES (:lane, :id, :version, :steps, :ended)"
        " ON CONFLICT DO NOTHING",
        [
            {"lane": lane, "id": path.id, "version": path.version, "steps": path.text, "ended": path.ended}
            for path in paths
        ],
    )


def unmerged(tx: Tx, lane: int) -> tuple[int, int]:
    """The mark of the merge, and the last hop of the log."""
    mark = tx.one("SELECT seq FROM mark WHERE lane = :lane AND name = 'merge'", lane=lane)
    last = tx.one("SELECT seq FROM hop_log WHERE lane = :lane ORDER BY seq DESC LIMIT 1", lane=lane)
    return (mark[0] if mark else 0), (last[0] if last else 0)


def merge(tx: Tx, lane: int, mark: int, upto: int) -> int:
    """Copy the hops behind the mark into the table by instance, sorted, and move the mark; returns how many."""
    moved = tx.run(
        "INSERT INTO hop (lane, instance, hop, at, path, seat, due)"
        " SELECT g.lane, g.instance, g.hop, g.at, g.path, g.seat, g.due FROM hop_log g"
        " WHERE g.lane = :lane AND g.seq > :mark AND g.seq <= :upto ORDER BY g.instance, g.hop",
        lane=lane, mark=mark, upto=upto,
    )  # fmt: skip
    tx.run(
        "INSERT INTO mark (lane, name, seq) VALUES (:lane, 'merge', :upto)"
        " ON CONFLICT (lane, name) DO UPDATE SET seq = excluded.seq",
        lane=lane, upto=upto,
    )  # fmt: skip
    return moved


_HOP = "h.hop, h.at, h.path, h.seat, h.due, p.steps, p.ended"


def hops_of(tx: Tx, lane: int, instance: int) -> list[Row]:
    """Every hop of an instance in order: (hop, at, path, seat, due, steps JSON, ended); merged rows plus the tail."""
    mark, _ = unmerged(tx, lane)
    merged = tx.rows(
        f"SELECT {_HOP} FROM hop h JOIN path p ON p.lane = :lane AND p.id = h.path"
        " WHERE h.lane = :lane AND h.instance = :instance ORDER BY h.hop",
        lane=lane, instance=instance,
    )  # fmt: skip
    tail = tx.rows(
        f"SELECT {_HOP} FROM hop_log h JOIN path p ON p.lane = :lane AND p.id = h.path"
        " WHERE h.lane = :lane AND h.seq > :mark AND h.instance = :instance ORDER BY h.hop",
        lane=lane, instance=instance, mark=mark,
    )  # fmt: skip
    return merged + tail
