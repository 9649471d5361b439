"""How far contacts have come in the running versions: activity by activity, who is here, passed, and goes on when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waystage.spec.document import Activity, parse
from waystage.store import statistics, version_lists
from waystage.store.sql import Tx
from waystage.store.statistics import ActivityCounts
from waystage.store.version_lists import Filter, Matches
from waystage.store.versions import Version

RUNNING = ("Published", "Unpublished", "Paused")


@dataclass(frozen=True, slots=True)
class ActivityProgress:
    """One activity: contacts here now, contacts that went through, the next release in ms UTC, and by which outcome."""

    key: str
    name: str
    type: str
    here: int
    through: int
    next_release: int | None
    ways: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class VersionProgress:
    """One running version and its activities in the order of the document."""

    key: str
    version: int
    activities: tuple[ActivityProgress, ...]


def running(tx: Tx, account: int) -> list[VersionProgress]:
    """Every running version of a business unit, ordered by journey id."""
    wanted = Filter(statuses=RUNNING, recent_only=False)
    found = version_lists.load(tx, [number for number, _ in Matches(tx, account, wanted).all()])
    return [_progress(tx, version) for version in found]


def _progress(tx: Tx, version: Version) -> VersionProgress:
    counts = statistics.activities(tx, version.number)
    releases = statistics.releases(tx, version.number)
    activities = parse(version.document).activities
    return VersionProgress(
        version.key,
        version.version,
        tuple(
            _activity(activity, counts.get(number), releases.get(number))
            for number, activity in enumerate(activities, start=1)
        ),
    )


def _activity(activity: Activity, counts: ActivityCounts | None, next_release: int | None) -> ActivityProgress:
    here, through = (counts.here, counts.through) if counts else (0, 0)
    ways = {
        (outcome.label or outcome.key): counts.outcomes.get(str(place), 0) if counts else 0
        for place, outcome in enumerate(activity.outcomes)
    }
    return ActivityProgress(
        activity.key, activity.name or activity.key, activity.type, here, through, next_release, ways
    )
