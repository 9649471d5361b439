"""MULTICRITERIADECISION: the first path whose criteria a contact fulfils (journey-spec 3.5)."""

from __future__ import annotations

from waystage.plan.expressions import Always
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Arm, Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity

_REMAINDER = "remainder_path"
_MOST = 20


def step(activity: Activity, site: Site) -> Step:
    """One route with an arm per outcome, in the order of the document."""
    if not 1 <= len(activity.outcomes) <= _MOST:
        count = len(activity.outcomes)
        site.problem(problems.DECISION_SPLIT, f"Decision split {activity.key}: {count} paths; {_MOST} at most.")
    found = [arm for place in range(len(activity.outcomes)) if (arm := _arm(activity, place, site))]
    arms = tuple(sorted(found, key=lambda arm: isinstance(arm.condition, Always) and _is_remainder(activity, arm)))
    count = len(activity.outcomes)
    return (Route(arms, outputs=(("actualChoice", tuple(range(count))),)),)


def _is_remainder(activity: Activity, arm: Arm) -> bool:
    """Wherever the remainder stands, it takes those whom no other path takes."""
    return activity.outcomes[arm.outcome].key == _REMAINDER


def _arm(activity: Activity, place: int, site: Site) -> Arm | None:
    """Without criteria an outcome is the remainder if it is the last one or is named so."""
    criteria = activity.configuration.get("criteria")
    key = activity.outcomes[place].key
    text = criteria.get(key) if isinstance(criteria, dict) else None
    if key != _REMAINDER and isinstance(text, str):
        return Arm(place, site.condition(text, f"{activity.key}.criteria[{key}]"))
    if key == _REMAINDER or place == len(activity.outcomes) - 1:
        return Arm(place, Always())
    site.problem(problems.DECISION_SPLIT, f"Decision split {activity.key}: path {key} has no criteria.")
    return None


def _where(field: str, operator: str, value: str) -> str:
    condition = f'<Condition IsEphemeralAttribute="true" Key="Event.{{event}}.{field}" Operator="{operator}">'
    return (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Individual Filter Grouping">'
        f"{condition}<Value><![CDATA[{value}]]></Value></Condition></ConditionSet></FilterDefinition>"
    )


ACTIVITY = ActivityType(
    type="MULTICRITERIADECISION",
    aliases=("MULTICRITERIADECISIONV2",),
    summary="Send each contact down the first path whose criteria it fulfils, or down the remainder path.",
    history_name="multicriteriadecision",
    step=step,
    outputs=("actualChoice",),
    examples=(
        Example(
            "by a field of the entry event",
            given={"criteria": {"big": _where("Score", "GreaterThan", "50")}},
            outcomes=({"key": "big"}, {"key": _REMAINDER}),
            contacts={"ann": {"Score": 51}, "bob": {"Score": 50}, "cid": {}},
            script=("enter",),
            trail={"ann": ("big",), "bob": (_REMAINDER,), "cid": (_REMAINDER,)},
        ),
        Example(
            "without a remainder whoever fits nowhere leaves",
            given={
                "criteria": {"gold": _where("Tier", "Equal", "GOLD"), "silver": _where("Tier", "BeginsWith", "silv")}
            },
            outcomes=({"key": "gold"}, {"key": "silver"}),
            contacts={"ann": {"Tier": "gold"}, "bob": {"Tier": "silver"}, "cid": {"Tier": "bronze"}},
            script=("enter",),
            trail={"ann": ("gold",), "bob": ("silver",), "cid": ("ended",)},
        ),
    ),
)
