"""Goals and exit criteria: who leaves, or is counted, when a wait ends (journey-spec 7)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from waystage.plan.expressions import AnyOf, Condition
from waystage.plan.kinds import Site
from waystage.plan.plans import Goal
from waystage.spec import document, problems

_UNITS = {"", "percentage", "wholenumber"}


def goal_of(site: Site) -> Goal | None:
    """The goal of a journey, if it has one; problems are noted."""
    goals = site.journey.goals
    if len(goals) > 1:
        site.problem(problems.GOAL_OR_EXIT, f"The journey has {len(goals)} goals; one is allowed.", "goals")
    if not goals:
        return None
    if site.journey.definition_type == "Quicksend":
        site.problem(problems.GOAL_OR_EXIT, "A single send cannot have a goal.", "goals")
    _check_target(site, goals[0])
    return Goal(_criteria(site, goals[0].configuration.get("criteria"), "goals[0]"), goals[0].is_exit)


def _check_target(site: Site, goal: document.Goal) -> None:
    try:
        number = Decimal(goal.conversion_value or "0")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        site.problem(
            problems.GOAL_OR_EXIT,
            f"goals[0].metaData.conversionValue must be a number of at least 0, not {goal.conversion_value!r}.",
            "goals[0].metaData.conversionValue",
        )
    if goal.conversion_unit not in _UNITS:
        site.problem(
            problems.GOAL_OR_EXIT,
            f"goals[0].metaData.conversionUnit must be percentage or wholenumber, not {goal.conversion_unit!r}.",
            "goals[0].metaData.conversionUnit",
        )


def exit_of(site: Site) -> Condition | None:
    """The exit criteria of a journey, if it has any; of several it is enough to fulfil one."""
    conditions = [
        _criteria(site, one.configuration.get("criteria"), f"exits[{place}]")
        for place, one in enumerate(site.journey.exits)
    ]
    return AnyOf(tuple(conditions)) if conditions else None


def _criteria(site: Site, text: object, path: str) -> Condition:
    """Criteria that must say something: an empty filter would send everybody away."""
    if not isinstance(text, str) or not text.strip():
        site.problem(
            problems.GOAL_OR_EXIT,
            f"{path}: configurationArguments.criteria is missing.",
            f"{path}.configurationArguments",
        )
        text = ""
    return site.condition(text, f"{path}.configurationArguments.criteria", problems.GOAL_OR_EXIT)
