"""Simulations as they are asked for, and what came of them (contract 21)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store import oldest
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Simulation:
    """One simulation: `asked` and `outcome` are JSON texts, the latter '' while it runs; `created` in journey time."""

    account: int
    guid: str
    status: str
    asked: str
    outcome: str
    created: int


def add(tx: Tx, simulation: Simulation, task: str) -> None:
    """Store a simulation that is to be run from `task`."""
    tx.run(
        "INSERT INTO simulation (account, guid, status, asked, task, outcome, created, ended)"
        " VALUES (:account, :guid, :status, :asked, :task, '', :created, NULL)",
        account=simulation.account, guid=simulation.guid, status=simulation.status, asked=simulation.asked,
        task=task, created=simulation.created,
    )  # fmt: skip


def find(tx: Tx, account: int, guid: str) -> Simulation | None:
    """The simulation with this id."""
    row = tx.one(
        "SELECT account, guid, status, asked, outcome, created FROM simulation"
        " WHERE account = :account AND guid = :guid",
        account=account, guid=guid,
    )  # fmt: skip
    return None if row is None else Simulation(*row)


def task_of(tx: Tx, account: int, guid: str) -> str | None:
    """What a simulation is run from; None if it is over or gone."""
    row = tx.one(
        "SELECT task FROM simulation WHERE account = :account AND guid = :guid AND ended IS NULL",
        account=account, guid=guid,
    )  # fmt: skip
    return None if row is None else str(row[0])


def pending(tx: Tx) -> list[tuple[int, str]]:
    """(account, id) of every simulation that is not over, the oldest first."""
    rows = tx.rows("SELECT account, guid FROM simulation WHERE ended IS NULL ORDER BY created, guid")
    return [(row[0], row[1]) for row in rows]


def pending_of(tx: Tx, account: int) -> int:
    """How many simulations of a business unit are not over."""
    row = tx.one("SELECT count(*) FROM simulation WHERE account = :account AND ended IS NULL", account=account)
    return int(row[0]) if row else 0


def end(tx: Tx, account: int, guid: str, status: str, outcome: str, now: int) -> None:
    """Store how a simulation ended, once; nobody needs what it was run from any more."""
    tx.run(
        "UPDATE simulation SET status = :status, outcome = :outcome, task = '', ended = :now"
        " WHERE account = :account AND guid = :guid AND ended IS NULL",
        account=account, guid=guid, status=status, outcome=outcome, now=now,
    )  # fmt: skip


def forget_old(tx: Tx, before: int, limit: int) -> int:
    """Delete the oldest that were asked for before an instant and are over, `limit` at most; returns how many."""
    find = (
        "SELECT account, guid FROM simulation WHERE created < :before AND ended IS NOT NULL"
        " ORDER BY created LIMIT :limit"
    )
    delete = "DELETE FROM simulation WHERE account = :account AND guid = :guid"
    return oldest.forget(tx, find, ("account", "guid"), (delete,), before, limit)
