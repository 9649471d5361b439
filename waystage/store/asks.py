"""Asking every lane to come to rest, over all processes (design 8.22): the question, and each lane's answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Ask:
    """The number of the last question, and of the last one that waits for effects too."""

    number: int
    settle: int


@dataclass(frozen=True, slots=True)
class Rest:
    """The answer of one lane: whether it had something to do since its last answer, and when it has something next."""

    lane: int
    ask: int
    worked: bool
    moved: int
    due: int


def put(tx: Tx, *, effects: bool) -> int:
    """Ask; gives the number of the question. `effects`: they are waited for too."""
    tx.run(
        "UPDATE ask SET number = number + 1, settle = CASE WHEN :effects = 1 THEN number + 1 ELSE settle END",
        effects=int(effects),
    )
    return newest(tx).number


def newest(tx: Tx) -> Ask:
    """What was asked last."""
    row = tx.one("SELECT number, settle FROM ask")
    return Ask(*row) if row else Ask(0, 0)


def answer(tx: Tx, answers: Iterable[Rest]) -> None:
    """Store the answers of lanes, each over the one before it."""
    tx.many(
        "INSERT INTO lane_rest (lane, ask, worked, moved, due) VALUES (:lane, :ask, :worked, :moved, :due)"
        " ON CONFLICT (lane) DO UPDATE SET ask = excluded.ask, worked = excluded.worked, moved = excluded.moved,"
        " due = excluded.due",
        [
            {"lane": one.lane, "ask": one.ask, "worked": int(one.worked), "moved": one.moved, "due": one.due}
            for one in answers
        ],
    )


def answers(tx: Tx, ask: int) -> list[Rest] | None:
    """What the lanes have answered; None as long as some lane has not."""
    rows = tx.rows("SELECT lane, ask, worked, moved, due FROM lane_rest WHERE ask >= :ask", ask=ask)
    if len(rows) < tx.lanes:
        return None
    return [Rest(lane, number, bool(worked), int(moved), due) for lane, number, worked, moved, due in rows]
