"""Comparisons that no value of their field can fulfil: constants that are too long, or nothing of its kind (lint)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from waystage.plan import expressions as e
from waystage.plan.moves import Route
from waystage.plan.plans import Plan
from waystage.plan.readings import Reading, Readings
from waystage.spec import criteria_tree as c
from waystage.spec import problems
from waystage.spec.document import Journey
from waystage.spec.fields import Field, FieldType, is_email
from waystage.spec.problems import Problem, problem

_WHOLE = frozenset({c.Operator.EQUAL, c.Operator.IS, c.Operator.IN})
_PARTS = _WHOLE | {c.Operator.CONTAINS, c.Operator.BEGINS_WITH, c.Operator.ENDS_WITH}
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


def unmatched(journey: Journey, plan: Plan, readings: Readings) -> Iterator[Problem]:
    """Each such comparison once for each place where it stands."""
    for one in plan.activities:
        arms = [arm.condition for move in one.step if isinstance(move, Route) for arm in move.arms]
        for told in _told(arms, readings):
            path = f"activities[{one.key}].configurationArguments.criteria"
            about = journey.activities[one.number - 1]
            yield problem(problems.NEVER_MATCHES, f"Split {one.key}: {told}", path=path, activity=about)
    doors = {
        "triggers": plan.entry.condition,
        "goals": plan.goal.condition if plan.goal is not None else None,
        "exits": plan.exit,
    }
    for path, condition in doors.items():
        for told in _told([condition] if condition is not None else [], readings):
            yield problem(problems.NEVER_MATCHES, f"{path}: {told}", path=path)


def _told(conditions: Sequence[e.Condition], readings: Readings) -> list[str]:
    found = (_why(reading) for condition in conditions for reading in _readings(condition, readings))
    return list(dict.fromkeys(why for why in found if why))


def _readings(condition: e.Condition, readings: Readings) -> Iterator[Reading]:
    if condition in readings:
        yield readings[condition]
    for part in e.parts_of(condition):
        if not isinstance(part, e.Value):
            yield from _readings(part, readings)


def _why(reading: Reading) -> str:
    """What is wrong with a comparison; empty if nothing is."""
    node, field = reading.node, reading.value.field if reading.value is not None else None
    if not isinstance(node, c.Condition) or field is None or not node.operands:
        return ""
    texts = [one.text for one in node.operands if isinstance(one, c.Literal)]
    if len(texts) < len(node.operands):
        return ""
    reasons = [_misfit(node.operator, field, text) for text in texts]
    return f"{c.describe(node)} holds for nobody: {reasons[0]}" if all(reasons) else ""


def _misfit(operator: c.Operator, field: Field, text: str) -> str:
    is_text = field.type in {FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.LOCALE}
    if is_text and operator in _PARTS and field.length is not None and len(text) > field.length:
        return f"{field.name} has at most {field.length} characters, not {len(text)}."
    if field.type is FieldType.EMAIL and operator in _WHOLE and text and not is_email(text):
        return f"{field.name} holds e-mail addresses, and {text!r} is none."
    above = operator in {c.Operator.GREATER_THAN, c.Operator.AFTER} and text.strip().casefold() in _TRUE
    below = operator in {c.Operator.LESS_THAN, c.Operator.BEFORE} and text.strip().casefold() in _FALSE
    if field.type is FieldType.BOOLEAN and (above or below):
        return f"{field.name} is true or false, and nothing lies beyond."
    return ""
