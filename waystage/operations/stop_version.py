"""Stopping versions: at once and for good (api.md 4.4, journey-spec 8.5, design 8.12)."""

from __future__ import annotations

from waystage.ground.errors import BadRequest, InteractionNotFound
from waystage.ground.ids import InboxNumbers
from waystage.store import inbox, statistics, versions
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

_STOPPABLE = ("Published", "Paused", "Unpublished")


def stop(tx: Tx, account: int, selector: Selector, version_number: int | None, numbers: InboxNumbers) -> int:
    """Stop one version, or all running ones of the journey (None); returns how many contacts were ejected.

    InteractionNotFound; BadRequest (10000) when no version is in a status that can be stopped.
    """
    found = [one for one in _named(tx, account, selector, version_number) if one.status in _STOPPABLE]
    if not found:
        raise BadRequest("Published/Paused/Unpublished interaction matching criteria not found.")
    inside = statistics.population(tx, [one.number for one in found])
    for version in found:
        versions.set_status(tx, version.number, "Stopped")
    inbox.tell_lanes(tx, InboxKind.REFRESH, numbers.take()[0])
    return sum(current for current, *_ in inside.values())


def _named(tx: Tx, account: int, selector: Selector, version_number: int | None) -> list[Version]:
    version = versions.find(tx, account, selector, version_number)
    if version is None:
        raise InteractionNotFound
    return [version] if version_number is not None else versions.of_journey(tx, version.journey)
