"""Who may enter, as one expression over the arriving events (journey-spec 1.4, 2.7)."""

from __future__ import annotations

from collections.abc import Sequence

from waystage.plan.expressions import Always
from waystage.plan.plans import EntryMode, Plan
from waystage.store import expressions


def decision(setting: expressions.Setting, plan: Plan, stopped: Sequence[int], since: int | None = None) -> str:
    """The decision number of each event (see arrivals.REFUSALS), the first that applies.

    `stopped` lists versions of the journey whose instances are still being cleared away: they count as ended. `since`:
    whoever has begun a passage with this number or a later one counts as inside, even if that is over.
    """
    arms = [f"WHEN {setting.alias}.gone = 1 THEN 1"]
    if not isinstance(plan.entry.condition, Always):
        arms.append(f"WHEN NOT coalesce({expressions.condition(setting, plan.entry.condition)}, FALSE) THEN 2")
    journey = setting.binder.bind(plan.journey)
    if since is not None and plan.entry.mode is not EntryMode.ANYTIME:
        begun = setting.binder.bind(since)
        inside = (_inside(setting, table, journey, since=begun) for table in ("active", "past"))
        arms.append(f"WHEN {' OR '.join(inside)} THEN 4")
    if plan.entry.mode is EntryMode.ONCE:
        arms.append(f"WHEN {_inside(setting, 'active', journey)} OR {_inside(setting, 'past', journey)} THEN 3")
    if plan.entry.mode is EntryMode.AFTER_EXIT:
        arms.append(f"WHEN {_inside(setting, 'active', journey, stopped)} THEN 4")
    return f"CASE {' '.join(arms)} ELSE 0 END"


def _inside(
    setting: expressions.Setting, table: str, journey: str, stopped: Sequence[int] = (), since: str = ""
) -> str:
    ended = f" AND f.instance >= {since}" if since else ""
    if stopped:
        versions = ", ".join(setting.binder.bind(version) for version in stopped)
        ended = (
            " AND NOT EXISTS (SELECT 1 FROM instance g WHERE g.lane = :lane AND g.instance = f.instance"
            f" AND g.version IN ({versions}))"
        )
    return expressions.found(
        f"FROM {table} f WHERE f.lane = :lane AND f.contact = {setting.alias}.contact AND f.journey = {journey}{ended}"
    )
