"""Counters, in all and by day, are what the trace and the remarks say (design 3.8)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.invariants.base import AtRest, few

_MS_PER_DAY = 86_400_000

Key = tuple[int, int, str]
"""(version, activity, name)."""
Day = int


@dataclass(frozen=True)
class _Hops:
    """Hops that are alike: they took one path on one day, and came from and went to the same seats."""

    version: int
    steps: list[tuple[int, int]]
    ended: str
    left: int
    """The activity that they woke at; 0 for those that entered."""
    rests: int
    """The activity where they came to rest; 0 for those that ended."""
    day: Day
    n: int


def counters_agree(base: AtRest) -> Iterator[str]:
    """Totals and days. A counter of a goal by activity cannot be told from the trace and is taken as it is."""
    hops = list(_hops(base))
    total, daily = Counter[Key](), defaultdict[Day, Counter[Key]](Counter)
    for one in hops:
        total.update(_counted(one))
        daily[one.day].update(_reached(one))
    for (version, activity, name), day, n in _others(base):
        total[version, activity, name] += n
        daily[day][version, activity, name] += n
    yield from _differ("counters", _stored(base), total)
    days = _stored_by_day(base)
    for day in sorted(days.keys() | daily.keys()):
        yield from _differ(f"counters of day {day}", days[day], daily[day])


def _hops(base: AtRest) -> Iterator[_Hops]:
    paths = {
        (lane, path): (version, [(activity, outcome) for activity, outcome in json.loads(steps)], ended)
        for lane, path, version, steps, ended in base.rows("SELECT lane, id, version, steps, ended FROM path")
    }
    activity_of: dict[int, int] = dict(base.rows("SELECT number, activity FROM seat"))
    for lane, path, before, seat, day, n in base.rows(
        f"SELECT lane, path, before, seat, at / {_MS_PER_DAY}, count(*) FROM (SELECT lane, path, seat, at,"
        " lag(seat) OVER (PARTITION BY lane, instance ORDER BY hop) AS before FROM hop_log) h"
        f" GROUP BY lane, path, before, seat, at / {_MS_PER_DAY}"
    ):
        if (lane, path) in paths:
            version, steps, ended = paths[lane, path]
            rests = 0 if ended else activity_of.get(seat, 0)
            yield _Hops(version, steps, ended, activity_of.get(before, 0), rests, day, n)


def _counted(one: _Hops) -> Counter[Key]:
    counted = _of_version(one)
    for activity, outcome in one.steps:
        counted[one.version, activity, f"outcome:{outcome}" if outcome >= 0 else "outcome:none"] += one.n
    if one.left:
        counted[one.version, one.left, "departed"] += one.n
    if one.rests:
        counted[one.version, one.rests, "arrived"] += one.n
    return counted


def _reached(one: _Hops) -> Counter[Key]:
    """Whoever departs has reached the activity in an earlier hop (store.daily)."""
    counted = _of_version(one)
    for place, (activity, _) in enumerate(one.steps):
        if place or activity != one.left:
            counted[one.version, activity, "reached"] += one.n
    if one.rests:
        counted[one.version, one.rests, "reached"] += one.n
    return counted


def _of_version(one: _Hops) -> Counter[Key]:
    counted: Counter[Key] = Counter()
    if not one.left:
        counted[one.version, 0, "entered"] = one.n
    if one.ended:
        counted[one.version, 0, f"ended:{one.ended}"] = one.n
    return counted


def _others(base: AtRest) -> Iterator[tuple[Key, Day, int]]:
    """What is counted beside the trace."""
    day = f"at / {_MS_PER_DAY}"
    for version, status, on, n in base.rows(
        f"SELECT version, status, {day}, count(*) FROM remark WHERE instance = 0 AND version > 0"
        f" GROUP BY version, status, {day}"
    ):
        yield (version, 0, f"refused:{status}"), on, n
    for version, on, n in base.rows(f"SELECT version, {day}, count(*) FROM goal_met GROUP BY version, {day}"):
        yield (version, 0, "met_goal"), on, n
    for version, activity, on, n in base.rows(
        "SELECT version, activity, day, sum(n) FROM daily WHERE activity > 0 AND name = 'met_goal'"
        " GROUP BY version, activity, day"
    ):
        yield (version, activity, "met_goal"), on, int(n)


def _stored(base: AtRest) -> Counter[Key]:
    return Counter({
        (version, activity, name): int(n)
        for version, activity, name, n in base.rows(
            "SELECT version, activity, name, sum(n) FROM counter GROUP BY version, activity, name"
        )
    })  # fmt: skip


def _stored_by_day(base: AtRest) -> defaultdict[Day, Counter[Key]]:
    found: defaultdict[Day, Counter[Key]] = defaultdict(Counter)
    for day, version, activity, name, n in base.rows(
        "SELECT day, version, activity, name, sum(n) FROM daily GROUP BY day, version, activity, name"
    ):
        found[day][version, activity, name] = int(n)
    return found


def _differ(what: str, stored: Counter[Key], told: Counter[Key]) -> Iterator[str]:
    wrong = [(key, stored[key], told[key]) for key in stored.keys() | told.keys() if stored[key] != told[key]]
    if wrong:
        yield f"{what} and the trace differ ((version, activity, name), counted, traced): {few(wrong)}"


INVARIANTS = (counters_agree,)
