"""Operands are read by the declared type of their field (contract 37)."""

import pytest

from waystage.plan import expressions as e
from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.plan.criteria import Compiler
from waystage.plan.values import Resolver
from waystage.spec import criteria_tree as c
from waystage.spec.document import parse
from waystage.spec.fields import read_schema
from waystage.spec.moments import Unit

pytestmark = pytest.mark.spec("4.2", "4.3")

SCHEMA = read_schema(
    {
        "fields": [
            {"name": "Day", "dataType": "Date"},
            {"name": "Total", "dataType": "Decimal", "maxLength": "18,2"},
            {"name": "Score", "dataType": "Number"},
        ]
    }
)
EVENT = EventDefinition(1, "guid", "E", "APIEvent", Extension(1, "x", "x", "x", SCHEMA))


def compiled(field: str, operator: c.Operator, operand: c.Operand) -> e.Condition:
    resolver = Resolver(Catalog(0, (EVENT,)), EVENT, parse({}), {})
    source = c.EventField("E", field, f"Event.E.{field}")
    return Compiler(resolver, lambda text: None).condition(c.Condition(source, operator, (operand,)))


def test_equal_to_a_relative_day_means_that_whole_day() -> None:
    day = e.EventField("Day", e.Kind.INTEGER)
    assert compiled("Day", c.Operator.EQUAL, c.RelativeMoment(0, Unit.DAYS, "Today")) == e.AllOf(
        (
            e.Compare(day, e.Comparison.AT_LEAST, e.Relative(0, "DAYS")),
            e.Compare(day, e.Comparison.LESS, e.Relative(1, "DAYS")),
        )
    )


@pytest.mark.parametrize(
    ("operator", "text", "comparison", "bound"),
    [
        (c.Operator.GREATER_THAN, "5", e.Comparison.MORE, 500),
        (c.Operator.GREATER_THAN, "5.001", e.Comparison.MORE, 500),
        (c.Operator.GREATER_THAN_OR_EQUAL, "5.001", e.Comparison.MORE, 500),
        (c.Operator.LESS_THAN, "5.001", e.Comparison.AT_MOST, 500),
        (c.Operator.LESS_THAN_OR_EQUAL, "-5.001", e.Comparison.AT_MOST, -501),
    ],
)
def test_operands_finer_than_the_field_compare_exactly(
    operator: c.Operator, text: str, comparison: e.Comparison, bound: int
) -> None:
    total = e.EventField("Total", e.Kind.INTEGER)
    assert compiled("Total", operator, c.Literal(text)) == e.Compare(total, comparison, e.Literal(bound))


def test_a_whole_number_never_equals_a_fraction() -> None:
    assert compiled("Score", c.Operator.EQUAL, c.Literal("5.5")) == e.Never()
    assert compiled("Score", c.Operator.NOT_EQUAL, c.Literal("5.5")) == e.Not(e.Never())
