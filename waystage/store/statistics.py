"""Counters per lane, one upsert per batch, summed when read (design 3.8).

Names: of a version (activity 0) `entered`, `ended:<reason>`, `refused:<status>`, `met_goal`, `met_exit`; of an activity
`arrived`, `departed`, `outcome:<place>`, `outcome:none`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from waystage.store import daily
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx, lane_numbers

CounterKey = tuple[int, int, str]


def add(tx: Tx, lane: int, counts: Mapping[CounterKey, int]) -> None:
    """Add to the counters (version, activity, name) of a lane."""
    entries = [entry for entry in counts.items() if entry[1]]
    if not entries:
        return
    rows = ", ".join(f"(:lane, :v{i}, :a{i}, :m{i}, :n{i})" for i in range(len(entries)))
    values: dict[str, int | str] = {"lane": lane}
    for i, ((version, activity, name), n) in enumerate(entries):
        values |= {f"v{i}": version, f"a{i}": activity, f"m{i}": name, f"n{i}": n}
    tx.run(
        f"INSERT INTO counter (lane, version, activity, name, n) VALUES {rows}"
        " ON CONFLICT (lane, version, activity, name) DO UPDATE SET n = counter.n + excluded.n",
        **values,
    )


def population(tx: Tx, versions: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
    """(current, cumulative, met goal, met exit criteria) of each version (journey-spec 9.4).

    A stopped version has nobody inside, whatever rows are still to be cleared away (design 8.12).
    """
    sums: dict[int, dict[str, int]] = {version: {} for version in versions}
    lanes, every = in_list(lane_numbers(tx), "lane")
    for chunk in chunks(list(versions)):
        listed, values = in_list(chunk)
        for version, name, n in tx.rows(
            f"SELECT version, name, sum(n) FROM counter WHERE lane IN {lanes} AND version IN {listed} AND activity = 0"
            " GROUP BY version, name",
            **every,
            **values,
        ):
            sums[version][name] = int(n)
    over, cleared = stopped(tx, versions), daily.met_when_cleared(tx, versions)
    return {version: _population(counts, version in over, cleared.get(version, 0)) for version, counts in sums.items()}


def _population(counts: Mapping[str, int], is_stopped: bool, cleared: int) -> tuple[int, int, int, int]:
    entered = counts.get("entered", 0)
    ended = sum(n for name, n in counts.items() if name.startswith("ended:"))
    current = 0 if is_stopped else entered - ended
    return current, entered, counts.get("met_goal", 0) - cleared, counts.get("ended:MetExitCriteria", 0)


def stopped(tx: Tx, versions: Iterable[int]) -> set[int]:
    """Those of the versions that were stopped: nobody is inside, whatever the counters say (design 8.12)."""
    found: set[int] = set()
    for chunk in chunks(list(versions)):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT number FROM version WHERE number IN {listed} AND status IN ('Stopped', 'Deleted')", **values
        )
        found |= {row[0] for row in rows}
    return found


@dataclass(frozen=True, slots=True)
class ActivityCounts:
    """One activity as a person would ask: how many rest there now, how many passed, how many have ever rested."""

    activity: int
    here: int
    through: int
    outcomes: Mapping[str, int]
    rested: int = 0


def activities(tx: Tx, version: int) -> dict[int, ActivityCounts]:
    """Counts of every activity of a version that somebody has reached."""
    sums: dict[int, dict[str, int]] = {}
    lanes, every = in_list(lane_numbers(tx), "lane")
    for activity, name, n in tx.rows(
        f"SELECT activity, name, sum(n) FROM counter WHERE lane IN {lanes} AND version = :version AND activity > 0"
        " GROUP BY activity, name",
        version=version,
        **every,
    ):
        sums.setdefault(activity, {})[name] = int(n)
    return {activity: _activity(activity, counts) for activity, counts in sums.items()}


def _activity(activity: int, counts: Mapping[str, int]) -> ActivityCounts:
    outcomes = {name.removeprefix("outcome:"): n for name, n in counts.items() if name.startswith("outcome:")}
    rested = counts.get("arrived", 0)
    return ActivityCounts(activity, rested - counts.get("departed", 0), sum(outcomes.values()), outcomes, rested)


def totals(tx: Tx, version: int) -> dict[str, int]:
    """The counters of the version itself by name."""
    lanes, every = in_list(lane_numbers(tx), "lane")
    rows = tx.rows(
        f"SELECT name, sum(n) FROM counter WHERE lane IN {lanes} AND version = :version AND activity = 0 GROUP BY name",
        version=version,
        **every,
    )
    return {name: int(n) for name, n in rows}


def releases(tx: Tx, version: int) -> dict[int, int]:
    """When the next one is due at each activity of a version where somebody rests, as the pauses have moved it."""
    found: dict[int, int] = {}
    for lane in lane_numbers(tx):
        rows = tx.rows(
            "SELECT s.activity, (SELECT q.due FROM queue q WHERE q.lane = :lane AND q.seat = s.number"
            " ORDER BY q.due, q.instance LIMIT 1) + s.shift FROM seat s WHERE s.version = :version",
            lane=lane,
            version=version,
        )
        for activity, due in rows:
            if due is not None:
                found[activity] = min(due, found.get(activity, due))
    return found


def overdue(tx: Tx, versions: Sequence[int], before: int) -> dict[int, int]:
    """How many in each version rest although they were due before an instant; the stopped have nobody."""
    found: dict[int, int] = {}
    running = sorted(set(versions) - stopped(tx, versions))
    for chunk in chunks(running):
        listed, values = in_list(chunk)
        for lane in lane_numbers(tx):
            rows = tx.rows(
                "SELECT s.version, (SELECT count(*) FROM queue q WHERE q.lane = :lane AND q.seat = s.number"
                f" AND q.due < :before - s.shift) FROM seat s WHERE s.version IN {listed}",
                lane=lane,
                before=before,
                **values,
            )
            for version, n in rows:
                found[version] = found.get(version, 0) + int(n)
    return found
