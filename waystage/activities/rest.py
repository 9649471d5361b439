"""REST: ask a service of somebody else's for each contact, and go on with what it answers (journey-spec 6)."""

from __future__ import annotations

from waystage.plan import calls
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Step
from waystage.spec.document import Activity


def step(activity: Activity, site: Site) -> Step:
    """One way out; with outcomes that name a `branchResult` a split."""
    return calls.step(activity, site)


ACTIVITY = ActivityType(
    type="REST",
    aliases=(),
    summary="Call a custom activity for each contact: a POST with the resolved inArguments, whose answer gives the"
    " outArguments to later activities. The contact rests until the answer is there; a final failure ends its passage"
    " with the reason Error.",
    history_name="rest",
    step=step,
    outputs_of=calls.outputs_of,
    examples=(
        Example(
            "everybody rests until the service has answered; whoever it fails leaves",
            given={"publish": {"url": "https://service.example.com/publish"}},
            arguments={
                "execute": {
                    "url": "https://service.example.com/execute",
                    "inArguments": [{"mail": "{{Event.{event}.EmailAddress}}"}],
                    "outArguments": [{"code": ""}],
                }
            },
            contacts={"ann": {"EmailAddress": "ann@example.com"}, "bob": {}},
            script=("enter", 'answer ann {"code": "A1"}', "answer bob no JSON"),
            trail={"ann": ("waiting", "on", "on"), "bob": ("waiting", "waiting", "ended")},
        ),
    ),
)
