"""What a single send must be: one message to one audience (journey-spec 1.5, 8.11)."""

from __future__ import annotations

from collections.abc import Sequence

from waystage.plan.audiences import Audience
from waystage.plan.kinds import Site
from waystage.plan.moves import Emit
from waystage.plan.plans import PlannedActivity
from waystage.spec import problems


def check(site: Site, planned: Sequence[PlannedActivity], audience: Audience | None) -> None:
    """Note whatever keeps a journey of type Quicksend from being one."""
    messages = [one for one in planned if any(isinstance(move, Emit) for move in one.step)]
    if len(planned) != 1 or len(messages) != 1:
        site.problem(
            problems.SINGLE_SEND,
            f"A single send has one activity, a message; this one has {len(planned)}, of which {len(messages)} send.",
            "activities",
        )
    if audience is None:
        site.problem(problems.SINGLE_SEND, "The trigger of a single send must be an audience.", "triggers[0].type")
