"""MULTICRITERIADECISION: the first path whose criteria a contact fulfils (journey-spec 3.5)."""

from __future__ import annotations

from waystage.plan import decisions
from waystage.plan.decisions import REMAINDER
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Step
from waystage.spec.document import Activity
from waystage.spec.fields import FieldType


def step(activity: Activity, site: Site) -> Step:
    """One route with an arm per outcome; what a criteria names must exist."""
    return decisions.step(activity, site, site.condition)


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
    outputs={"actualChoice": FieldType.NUMBER},
    examples=(
        Example(
            "by a field of the entry event",
            given={"criteria": {"big": _where("Score", "GreaterThan", "50")}},
            outcomes=({"key": "big"}, {"key": REMAINDER}),
            contacts={"ann": {"Score": 51}, "bob": {"Score": 50}, "cid": {}},
            script=("enter",),
            trail={"ann": ("big",), "bob": (REMAINDER,), "cid": (REMAINDER,)},
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
