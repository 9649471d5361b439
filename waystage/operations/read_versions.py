"""Reading journey versions: one, or a filtered and ordered page, each with its counters (api.md 3.4, 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from waystage.ground.errors import InteractionNotFound
from waystage.spec.document import Journey, parse
from waystage.store import statistics, version_lists, versions
from waystage.store.sql import Tx
from waystage.store.version_lists import Filter, Matches, Order, Part
from waystage.store.versions import Selector, Version

#: Minutes after which a contact that is due counts as delayed (journey-spec 9.4).
DELAY_MINUTES = 60
_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Stats:
    """Contacts inside, ever entered, that met the goal, that left by exit criteria; `performance`: contract 30.

    `delayed`: who rests although due for longer than DELAY_MINUTES; read only where it is asked for.
    """

    current: int = 0
    cumulative: int = 0
    met_goal: int = 0
    met_exit: int = 0
    performance: float = 0
    delayed: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A version and its counters."""

    version: Version
    stats: Stats


@dataclass(frozen=True, slots=True)
class Summary:
    """Over all versions of a list: how many there are, run with a goal, reach it, and how many contacts entered."""

    total: int
    running_with_goal: int
    running_meeting_goal: int
    cumulative: int


def one(
    tx: Tx, account: int, selector: Selector, version_number: int | None = None, *, health_at: int | None = None
) -> Reading:
    """Read one version, the newest without a number (D-29, D-31); InteractionNotFound. `health_at` as in `page`."""
    version = versions.find(tx, account, selector, version_number)
    if version is None:
        raise InteractionNotFound
    return _with_health(tx, with_stats(tx, [version]), health_at)[0]


def of_version(tx: Tx, version: Version) -> Reading:
    """Read the counters of a version at hand."""
    return with_stats(tx, [version])[0]


def page(
    tx: Tx, account: int, wanted: Filter, order: Order, part: Part, *, health_at: int | None = None
) -> tuple[int, list[Reading]]:
    """Count the matches and read one page of them (D-33); `health_at` is now, where delays are asked for."""
    matches = Matches(tx, account, wanted)
    found = _best(tx, matches, order, part) if order.by == "performance" else matches.page(order, part)
    return matches.count(), _with_health(tx, with_stats(tx, found), health_at)


def _with_health(tx: Tx, readings: list[Reading], now: int | None) -> list[Reading]:
    """Add who is late (journey-spec 9.4), which takes a look at every place of rest."""
    if now is None:
        return readings
    before = now - DELAY_MINUTES * _MS_PER_MINUTE
    late = statistics.overdue(tx, [one.version.number for one in readings], before)
    return [Reading(one.version, replace(one.stats, delayed=late.get(one.version.number, 0))) for one in readings]


def _best(tx: Tx, matches: Matches, order: Order, part: Part) -> list[Version]:
    """A page of all matches by a computed figure; the order of ties is the store's, which sorting keeps."""
    numbers = [number for number, _ in matches.all()]
    # Nobody can have met the goal of a journey that nobody has entered, so only the others are read.
    entered = [number for number, counts in statistics.population(tx, numbers).items() if counts[1]]
    reached = {one.version.number: one.stats.performance for one in _read(tx, entered)}
    sign = -1 if order.descending else 1
    ordered = sorted(numbers, key=lambda number: sign * reached.get(number, 0))
    return version_lists.load(tx, ordered[part.offset : part.offset + part.limit])


def _read(tx: Tx, numbers: Sequence[int]) -> list[Reading]:
    return with_stats(tx, version_lists.load(tx, list(numbers)))


def summary(tx: Tx, account: int, wanted: Filter) -> Summary:
    """Sum up all matches of a list (api.md 3.6, extras=summary); contacts of test mode are kept apart (contract 26)."""
    every = dict(Matches(tx, account, wanted).all())
    # All others count in the total only.
    entered = statistics.population(tx, list(every))
    readings = _read(tx, [number for number, status in every.items() if status == "Published" or entered[number][1]])
    real = [r for r in readings if not _outline(r.version).is_test]
    running = [r for r in real if r.version.status == "Published" and _outline(r.version).goals]
    meeting = [r for r in running if _reaches(r)]
    return Summary(len(every), len(running), len(meeting), sum(r.stats.cumulative for r in real))


def _outline(version: Version) -> Journey:
    """The journey without its steps, which cost most of the reading."""
    return parse({**version.document, "activities": [], "triggers": []})


def _reaches(reading: Reading) -> bool:
    """Tell whether the goal's target is reached: a share in percent, or a number of contacts (journey-spec 7.1)."""
    unit, target = _target(reading.version)
    return target > 0 and reading.stats.performance >= (target if unit == "percentage" else 100)


def with_stats(tx: Tx, found: Sequence[Version]) -> list[Reading]:
    """Read the counters of versions."""
    counters = statistics.population(tx, [version.number for version in found]) if found else {}
    return [Reading(version, _stats(version, counters.get(version.number, (0, 0, 0, 0)))) for version in found]


def _stats(version: Version, counters: tuple[int, int, int, int]) -> Stats:
    _, entered, met_goal, _ = counters
    return Stats(*counters, performance=performance(version, entered, met_goal))


def performance(version: Version, entered: int, met_goal: int) -> float:
    """How far the goal is reached in percent (contract 30)."""
    unit, target = _target(version)
    base = Decimal(entered) if unit == "percentage" else target
    if base <= 0 or entered == 0:
        return 0
    return float((Decimal(100) * met_goal / base).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _target(version: Version) -> tuple[str, Decimal]:
    """Give unit and size of the goal's target; a target of 0 stands for no goal."""
    goals = _outline(version).goals
    if not goals:
        return "wholenumber", Decimal(0)
    try:
        target = Decimal(goals[0].conversion_value or "0")
    except InvalidOperation:
        target = Decimal(0)
    return goals[0].conversion_unit or "percentage", target if target.is_finite() else Decimal(0)
