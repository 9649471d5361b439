"""Counters by day of the account's zone, and what a clearing of the goal takes off them (journey-spec 9.4, api.md 5.3).

Names: of a version (activity 0) those of store/statistics.py; of an activity `reached` and `met_goal`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import SqlValue, Tx, lane_numbers

MS_PER_MINUTE, MS_PER_DAY = 60_000, 86_400_000

CounterKey = tuple[int, int, str]
DayKey = tuple[int, int, str]
"""(day, activity, name)."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What had been counted of a goal when it was cleared: in all, and on the day of the clearing."""

    day: int
    met: int
    met_that_day: int


def day_of(now: int, offset_minutes: int) -> int:
    """The number of the day, since 1970, in which an instant (ms) lies."""
    return (now + offset_minutes * MS_PER_MINUTE) // MS_PER_DAY


def start_of(day: int, offset_minutes: int) -> int:
    """The instant (ms) at which a day begins."""
    return day * MS_PER_DAY - offset_minutes * MS_PER_MINUTE


def add(tx: Tx, lane: int, day: int, counts: Mapping[CounterKey, int]) -> None:
    """Add what a batch has counted to the day."""
    entries = sorted(_by_day(counts).items())
    if not entries:
        return
    rows = ", ".join(f"(:lane, :v{i}, :day, :a{i}, :m{i}, :n{i})" for i in range(len(entries)))
    values: dict[str, SqlValue] = {"lane": lane, "day": day}
    for i, ((version, activity, name), n) in enumerate(entries):
        values |= {f"v{i}": version, f"a{i}": activity, f"m{i}": name, f"n{i}": n}
    tx.run(
        f"INSERT INTO daily (lane, version, day, activity, name, n) VALUES {rows}"
        " ON CONFLICT (lane, version, day, activity, name) DO UPDATE SET n = daily.n + excluded.n",
        **values,
    )


def _by_day(counts: Mapping[CounterKey, int]) -> Counter[CounterKey]:
    """What is kept by day. Whoever departs has reached the activity before, so only the outcomes of others count."""
    found: Counter[CounterKey] = Counter()
    left = {(version, activity) for version, activity, name in counts if name == "departed"}
    for (version, activity, name), n in counts.items():
        passed = name.startswith("outcome:") and (version, activity) not in left
        if not activity or name == "met_goal":
            found[version, activity, name] += n
        elif passed or name == "arrived":
            found[version, activity, "reached"] += n
    return found


def since(tx: Tx, versions: Sequence[int], day: int) -> Counter[str]:
    """Counters of versions, by name, of a day and all later ones."""
    total: Counter[str] = Counter()
    for lane in lane_numbers(tx):
        for chunk in chunks(versions):
            listed, values = in_list(chunk)
            rows = tx.rows(
                "SELECT name, sum(n) FROM daily"
                f" WHERE lane = :lane AND version IN {listed} AND day >= :day AND activity = 0 GROUP BY name",
                lane=lane,
                day=day,
                **values,
            )
            total.update({name: int(n) for name, n in rows})
    return total


def of_version(tx: Tx, version: int) -> Counter[DayKey]:
    """Every counter of a version by day, summed over the lanes; a cleared goal starts at the clearing."""
    total: Counter[DayKey] = Counter()
    for lane in lane_numbers(tx):
        for day, activity, name, n in tx.rows(
            "SELECT day, activity, name, n FROM daily WHERE lane = :lane AND version = :version",
            lane=lane,
            version=version,
        ):
            total[day, activity, name] += int(n)
    for activity, one in cleared(tx, version).items():
        _take_off(total, activity, one)
    return total


def _take_off(total: Counter[DayKey], activity: int, one: Cleared) -> None:
    for day, of, name in list(total):
        if (of, name) == (activity, "met_goal") and day <= one.day:
            total[day, of, name] = total[day, of, name] - one.met_that_day if day == one.day else 0


def cleared(tx: Tx, version: int) -> dict[int, Cleared]:
    """The last clearing of a version by activity; 0 is the version itself."""
    rows = tx.rows(
        "SELECT activity, day, met, met_that_day FROM goal_cleared WHERE version = :version", version=version
    )
    return {activity: Cleared(day, met, met_that_day) for activity, day, met, met_that_day in rows}


def met_when_cleared(tx: Tx, versions: Iterable[int]) -> dict[int, int]:
    """How many had met the goal of each version when it was last cleared; only versions that were."""
    found: dict[int, int] = {}
    for chunk in chunks(sorted(versions)):
        listed, values = in_list(chunk)
        rows = tx.rows(f"SELECT version, met FROM goal_cleared WHERE activity = 0 AND version IN {listed}", **values)
        found.update((version, met) for version, met in rows)
    return found


def clear_goal(tx: Tx, version: int, day: int) -> None:
    """Let the goal of a version read zero from now on. The counters belong to the lanes, so what they say is noted."""
    for activity, met in {0: 0, **_met(tx, version, None)}.items():
        total = _counted(tx, version) if activity == 0 else met
        tx.run(
            "INSERT INTO goal_cleared (version, activity, day, met, met_that_day)"
            " VALUES (:version, :activity, :day, :met, :that_day) ON CONFLICT (version, activity)"
            " DO UPDATE SET day = excluded.day, met = excluded.met, met_that_day = excluded.met_that_day",
            version=version,
            activity=activity,
            day=day,
            met=total,
            that_day=_met(tx, version, day).get(activity, 0),
        )


def _met(tx: Tx, version: int, day: int | None) -> dict[int, int]:
    on_day, values = ("", {}) if day is None else (" AND day = :day", {"day": day})
    lanes, every = in_list(lane_numbers(tx), "lane")
    rows = tx.rows(
        f"SELECT activity, sum(n) FROM daily WHERE lane IN {lanes} AND version = :version"
        f" AND name = 'met_goal'{on_day} GROUP BY activity",
        version=version,
        **every,
        **values,
    )
    return {activity: int(n) for activity, n in rows}


def _counted(tx: Tx, version: int) -> int:
    lanes, every = in_list(lane_numbers(tx), "lane")
    row = tx.one(
        f"SELECT sum(n) FROM counter WHERE lane IN {lanes} AND version = :version AND activity = 0"
        " AND name = 'met_goal'",
        version=version,
        **every,
    )
    return int(row[0] or 0) if row else 0
