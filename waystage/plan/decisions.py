"""Decisions by criteria: the first path whose criteria a contact fulfils, else the remainder (journey-spec 3.5)."""

from __future__ import annotations

from collections.abc import Callable

from waystage.plan.expressions import Always, Condition, Literal
from waystage.plan.kinds import Site
from waystage.plan.moves import Arm, Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity

#: The key of the path of whoever fits nowhere else.
REMAINDER = "remainder_path"
_MOST = 20

#: A criteria text and where it stands, as a condition; `Site.condition` is one.
Reader = Callable[[str, str], Condition]


def step(activity: Activity, site: Site, read: Reader) -> Step:
    """One route with an arm per outcome, in the order of the document."""
    count = len(activity.outcomes)
    if not 1 <= count <= _MOST:
        site.problem(problems.DECISION_SPLIT, f"Decision split {activity.key}: {count} paths; {_MOST} at most.")
    found = [arm for place in range(count) if (arm := _arm(activity, place, site, read))]
    arms = tuple(sorted(found, key=lambda arm: isinstance(arm.condition, Always) and _is_remainder(activity, arm)))
    return (Route(arms, outputs=(("actualChoice", tuple(Literal(place) for place in range(count))),)),)


def _is_remainder(activity: Activity, arm: Arm) -> bool:
    """Wherever the remainder stands, it takes those whom no other path takes."""
    return activity.outcomes[arm.outcome].key == REMAINDER


def _arm(activity: Activity, place: int, site: Site, read: Reader) -> Arm | None:
    """Without criteria an outcome is the remainder if it is the last one or is named so."""
    criteria = activity.configuration.get("criteria")
    key = activity.outcomes[place].key
    text = criteria.get(key) if isinstance(criteria, dict) else None
    if key != REMAINDER and isinstance(text, str):
        return Arm(place, read(text, f"{activity.key}.criteria[{key}]"))
    if key == REMAINDER or place == len(activity.outcomes) - 1:
        return Arm(place, Always())
    site.problem(problems.DECISION_SPLIT, f"Decision split {activity.key}: path {key} has no criteria.")
    return None
