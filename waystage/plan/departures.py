"""Goals and exit criteria: who leaves, or is counted, when a wait ends (journey-spec 7)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

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
    immediate = _is_immediate(site, goals[0].meta, "goals[0]")
    return Goal(_criteria(site, goals[0].configuration.get("criteria"), "goals[0]"), goals[0].is_exit, immediate)


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


def exit_of(site: Site) -> tuple[Condition | None, Condition | None]:
    """The exit criteria of a journey, if it has any, and those of them that act at once; it is enough to fulfil one."""
    conditions, at_once = [], []
    for place, one in enumerate(site.journey.exits):
        conditions.append(_criteria(site, one.configuration.get("criteria"), f"exits[{place}]"))
        if _is_immediate(site, one.meta, f"exits[{place}]"):
            at_once.append(conditions[-1])
    return (AnyOf(tuple(conditions)) if conditions else None, AnyOf(tuple(at_once)) if at_once else None)


def _is_immediate(site: Site, meta: Mapping[str, Any], path: str) -> bool:
    """Whether it acts as soon as contact data change: an addition of ours, off unless it is asked for."""
    own = meta.get("waystage")
    path = f"{path}.metaData.waystage"
    if own is None:
        return False
    if not isinstance(own, Mapping):
        site.problem(problems.OWN_OPTION, f"{path} must be an object.", path)
        return False
    for name in own:
        if name != "immediate":
            site.problem(problems.OWN_OPTION, f"{path}.{name} is not known; immediate is.", f"{path}.{name}")
    immediate = own.get("immediate")
    if immediate is not None and not isinstance(immediate, bool):
        site.problem(problems.OWN_OPTION, f"{path}.immediate must be true or false.", f"{path}.immediate")
    return immediate is True


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
