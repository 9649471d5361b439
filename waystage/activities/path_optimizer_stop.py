"""ABNTESTSTOP: where the paths of a path optimizer meet again (journey-spec 3.8)."""

from __future__ import annotations

from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Route, Step
from waystage.spec.document import Activity


def step(activity: Activity, site: Site) -> Step:
    """Everybody goes on: what paths have in common is seen from the graph."""
    return (Route.to(),)


ACTIVITY = ActivityType(
    type="ABNTESTSTOP",
    aliases=(),
    summary="The end of a path optimizer: its paths meet here and contacts go on.",
    history_name="abnteststop",
    step=step,
    examples=(Example("contacts go on", given={}, script=("enter",), trail={"ann": ("on",)}),),
)
