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


@dataclass(frozen=True, slots=True)
class Held:
    """Who has a lane at present; `owner` is empty if nobody has it, `until` the real instant at which that ends."""

    lane: int
    owner: str
    epoch: int
    until: int


def holders(tx: Tx) -> list[Held]:
    """Who has which lane, by lane."""
    return [Held(*row) for row in tx.rows("SELECT lane, owner, epoch, until FROM lease ORDER BY lane")]


def take_all(tx: Tx, owner: str, until: int) -> list[Lease]:
    """Take every lane, from whomever; a former owner is fenced off by the new epoch."""
    return [take(tx, lane, owner, until) for lane in lane_numbers(tx)]


def take(tx: Tx, lane: int, owner: str, until: int) -> Lease:
    """Take a lane, from whomever, or begin anew in one's own; LookupError if there is no such lane."""
    tx.run(
        "UPDATE lease SET owner = :owner, epoch = epoch + CASE WHEN owner = :owner THEN 0 ELSE 1 END, until = :until"
        " WHERE lane = :lane",
        lane=lane, owner=owner, until=until,
    )  # fmt: skip
    row = tx.one("SELECT epoch, instances, effects, hops, remarks FROM lease WHERE lane = :lane", lane=lane)
    if row is None:
        raise LookupError(f"lane {lane} does not exist")
    return Lease(lane, *row)


def holder(tx: Tx, lane: int) -> Held | None:
    """Who has a lane at present."""
    row = tx.one("SELECT lane, owner, epoch, until FROM lease WHERE lane = :lane", lane=lane)
    return Held(*row) if row else None


def keep(tx: Tx, owner: str, lease: Lease, until: int, now: int) -> bool:
    """Renew the lease and store its numbers and the journey time; False if another owner has taken the lane."""
    touched = tx.run(
        "UPDATE lease SET until = :until, at = :now, instances = :instances, effects = :effects, hops = :hops,"
        " remarks = :remarks WHERE lane = :lane AND owner = :owner AND epoch = :epoch",
        lane=lease.lane, owner=owner, epoch=lease.epoch, until=until, now=now, instances=lease.instances,
        effects=lease.effects, hops=lease.hops, remarks=lease.remarks,
    )  # fmt: skip
    return touched == 1


def renew(tx: Tx, owner: str, until: int, now: int) -> None:
    """Hold on to all lanes while nothing happens; `now` is the journey time."""
    tx.run("UPDATE lease SET until = :until, at = :now WHERE owner = :owner", owner=owner, until=until, now=now)


def release(tx: Tx, owner: str) -> None:
    """Let go of all lanes at once, so that the next process need not wait."""
    tx.run("UPDATE lease SET owner = '', until = 0 WHERE owner = :owner", owner=owner)


def give_back(tx: Tx, owner: str, lane: int) -> None:
    """Let go of one lane, for another process to take."""
    tx.run("UPDATE lease SET owner = '', until = 0 WHERE lane = :lane AND owner = :owner", lane=lane, owner=owner)


def last_instant(tx: Tx) -> int:
    """The journey time to which the lanes have come; 0 if they never moved."""
    row = tx.one("SELECT max(at) FROM lease")
    return int(row[0] or 0) if row else 0
