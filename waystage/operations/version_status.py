"""The status of versions, and how many activities of each type a journey has (api.md 4.6)."""

from __future__ import annotations

from collections import Counter

from waystage.ground.errors import InteractionNotFound
from waystage.spec.document import parse
from waystage.store import versions
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version


def statuses(tx: Tx, account: int, selector: Selector, version_number: int | None) -> list[Version]:
    """One version, or all of the journey (None), the newest first; none where the version does not exist.

    InteractionNotFound for an unknown journey.
    """
    version = versions.find(tx, account, selector)
    if version is None:
        raise InteractionNotFound
    found = versions.of_journey(tx, version.journey)
    return [one for one in found if version_number in (None, one.version)]


def summary(tx: Tx, account: int, selector: Selector) -> tuple[str, dict[str, int]]:
    """The journey's id, and the number of activities by type as written in its newest version; InteractionNotFound."""
    version = versions.find(tx, account, selector)
    if version is None:
        raise InteractionNotFound
    newest = versions.of_journey(tx, version.journey)[0]
    return newest.guid, dict(Counter(activity.type for activity in parse(newest.document).activities))
