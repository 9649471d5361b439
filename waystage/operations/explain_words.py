"""Conditions in words: what was compared with what, for people who ask why (contract 22)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from waystage.operations.explain_stage import Stage
from waystage.plan import expressions as e
from waystage.plan.readings import Reading
from waystage.plan.values import Bound
from waystage.spec import criteria_tree as c
from waystage.spec import fields
from waystage.spec.fields import Field, FieldType

Told: TypeAlias = str | int | float | bool | None
"""A value in its wire form."""

#: ids.SHARE_RANGE stands for the whole of everybody.
_SHARE_RANGE = 2_147_483_647
_OPERATORS = {
    e.Comparison.EQUAL: c.Operator.EQUAL,
    e.Comparison.LESS: c.Operator.LESS_THAN,
    e.Comparison.AT_MOST: c.Operator.LESS_THAN_OR_EQUAL,
    e.Comparison.MORE: c.Operator.GREATER_THAN,
    e.Comparison.AT_LEAST: c.Operator.GREATER_THAN_OR_EQUAL,
}
_PLACES = {
    e.Place.ANYWHERE: c.Operator.CONTAINS,
    e.Place.START: c.Operator.BEGINS_WITH,
    e.Place.END: c.Operator.ENDS_WITH,
}
DRAW = "random number from 1 to 100"


@dataclass(frozen=True, slots=True)
class Why:
    """One thing that was looked at. `result` is whether it held or, of a wait, the instant that it led to.

    None stands for what is not known any more, and for what a line has not.
    """

    expression: str
    value: Told = None
    operator: str | None = None
    operand: Told | Sequence[Told] = None
    result: Told = None


@dataclass(frozen=True, slots=True)
class Line:
    """How a test is told: the words, and which values of the store stand in them.

    `bound` is what was compared; `operands` are texts and numbers as they are, and values that are looked at.
    """

    expression: str
    operator: str | None
    bound: Bound | None = None
    operands: tuple[Told | Bound, ...] = ()
    is_list: bool = False

    @property
    def asked(self) -> tuple[e.Value, ...]:
        """The values that are needed to tell it."""
        looked = (self.bound, *self.operands)
        return tuple(one.value for one in looked if isinstance(one, Bound))

    def told(self, values: Sequence[int | str | None], result: Told, offset: int) -> Why:
        """The line, with `values` of what it has asked for."""
        left = list(values)
        value = _wire(self.bound.field, left.pop(0), offset) if self.bound is not None else None
        operands = [_wire(one.field, left.pop(0), offset) if isinstance(one, Bound) else one for one in self.operands]
        return Why(self.expression, value, self.operator, _operand(operands, self.is_list), result)

    def untold(self, result: Told) -> Why:
        """The line without values: they are forgotten."""
        operands = [str(one.value) if isinstance(one, Bound) else one for one in self.operands]
        return Why(self.expression, None, self.operator, _operand(operands, self.is_list), result)


def _operand(operands: Sequence[Told], is_list: bool) -> Told | Sequence[Told]:
    if is_list:
        return list(operands)
    return operands[0] if operands else None


def _wire(field: Field | None, stored: int | str | None, offset: int) -> Told:
    if field is None:
        return stored
    found = fields.render(field, stored, offset)
    return found if isinstance(found, str | int | float | bool) else None


def tests_of(condition: e.Condition, stage: Stage) -> list[e.Condition]:
    """The innermost tests of a condition, in reading order: comparisons as the document writes them."""
    if condition in stage.readings:
        return [condition]
    match condition:
        case e.AllOf(parts) | e.AnyOf(parts):
            return [test for part in parts for test in tests_of(part, stage)]
        case e.Not(part):
            return tests_of(part, stage)
        case _:
            return [condition]


def line_of(test: e.Condition, stage: Stage) -> Line:
    """How a test is told; one that nobody has taught this module yet by its name."""
    reading = stage.readings.get(test)
    if reading is not None:
        return _written(reading)
    match test:
        case e.Compare(left, comparison, right):
            return Line(name_of(left, stage), _OPERATORS[comparison].value, Bound(left), (_constant(right),))
        case e.Holds(text, part, place):
            return Line(name_of(text, stage), _PLACES[place].value, Bound(text), (_constant(part),))
        case e.Absent(value):
            return Line(name_of(value, stage), c.Operator.IS_NULL.value, Bound(value))
        case e.ShareBelow(activity, bound):
            return Line(DRAW, c.Operator.LESS_THAN_OR_EQUAL.value, Bound(e.Draw(activity)), (_percentage(bound),))
        case e.Engaged(activity, kinds, links):
            message = f"{_key(stage, activity)}: {' or '.join(kinds)}"
            return Line(message, "Happened", None, tuple(links), is_list=bool(links))
        case _:
            return Line(_spaced(type(test).__name__), None)


def _percentage(bound: int) -> float | int:
    share = round(bound * 100 / _SHARE_RANGE, 2)
    return int(share) if share == int(share) else share


def _spaced(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r" \1", name).lower()


def _constant(value: e.Value) -> Told | Bound:
    return value.value if isinstance(value, e.Literal) else Bound(value)


def _written(reading: Reading) -> Line:
    """A comparison of the document, with its operands by the type of its field."""
    node = reading.node
    if isinstance(node, c.Related):
        return Line(c.describe(node), "Exists")
    field = reading.value.field if reading.value is not None else None
    operands = tuple(
        bound if bound is not None else _operand_of(operand, field)
        for operand, bound in zip(node.operands, reading.operands, strict=True)
    )
    return Line(node.source.key, node.operator.value, reading.value, operands, node.operator in c.LISTS)


def _operand_of(operand: c.Operand, field: Field | None) -> Told:
    if not isinstance(operand, c.Literal):
        return c.operand_in_words(operand)
    text = operand.text
    if field is None or field.type is FieldType.DATE:
        return text
    try:
        stored = fields.convert(Field(field.name, field.type, None, field.scale), text)
    except fields.FieldError:
        return text
    return text if stored is None else _wire(field, stored, 0)


def name_of(value: e.Value, stage: Stage) -> str:
    """What a value is called in criteria and bindings."""
    match value:
        case e.EventField(name):
            return f"Event.{name}"
        case e.HeardField(definition, name):
            return f"Event.{stage.event_key(definition)}.{name}"
        case e.AttributeField(extension, name):
            return f"{stage.extension_name(extension)}.{name}"
        case e.ProfileField(attribute_set, name):
            return f"{attribute_set}.{name}"
        case e.OutputField(activity, name):
            return f"Interaction.{_key(stage, activity)}.{name}"
        case e.Scaled(inner) | e.AsText(inner):
            return name_of(inner, stage)
        case e.Draw():
            return DRAW
        case _:
            return _spaced(type(value).__name__)


def _key(stage: Stage, activity: int) -> str:
    return stage.origin.activity(activity).key
