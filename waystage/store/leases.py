"""Who may move the instances of a lane, and how far its numbers have run (design 3.6).

The owner's epoch is checked by an UPDATE in the same transaction as every batch: an owner that was replaced can write
nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Tx, lane_numbers


@dataclass(frozen=True, slots=True)
class Lease:
    """One lane in one owner's hands; the last four are the next free numbers of its append-only tables."""

    lane: int
    epoch: int
    instances: int
    effects: int
    hops: int
    remarks: int


def holders(tx: Tx, real_now: int) -> set[str]:
    """Owners whose leases have not run out."""
    rows = tx.rows("SELECT DISTINCT owner FROM lease WHERE until > :now AND owner <> ''", now=real_now)
    return {row[0] for row in rows}


def take_all(tx: Tx, owner: str, until: int) -> list[Lease]:
    """Take every lane, from whomever; a former owner is fenced off by the new epoch."""
    return [_take(tx, lane, owner, until) for lane in lane_numbers(tx)]


def _take(tx: Tx, lane: int, owner: str, until: int) -> Lease:
    tx.run(
        "UPDATE lease SET owner = :owner, epoch = epoch + 1, until = :until WHERE lane = :lane",
        lane=lane, owner=owner, until=until,
    )  # fmt: skip
    row = tx.one("SELECT epoch, instances, effects, hops, remarks FROM lease WHERE lane = :lane", lane=lane)
    if row is None:
        raise LookupError(f"lane {lane} does not exist")
    return Lease(lane, *row)


def keep(tx: Tx, owner: str, lease: Lease, until: int) -> bool:
    """Renew the lease and store its numbers; False if another owner has taken the lane."""
    touched = tx.run(
        "UPDATE lease SET until = :until, instances = :instances, effects = :effects, hops = :hops, remarks = :remarks"
        " WHERE lane = :lane AND owner = :owner AND epoch = :epoch",
        lane=lease.lane, owner=owner, epoch=lease.epoch, until=until, instances=lease.instances,
        effects=lease.effects, hops=lease.hops, remarks=lease.remarks,
    )  # fmt: skip
    return touched == 1


def renew(tx: Tx, owner: str, until: int) -> int:
    """Hold on to all lanes while nothing happens; returns how many are still this owner's."""
    return tx.run("UPDATE lease SET until = :until WHERE owner = :owner", owner=owner, until=until)


def release(tx: Tx, owner: str) -> None:
    """Let go of all lanes at once, so that the next process need not wait."""
    tx.run("UPDATE lease SET until = 0 WHERE owner = :owner", owner=owner)
