"""Versions whose end custom activities are still to be told (journey-spec 6.2); kept until that was tried once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.store.sql import Tx
from waystage.store.versions import Version, find_number

STOP, UNPUBLISH = "stop", "unpublish"


@dataclass(frozen=True, slots=True)
class Farewell:
    """One version that has ended, and the word for how."""

    number: int
    version: Version
    word: str


def owe(tx: Tx, version: int, word: str) -> None:
    """The services of a version are to be told that it has ended."""
    tx.run("INSERT INTO farewell (version, word) VALUES (:version, :word)", version=version, word=word)


def owed(tx: Tx, limit: int) -> list[Farewell]:
    """The oldest of those that are still to be told."""
    rows = tx.rows("SELECT number, version, word FROM farewell ORDER BY number LIMIT :limit", limit=limit)
    found = ((number, find_number(tx, version), word) for number, version, word in rows)
    return [Farewell(number, version, word) for number, version, word in found if version is not None]


def settle(tx: Tx, numbers: Sequence[int]) -> None:
    """These were told."""
    tx.many("DELETE FROM farewell WHERE number = :number", [{"number": one} for one in numbers])
