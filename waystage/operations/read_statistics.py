"""Statistics of triggers, goals and waits (journey-spec 9.4, api.md 5.1 to 5.4); they agree with the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from waystage.ground.errors import EventDefinitionNotFound, InteractionNotFound
from waystage.operations.read_versions import performance
from waystage.plan.compile import Kinds
from waystage.spec.document import Activity, parse
from waystage.store import daily, event_definitions, statistics, trigger_lists, versions
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

#: Days that the statistics of a trigger look back, the present one included (api.md 5.1).
TRIGGER_DAYS = 30
RUNNING = frozenset({"Published", "Unpublished", "Paused"})
#: What history calls those activities that make contacts wait (D-41).
WAIT_WORDS = frozenset({"waitactivity", "stowait"})


def version_of(tx: Tx, account: int, selector: Selector, number: int | None) -> Version:
    """The version asked for, else the running one, else the newest (D-39); InteractionNotFound."""
    found = versions.find(tx, account, selector, number)
    if found is None:
        raise InteractionNotFound
    if number is not None or found.definition_id == selector.text.lower() != found.guid:
        return found
    every = versions.of_journey(tx, found.journey)
    published = [one for one in every if one.status in {"Published", "Paused"}]
    return (published or [one for one in every if one.status in RUNNING] or every)[0]


# -- triggers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TriggerCounts:
    """Contacts that an event definition offered, that entered, that were refused, and that wait inside now."""

    met: int
    attempted: int
    failed: int
    waiting: int


def trigger(tx: Tx, account: int, event_id: str, definition_id: str | None, day: int) -> TriggerCounts:
    """The last TRIGGER_DAYS up to `day`, over all versions that the event definition starts but tests, or for one.

    EventDefinitionNotFound; InteractionNotFound for a version that it does not start.
    """
    definition = event_definitions.find(tx, account, event_id)
    if definition is None:
        raise EventDefinitionNotFound
    started = trigger_lists.started_by(tx, definition.number)
    numbers = [one.version for one in started if one.definition_id == (definition_id or "").lower()]
    if definition_id is None:
        numbers = [one.version for one in started if not one.is_test]
    elif not numbers:
        raise InteractionNotFound
    counts = daily.since(tx, numbers, day - TRIGGER_DAYS + 1)
    refused = sum(n for name, n in counts.items() if name.startswith("refused:"))
    return TriggerCounts(counts["entered"], counts["entered"] + refused, refused, _waiting(tx, numbers))


def _waiting(tx: Tx, numbers: list[int]) -> int:
    over = statistics.stopped(tx, numbers)
    counts = [statistics.activities(tx, number) for number in numbers if number not in over]
    return sum(one.here for activities in counts for one in activities.values())


# -- goals ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActivityDay:
    """One activity on one day: how many came to it, and how many met the goal there."""

    activity: Activity
    reached: int
    met_goal: int


@dataclass(frozen=True, slots=True)
class GoalDay:
    """One day with traffic; `start` is its first instant in ms. The totals are those at the end of the day."""

    day: int
    activities: tuple[ActivityDay, ...]
    cumulative: int
    met_goal: int
    met_exit: int
    performance: float


def goals(tx: Tx, account: int, selector: Selector, number: int | None) -> tuple[Version, list[GoalDay]]:
    """The days of a version on which anything was counted, in order; InteractionNotFound."""
    version = version_of(tx, account, selector, number)
    counts = daily.of_version(tx, version.number)
    days: dict[int, dict[tuple[int, str], int]] = {}
    for (day, activity, name), n in sorted(counts.items()):
        if n:
            days.setdefault(day, {})[activity, name] = n
    activities = parse(version.document).activities
    totals: Counter[str] = Counter()
    return version, [_day(version, day, counted, activities, totals) for day, counted in days.items()]


def _day(
    version: Version,
    day: int,
    counted: Mapping[tuple[int, str], int],
    activities: tuple[Activity, ...],
    totals: Counter[str],
) -> GoalDay:
    totals.update({name: n for (activity, name), n in counted.items() if not activity})
    entered, met = totals["entered"], totals["met_goal"]
    return GoalDay(
        day,
        tuple(
            ActivityDay(activity, counted.get((place, "reached"), 0), counted.get((place, "met_goal"), 0))
            for place, activity in enumerate(activities, start=1)
        ),
        entered,
        met,
        totals["ended:MetExitCriteria"],
        performance(version, entered, met),
    )


# -- waits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitCount:
    """How many wait at an activity now, and when the next of them is due in ms, None if nobody ever is."""

    activity: Activity
    count: int
    next_release: int | None


def waits(
    tx: Tx, kinds: Kinds, account: int, selector: Selector, number: int | None
) -> tuple[Version, list[WaitCount]]:
    """Every activity of a version that makes contacts wait; a stopped one has nobody there. InteractionNotFound."""
    version = version_of(tx, account, selector, number)
    over = bool(statistics.stopped(tx, [version.number]))
    counts = {} if over else statistics.activities(tx, version.number)
    releases = {} if over else statistics.releases(tx, version.number)
    return version, [
        WaitCount(activity, counts[place].here if place in counts else 0, releases.get(place))
        for place, activity in enumerate(parse(version.document).activities, start=1)
        if makes_wait(kinds, activity)
    ]


def makes_wait(kinds: Kinds, activity: Activity) -> bool:
    """Whether an activity is one of the waits; types that are not installed go by their names (journey-spec 3.2)."""
    kind = kinds.activity(activity.type)
    return kind.history_name in WAIT_WORDS if kind else activity.type_folded.startswith(("WAIT", "STOWAIT"))
