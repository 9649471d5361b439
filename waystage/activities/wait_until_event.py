"""WAITBYEVENT: hold each contact until its event comes, or the longest time is over (journey-spec 3.4)."""

from __future__ import annotations

from waystage.plan import waits
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity


def step(activity: Activity, site: Site) -> Step:
    """As any wait; without the key of an event it is not configured."""
    if not waits.event_key(activity):
        site.problem(problems.ACTIVITY_NOT_CONFIGURED, f"Wait {activity.key}: waitForEventKey is missing.")
        return (Route.to(),)
    return waits.step(activity, site)


_WAYS = ({"key": "came", "arguments": {"when": True}}, {"key": "silent", "arguments": {"when": False}})

ACTIVITY = ActivityType(
    type="WAITBYEVENT",
    aliases=("WAITUNTILEVENT", "WAITFORDECISION"),
    summary="Hold each contact until its event comes and fulfils a filter, or until the longest time is over.",
    history_name="waitactivity",
    step=step,
    outputs=waits.OUTPUTS,
    examples=(
        Example(
            "an event in time, and none",
            given={"waitForEventKey": "{event}", "waitDuration": 2, "waitUnit": "DAYS"},
            outcomes=_WAYS,
            contacts={"ann": {}, "bob": {}},
            script=("enter", "P1D", "event ann", "P1D"),
            trail={"ann": ("waiting", "waiting", "came", "came"), "bob": ("waiting", "waiting", "waiting", "silent")},
        ),
    ),
)
