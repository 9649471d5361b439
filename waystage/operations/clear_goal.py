"""Letting the goal of a version read zero from now on; population and history stay (api.md 5.3, D-40)."""

from __future__ import annotations

from waystage.operations import read_statistics
from waystage.store import audit, daily
from waystage.store.audit import Kind
from waystage.store.sql import Tx
from waystage.store.versions import Selector


def clear(tx: Tx, account: int, selector: Selector, version_number: int | None, day: int) -> None:
    """Clear the goal counters of a version on `day` (see store.daily.day_of); InteractionNotFound."""
    version = read_statistics.version_of(tx, account, selector, version_number)
    daily.clear_goal(tx, version.number, day)
    number = version.version
    audit.record(tx, account, Kind.GOAL_STATISTICS, "Clear", version.definition_id, version.key, versionNumber=number)
