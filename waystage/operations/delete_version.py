"""Deleting a journey or one version of it: soft, and never of what runs (D-32)."""

from __future__ import annotations

from waystage.engine import lifecycle
from waystage.ground.errors import InteractionNotFound, InvalidTransition, StateConflict
from waystage.ground.ids import InboxNumbers
from waystage.store import audit, versions
from waystage.store.sql import Tx
from waystage.store.versions import RUNNING, Selector, Version


def delete(
    tx: Tx, account: int, selector: Selector, version_number: int | None, numbers: InboxNumbers, now: int
) -> str:
    """Delete all versions, or one, and return the journey's id; InteractionNotFound, InvalidTransition, StateConflict.

    Without a number a journey's own id or key means all its versions; a version's definition id means that version.
    A transactional journey can never be stopped (api.md 4.4), so a paused one is stopped by being deleted.
    """
    journey = versions.find_journey(tx, account, selector)
    if journey is not None and version_number is None:
        doomed = versions.of_journey(tx, journey.number)
    else:
        found = versions.find(tx, account, selector, version_number)
        doomed = [] if found is None else [found]
    if not doomed:
        raise InteractionNotFound
    held = [one.number for one in doomed if one.status == "Paused" and _is_transactional(one)]
    if held:
        lifecycle.stop(tx, held, numbers, now)
    _refuse_running(tx, [one for one in doomed if one.number not in held])
    for version in doomed:
        versions.set_status(tx, version.number, versions.DELETED)
        audit.of_version(tx, version, "Delete")
    if not versions.of_journey(tx, doomed[0].journey):
        versions.bury_journey(tx, doomed[0].journey)
    return doomed[0].guid


def _is_transactional(version: Version) -> bool:
    return bool(version.document["definitionType"] == "Transactional")


def _refuse_running(tx: Tx, doomed: list[Version]) -> None:
    for version in doomed:
        if version.status in RUNNING:
            raise InvalidTransition(f"Version {version.version} is in {version.status} status. Stop the journey first.")
        if versions.has_open_job(tx, version.number):
            raise StateConflict(f"A publish or validate job of version {version.version} is in progress.")
