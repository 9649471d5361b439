"""What differs between two versions of a journey (contract, our own resources)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.ground.errors import InteractionNotFound
from waystage.spec.differences import Differences, differences
from waystage.store import versions
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions of one journey and how they differ."""

    before: Version
    after: Version
    found: Differences


def compare(tx: Tx, account: int, key: str, before: int | None, after: int | None) -> Compared:
    """Compare two versions; without numbers the newest with the one before it. InteractionNotFound."""
    journey = versions.find_journey(tx, account, Selector("key", key))
    if journey is None:
        raise InteractionNotFound
    stored = {one.version: one for one in versions.of_journey(tx, journey.number)}
    newest = _chosen(stored, after, max(stored))
    earlier = [number for number in stored if number < newest.version]
    oldest = _chosen(stored, before, max(earlier, default=newest.version))
    return Compared(oldest, newest, differences(oldest.document, newest.document))


def _chosen(stored: dict[int, Version], wanted: int | None, otherwise: int) -> Version:
    number = otherwise if wanted is None else wanted
    if number not in stored:
        raise InteractionNotFound
    return stored[number]
