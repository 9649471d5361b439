"""Where things lie now that were named for ever when they were made (docs/decisions/0017)."""

from __future__ import annotations

from typing import Literal

from waystage.ground import ids
from waystage.store.sql import Tx, lane_numbers

_KEY = {"outbox": "seq", "instance": "instance"}


def find(tx: Tx, table: Literal["outbox", "instance"], lane: int, number: int) -> tuple[int, int] | None:
    """(lane, number) of the row that was given this number in this lane; None if there is none (any more)."""
    key = _KEY[table]
    if lane in lane_numbers(tx) and tx.one(
        f"SELECT 1 FROM {table} WHERE lane = :lane AND {key} = :number", lane=lane, number=number
    ):
        return lane, number
    if _generation(tx) <= ids.generation(number):
        return None
    try:
        elsewhere = ids.moved(lane, number)
    except OverflowError:  # nobody ever gave that number
        return None
    row = tx.one(
        "SELECT l.lane FROM lease l"
        f" WHERE EXISTS (SELECT 1 FROM {table} t WHERE t.lane = l.lane AND t.{key} = :number)",
        number=elsewhere,
    )
    return (int(row[0]), elsewhere) if row else None


def _generation(tx: Tx) -> int:
    """How often the database was moved to another number of lanes."""
    row = tx.one("SELECT instances FROM lease WHERE lane = :lane", lane=1)
    return ids.generation(row[0]) if row else 0
