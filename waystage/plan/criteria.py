"""Criteria become conditions: fields are found, operands read by the field's declared type (contract 37)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from waystage.plan import expressions as e
from waystage.plan.readings import Reading
from waystage.plan.values import Bound, Resolver, UnknownName
from waystage.spec import criteria_tree as c
from waystage.spec import moments
from waystage.spec.fields import Field, FieldType

Note = Callable[[str], None]
Tell = Callable[[e.Condition, Reading], None]

_SIZES = {
    c.Operator.GREATER_THAN: e.Comparison.MORE,
    c.Operator.GREATER_THAN_OR_EQUAL: e.Comparison.AT_LEAST,
    c.Operator.LESS_THAN: e.Comparison.LESS,
    c.Operator.LESS_THAN_OR_EQUAL: e.Comparison.AT_MOST,
    c.Operator.AFTER: e.Comparison.MORE,
    c.Operator.AT_OR_AFTER: e.Comparison.AT_LEAST,
    c.Operator.BEFORE: e.Comparison.LESS,
    c.Operator.AT_OR_BEFORE: e.Comparison.AT_MOST,
}
_POSITIVE = {
    c.Operator.NOT_EQUAL: c.Operator.EQUAL,
    c.Operator.NOT_CONTAINS: c.Operator.CONTAINS,
    c.Operator.NOT_IN: c.Operator.IN,
    c.Operator.IS_NOT: c.Operator.IS,
    c.Operator.IS_NOT_NULL: c.Operator.IS_NULL,
    c.Operator.IS_NOT_EMPTY: c.Operator.IS_EMPTY,
}
_PLACES = {
    c.Operator.CONTAINS: e.Place.ANYWHERE,
    c.Operator.BEGINS_WITH: e.Place.START,
    c.Operator.ENDS_WITH: e.Place.END,
}
_TRUE_WORDS = {"true", "1", "yes"}
_FALSE_WORDS = {"false", "0", "no"}


class Unreadable(ValueError):
    """An operand that cannot be read as its field's type: the condition is false and a warning (contract 37)."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Turns the criteria of one journey into conditions; `warn` is told of operands that make one false.

    `tell` is told what each condition has been made from, `doubt` of operands that can be read and fit nobody.
    """

    resolver: Resolver
    warn: Note
    tell: Tell | None = None
    doubt: Note | None = None

    def condition(self, node: c.Node) -> e.Condition:
        """The condition of a criteria tree; raises UnknownName for a field that does not exist."""
        match node:
            case c.All(parts):
                return e.AllOf(tuple(map(self.condition, parts))) if parts else e.Always()
            case c.Any(parts):
                return e.AnyOf(tuple(map(self.condition, parts)))
            case c.Related():
                related = self._related(node)
                self._told(related, Reading(node))
                return related
            case c.Condition():
                return self.compared(node, self._field(node.source))

    def _related(self, node: c.Related) -> e.Condition:
        """Conditions on one and the same row of a to-many set (journey-spec 4.2)."""
        tests = []
        extension = 0
        for part in node.parts:
            bound = self._field(part.source)
            if not isinstance(bound.value, e.AttributeField):
                raise UnknownName(f"{part.source.key} does not belong to a related attribute set.")
            if extension and bound.value.extension != extension:
                raise UnknownName(f"{part.source.key} belongs to another set than the conditions beside it.")
            extension = bound.value.extension
            inner = Bound(e.RelatedField(bound.value.name, bound.value.kind), bound.field)
            tests.append(self.compared(part, inner))
        return e.Related(extension, e.AllOf(tuple(tests)) if node.every else e.AnyOf(tuple(tests)))

    def _field(self, source: c.Source) -> Bound:
        match source:
            case c.EventField(event_key, name):
                return self.resolver.event_field(event_key or None, name)
            case c.OutputField(activity_key, name):
                return self.resolver.output(activity_key or None, name)
            case c.AttributeField():
                return self._attribute(source.key)

    def _attribute(self, key: str) -> Bound:
        """The last dot separates the field, unless a longer or shorter set name is known (journey-spec 4.2)."""
        names = key.split(".")
        for cut in range(len(names) - 1, 0, -1):
            if self.resolver.catalog.attribute_set(".".join(names[:cut])):
                return self.resolver.attribute(".".join(names[:cut]), ".".join(names[cut:]))
        set_name, _, name = key.rpartition(".")
        return self.resolver.attribute(set_name, name)

    def _told(self, condition: e.Condition, reading: Reading) -> None:
        if self.tell is not None and not isinstance(condition, e.Always | e.Never):
            self.tell(condition, reading)

    def compared(self, node: c.Condition, bound: Bound) -> e.Condition:
        """The condition of one comparison with a value that was found already."""
        made = self._compared(node, bound)
        if self.tell is not None:
            operands = (
                self.resolver.template(one.binding) if isinstance(one, c.Reference) else None for one in node.operands
            )
            self._told(made, Reading(node, bound, tuple(operands)))
        return made

    def _compared(self, node: c.Condition, bound: Bound) -> e.Condition:
        if node.operator in _POSITIVE:
            positive = c.Condition(node.source, _POSITIVE[node.operator], node.operands, node.relationship)
            try:
                return e.Not(self._positive(positive, bound))
            except Unreadable as error:
                return self._false(node, error)
        try:
            return self._positive(node, bound)
        except Unreadable as error:
            return self._false(node, error)

    def _false(self, node: c.Condition, error: Unreadable) -> e.Condition:
        self.warn(f"{node.source.key} {node.operator.value}: {error} The condition is never true.")
        return e.Never()

    def _positive(self, node: c.Condition, bound: Bound) -> e.Condition:
        operator, operands = node.operator, node.operands
        if operator is c.Operator.IS_NULL:
            return e.Absent(bound.value)
        if operator is c.Operator.IS_EMPTY:
            return self._empty(bound)
        if operator is c.Operator.IN:
            return e.AnyOf(tuple(self._equal(bound, operand) for operand in operands))
        if operator is c.Operator.BETWEEN:
            low, high = operands
            return e.AllOf((
                self._sized(bound, e.Comparison.AT_LEAST, low),
                self._sized(bound, e.Comparison.AT_MOST, high),
            ))  # fmt: skip
        if operator in _PLACES:
            text = self._as_text(bound)
            return e.Holds(text, self._text_operand(operands[0]), _PLACES[operator])
        if operator in _SIZES:
            return self._sized(bound, _SIZES[operator], operands[0])
        return self._equal(bound, operands[0])

    @staticmethod
    def _empty(bound: Bound) -> e.Condition:
        absent = e.Absent(bound.value)
        if bound.value.kind is e.Kind.INTEGER:
            return absent
        return e.AnyOf((absent, e.Compare(bound.value, e.Comparison.EQUAL, e.Literal(""))))

    @staticmethod
    def _as_text(bound: Bound) -> e.Value:
        if bound.value.kind is e.Kind.TEXT:
            return bound.value
        if bound.field is None or bound.field.type is FieldType.NUMBER:
            return e.AsText(bound.value)
        raise Unreadable(f"a {bound.field.type.value} field has no text to look in.")

    def _text_operand(self, operand: c.Operand) -> e.Value:
        match operand:
            case c.Literal(text) | c.RelativeMoment(_, _, text):
                return e.Literal(text)
            case c.Reference(template):
                return self._as_text(self.resolver.template(template))

    def _equal(self, bound: Bound, operand: c.Operand) -> e.Condition:
        """Equality; a date without a time of day means that whole day (journey-spec 4.3)."""
        if _is(bound, FieldType.DATE):
            day = self._whole_day(operand)
            if day is not None:
                start, end = day
                return e.AllOf((
                    e.Compare(bound.value, e.Comparison.AT_LEAST, start),
                    e.Compare(bound.value, e.Comparison.LESS, end),
                ))  # fmt: skip
        return self._sized(bound, e.Comparison.EQUAL, operand)

    def _whole_day(self, operand: c.Operand) -> tuple[e.Value, e.Value] | None:
        """The beginning of the day that the operand means and of the next; None if it means an instant."""
        if isinstance(operand, c.RelativeMoment) and operand.unit is moments.Unit.DAYS:
            days = moments.Unit.DAYS.value
            return e.Relative(operand.amount, days), e.Relative(operand.amount + 1, days)
        if not isinstance(operand, c.Literal) or moments.has_time(operand.text):
            return None
        zone = moments.fixed_zone(self.resolver.catalog.offset_minutes)
        start = self._date(operand.text)
        return e.Literal(start), e.Literal(moments.add(start, 1, moments.Unit.DAYS, zone))

    def _sized(self, bound: Bound, comparison: e.Comparison, operand: c.Operand) -> e.Condition:
        if isinstance(operand, c.Reference):
            return self._against(bound, comparison, self.resolver.template(operand.binding))
        if bound.value.kind is e.Kind.TEXT:
            return e.Compare(bound.value, comparison, e.Literal(operand.text))
        if _is(bound, FieldType.DATE):
            return e.Compare(bound.value, comparison, self._date_operand(operand))
        if _is(bound, FieldType.BOOLEAN):
            return e.Compare(bound.value, comparison, e.Literal(_boolean(operand.text)))
        made = _number(bound, comparison, operand.text)
        if isinstance(made, e.Never) and bound.field is not None and self.doubt is not None:
            self.doubt(f"{bound.field.name} cannot be {operand.text.strip()!r}. The condition is never true.")
        return made

    def _date_operand(self, operand: c.Literal | c.RelativeMoment) -> e.Value:
        if isinstance(operand, c.RelativeMoment):
            return e.Relative(operand.amount, operand.unit.value)
        return e.Literal(self._date(operand.text))

    def _date(self, text: str) -> int:
        try:
            return moments.parse_date(text, self.resolver.catalog.offset_minutes)
        except ValueError as error:
            raise Unreadable(str(error)) from error

    @staticmethod
    def _against(left: Bound, comparison: e.Comparison, right: Bound) -> e.Condition:
        """Two fields: alike kinds compare, decimals brought to one scale."""
        if left.value.kind is not right.value.kind:
            raise Unreadable("the two sides have different types.")
        left_scale, right_scale = _scale(left.field), _scale(right.field)
        most = max(left_scale, right_scale)
        return e.Compare(_scaled(left.value, most - left_scale), comparison, _scaled(right.value, most - right_scale))


def _is(bound: Bound, kind: FieldType) -> bool:
    return bound.field is not None and bound.field.type is kind


def _scale(field: Field | None) -> int:
    return field.scale if field is not None and field.type is FieldType.DECIMAL else 0


def _scaled(value: e.Value, power: int) -> e.Value:
    return e.Scaled(value, power) if power else value


def _boolean(text: str) -> int:
    word = text.strip().casefold()
    if word in _TRUE_WORDS:
        return 1
    if word in _FALSE_WORDS:
        return 0
    raise Unreadable(f"{text!r} is not true or false.")


def _number(bound: Bound, comparison: e.Comparison, text: str) -> e.Condition:
    """An integer comparison that is exact also where the operand has more decimals than the field."""
    try:
        wanted = Decimal(text.strip()).scaleb(_scale(bound.field))
    except DecimalException as error:
        raise Unreadable(f"{text!r} is not a number.") from error
    if not wanted.is_finite() or abs(wanted) >= 2**62:
        raise Unreadable(f"{text!r} is out of range.")
    floor = int(wanted.to_integral_value(rounding="ROUND_FLOOR"))
    if wanted == floor:
        return e.Compare(bound.value, comparison, e.Literal(floor))
    if comparison is e.Comparison.EQUAL:
        return e.Never()
    upward = comparison in {e.Comparison.MORE, e.Comparison.AT_LEAST}
    return e.Compare(bound.value, e.Comparison.MORE if upward else e.Comparison.AT_MOST, e.Literal(floor))
