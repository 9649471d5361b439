"""RESTDECISION: let a service of somebody else's choose the way of each contact (journey-spec 6.3)."""

from __future__ import annotations

from waystage.plan import calls
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Step
from waystage.spec.document import Activity


def step(activity: Activity, site: Site) -> Step:
    """Every outcome needs a `branchResult`."""
    return calls.step(activity, site, must_branch=True)


ACTIVITY = ActivityType(
    type="RESTDECISION",
    aliases=(),
    summary="Call a custom activity for each contact and take the outcome whose `arguments.branchResult` is the"
    " `branchResult` of the answer, letter by letter; an unknown one is a failure.",
    history_name="restdecision",
    step=step,
    outputs_of=calls.outputs_of,
    examples=(
        Example(
            "the answer chooses, letter by letter",
            given={"publish": {"url": "https://service.example.com/publish"}},
            arguments={"execute": {"url": "https://service.example.com/execute"}},
            outcomes=(
                {"key": "yes", "arguments": {"branchResult": "yes"}},
                {"key": "no", "arguments": {"branchResult": "no"}},
            ),
            contacts={"ann": {}, "bob": {}, "cid": {}},
            script=(
                "enter",
                'answer ann {"branchResult": "no"}',
                'answer bob {"branchResult": "yes"}',
                'answer cid {"branchResult": "YES"}',
            ),
            trail={
                "ann": ("waiting", "no", "no", "no"),
                "bob": ("waiting", "waiting", "yes", "yes"),
                "cid": ("waiting", "waiting", "waiting", "ended"),
            },
        ),
    ),
)
