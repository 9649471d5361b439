"""Which process works on what, where several could: whoever claims a thing first, as long as it lives."""

from __future__ import annotations

from collections.abc import Iterable

from waystage.ground import identity
from waystage.store.sql import Tx

JOB, ROWS, SIMULATION, IMPORT = "job", "rows", "simulation", "import"


def take(tx: Tx, kind: str, thing: str, owner: str, now: int) -> bool:
    """Claim a thing for a process; False if another one that lives has it. `now` is real time."""
    holder = _holder(tx, kind, thing)
    if holder == owner:
        return True
    if holder is not None and _lives(tx, holder, now):
        return False
    tx.run(
        "INSERT INTO claim (kind, thing, owner) VALUES (:kind, :thing, :owner)"
        " ON CONFLICT (kind, thing) DO UPDATE SET owner = excluded.owner",
        kind=kind, thing=thing, owner=owner,
    )  # fmt: skip
    return True


def drop(tx: Tx, kind: str, thing: str, owner: str) -> None:
    """Nobody need claim it any more."""
    tx.run(
        "DELETE FROM claim WHERE kind = :kind AND thing = :thing AND owner = :owner",
        kind=kind,
        thing=thing,
        owner=owner,
    )


def held(tx: Tx, kind: str, things: Iterable[str], now: int) -> set[str]:
    """Those of these things that a living process works on."""
    found = ((thing, _holder(tx, kind, thing)) for thing in things)
    return {thing for thing, holder in found if holder is not None and _lives(tx, holder, now)}


def forget_dead(tx: Tx, kind: str, open_things: Iterable[str], now: int) -> None:
    """Drop claims of processes that are gone on what is done already."""
    still = set(open_things)
    rows = tx.rows("SELECT thing, owner FROM claim WHERE kind = :kind", kind=kind)
    for thing, owner in rows:
        if thing not in still and not _lives(tx, owner, now):
            drop(tx, kind, thing, owner)


def _holder(tx: Tx, kind: str, thing: str) -> str | None:
    row = tx.one("SELECT owner FROM claim WHERE kind = :kind AND thing = :thing", kind=kind, thing=thing)
    return None if row is None else str(row[0])


def _lives(tx: Tx, name: str, now: int) -> bool:
    row = tx.one("SELECT until FROM process WHERE name = :name", name=name)
    return row is not None and row[0] > now and not identity.is_gone(name)
