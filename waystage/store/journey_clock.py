"""The stored present of a virtual or scaled clock, shared by all processes of a database (contract 32)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class StoredClock:
    """A pair (real, journey) of instants in ms; `rate` is 0 for a virtual clock."""

    mode: str
    real_start: int
    journey_start: int
    rate: int


def read(tx: Tx) -> StoredClock | None:
    """The stored clock; None for a database that lives by the system's."""
    row = tx.one("SELECT mode, real_start, journey_start, rate FROM journey_clock")
    return StoredClock(*row) if row else None


def store(tx: Tx, clock: StoredClock) -> None:
    """Set it, or replace it."""
    tx.run(
        "INSERT INTO journey_clock (one, mode, real_start, journey_start, rate)"
        " VALUES (1, :mode, :real_start, :journey_start, :rate) ON CONFLICT (one) DO UPDATE SET"
        " mode = excluded.mode, real_start = excluded.real_start, journey_start = excluded.journey_start,"
        " rate = excluded.rate",
        mode=clock.mode, real_start=clock.real_start, journey_start=clock.journey_start, rate=clock.rate,
    )  # fmt: skip


def set_now(tx: Tx, instant: int) -> None:
    """Move the virtual clock, unless it is past the instant already."""
    tx.run("UPDATE journey_clock SET journey_start = :instant WHERE journey_start < :instant", instant=instant)


def forget(tx: Tx) -> None:
    """Live by the system's clock again."""
    tx.run("DELETE FROM journey_clock")
