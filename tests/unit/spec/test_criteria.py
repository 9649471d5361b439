"""Criteria: the XML becomes the tree it says, and nothing harmful or unknown gets through."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.criteria import (
    EVERYBODY,
    LISTS,
    UNARY,
    All,
    Any,
    AttributeField,
    Condition,
    CriteriaError,
    EventField,
    Literal,
    Node,
    Operand,
    Operator,
    OutputField,
    Reference,
    Related,
    RelativeMoment,
    conditions,
    describe,
    parse,
)
from waystage.spec.document import parse as parse_document
from waystage.spec.moments import Unit

pytestmark = pytest.mark.spec("4.1", "4.2", "4.3")

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.journey.json"))


def xml(inner: str) -> str:
    return f"<FilterDefinition>{inner}</FilterDefinition>"


def condition(
    key: str = "Set.Field", operator: str = "Equal", *values: str, ephemeral: bool = False, rel: str = ""
) -> str:
    flag = ' IsEphemeralAttribute="true"' if ephemeral else ""
    inner = "".join(f"<Value> <![CDATA[{value}]]> </Value>" for value in values)
    inner = f'<AttributePath RelationshipID="{rel}">{inner}</AttributePath>' if rel else inner
    return f'<Condition{flag} Key={quoteattr(key)} Operator="{operator}" UiMetaData="{{}}">{inner}</Condition>'


def conditions_in(operator: str, *inner: str) -> str:
    return f'<ConditionSet Operator="{operator}" ConditionSetName="x">{"".join(inner)}</ConditionSet>'


def only(text: str) -> Condition:
    node = parse(xml(text))
    assert isinstance(node, Condition)
    return node


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "<FilterDefinition/>",
        xml(conditions_in("AND")),
        xml(conditions_in("OR")),
        '<FilterDefinition Name="n"/>',
    ],
)
def test_no_condition_means_everybody(text: str) -> None:
    assert parse(text) == EVERYBODY
    assert describe(parse(text)) == "everybody"


def test_event_fields_outputs_and_attributes_are_told_apart() -> None:
    assert only(condition("Event.APIEvent-1.Total", "Equal", "1", ephemeral=True)).source == EventField(
        "APIEvent-1", "Total", "Event.APIEvent-1.Total"
    )
    assert only(condition("Event.K.a.b", "IsNull")).source == EventField("K", "a.b", "Event.K.a.b")
    assert only(condition("Event.Total", "IsNull", ephemeral=True)).source == EventField("", "Total", "Event.Total")
    assert only(condition("Event.Total", "IsNull")).source == AttributeField("Event", "Total", "Event.Total")
    assert only(condition("Interaction.REST-1.code", "IsNull", ephemeral=True)).source == OutputField(
        "REST-1", "code", "Interaction.REST-1.code"
    )
    assert only(condition("My Set.v2.Field", "IsNull")).source == AttributeField(
        "My Set.v2", "Field", "My Set.v2.Field"
    )


@pytest.mark.parametrize("name", [*(operator.value for operator in Operator), "equal", "StartsWith"])
def test_every_operator_is_read(name: str) -> None:
    values = ("a", "b") if name == "Between" else ("a",)
    read = only(condition("S.F", name, *values))
    assert read.operator.value.casefold() in (name.casefold(), "beginswith")
    assert len(read.operands) == (0 if read.operator in UNARY else len(values))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Trial", Literal("Trial")),
        ("", Literal("")),
        (";-;14;days", RelativeMoment(-14, Unit.DAYS, ";-;14;days")),
        (";+;0;Minutes", RelativeMoment(0, Unit.MINUTES, ";+;0;Minutes")),
        ("today", RelativeMoment(0, Unit.DAYS, "today")),
        (";)", Literal(";)")),
    ],
)
def test_operands(value: str, expected: Operand) -> None:
    assert only(condition("S.F", "After", value)).operands == (expected,)


def test_a_binding_as_operand_is_a_reference() -> None:
    (operand,) = only(condition("S.F", "Equal", "{{Contact.Key}}")).operands
    assert isinstance(operand, Reference)
    assert operand.binding.single is not None


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("In", ("a, b ,c",), ["a", "b", "c"]),
        ("In", ("a,b", "c"), ["a,b", "c"]),
        ("NotIn", ("a",), ["a"]),
        ("Between", ("1,9",), ["1", "9"]),
        ("Between", ("1", "9"), ["1", "9"]),
    ],
)
def test_lists_are_split_at_commas_or_given_in_several_values(
    operator: str, values: tuple[str, ...], expected: list[str]
) -> None:
    assert [o.text for o in only(condition("S.F", operator, *values)).operands if isinstance(o, Literal)] == expected


def test_a_comma_inside_an_expression_does_not_split() -> None:
    operands = only(condition("S.F", "In", 'a,{{Event.K."x,y"}},b')).operands
    assert [type(operand) for operand in operands] == [Literal, Reference, Literal]


def test_sets_nest() -> None:
    node = parse(
        xml(
            conditions_in(
                "AND",
                condition("A.x", "IsNull"),
                conditions_in("OR", condition("B.x", "IsNull"), condition("C.x", "IsNull")),
            )
        )
    )
    assert isinstance(node, All)
    assert isinstance(node.parts[1], Any)
    assert describe(node) == "A.x IsNull and (B.x IsNull or C.x IsNull)"
    assert [each.source.key for each in conditions(node)] == ["A.x", "B.x", "C.x"]


def test_conditions_on_one_relationship_speak_of_one_row() -> None:
    gift = [condition("Gifts.Date", "After", ";-;1;years", rel="R-1"), condition("Gifts.Kind", "Equal", "x", rel="r-1")]
    other = condition("Set.Field", "IsNull")
    together = parse(xml(conditions_in("AND", gift[0], other, gift[1])))
    assert isinstance(together, All)
    row, rest = together.parts
    assert isinstance(row, Related)
    assert (row.relationship, row.every, len(row.parts)) == ("r-1", True, 2)
    assert isinstance(rest, Condition)
    assert (
        describe(together)
        == 'a related row has (Gifts.Date After 1 years ago and Gifts.Kind Equal "x") and Set.Field IsNull'
    )
    either = parse(xml(conditions_in("OR", *gift)))
    assert isinstance(either, Related)
    assert not either.every
    apart = parse(xml(conditions_in("AND", conditions_in("AND", gift[0]), conditions_in("AND", gift[1]))))
    assert isinstance(apart, All)
    assert all(isinstance(part, Related) for part in apart.parts)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("<FilterDefinition>", "well-formed"),
        ("no xml", "well-formed"),
        ("<a\0/>", "well-formed"),
        ("<Other/>", "FilterDefinition"),
        (xml("<Else/>"), "Else"),
        (xml(conditions_in("XOR")), "AND or OR"),
        (xml(condition("S.F", "Resembles", "x")), "Resembles"),
        (xml(condition("", "IsNull")), "Key"),
        (xml(condition("Field", "IsNull")), "Key"),
        (xml(condition("S..F", "IsNull")), "Key"),
        (xml(condition("Set.Field", "IsNull", ephemeral=True)), "Event or Interaction"),
        (xml(condition("S.F", "Equal")), "needs 1 value"),
        (xml(condition("S.F", "Equal", "a", "b")), "needs 1 value"),
        (xml(condition("S.F", "Between", "a")), "needs 2 values"),
        (xml(condition("S.F", "In")), "needs"),
        (xml(condition("S.F", "After", ";-;3;moons")), "unit"),
        (xml(condition("S.F", "After", ";+;999999999;years")), "thousand years"),
        (xml(condition("S.F", "Equal", "{{#if}}")), "blocks"),
        (xml('<ConditionSet Operator="AND">' * 40 + "</ConditionSet>" * 40), "nested"),
        ("x" * 500_001, "characters"),
        (xml(condition("S.F", "IsNull") * 2001), "conditions"),
        ('<!DOCTYPE x [<!ENTITY e "1">]><FilterDefinition/>', "entities"),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><FilterDefinition>&e;</FilterDefinition>', "entities"),
    ],
)
def test_bad_criteria_are_refused_with_a_reason(text: str, part: str) -> None:
    with pytest.raises(CriteriaError, match=part):
        parse(text)


def test_every_criterion_of_the_samples_is_read() -> None:
    texts = []
    for path in SAMPLES:
        journey = parse_document(json.loads(path.read_text(encoding="utf-8")))
        texts += [part.criteria for part in (*journey.triggers, *journey.goals, *journey.exits, *journey.activities)]
        maps = [activity.configuration.get("criteria") for activity in journey.activities]
        texts += [text for criteria in maps if isinstance(criteria, dict) for text in criteria.values()]
    assert sum(len(list(conditions(parse(text)))) for text in texts) >= 8


_names = st.sampled_from(["A.x", "My Set.y", "Long.Set.z"])
_values = (
    st.text(alphabet=st.sampled_from("ab 0;é&<"), max_size=5).map(str.strip).filter(lambda text: "]]>" not in text)
)


@st.composite
def leaves(draw: st.DrawFn) -> tuple[Node, str]:
    key, operator = draw(_names), draw(st.sampled_from(list(Operator)))
    number = 0 if operator in UNARY else 2 if operator in LISTS else 1
    values = draw(st.lists(_values, min_size=number, max_size=number))
    set_name, _, field = key.rpartition(".")
    source = AttributeField(set_name, field, key)
    return Condition(source, operator, tuple(map(Literal, values))), condition(key, operator.value, *values)


def sets(inner: st.SearchStrategy[tuple[Node, str]]) -> st.SearchStrategy[tuple[Node, str]]:
    kinds: list[tuple[str, Callable[[tuple[Node, ...]], Node]]] = [("AND", All), ("OR", Any)]

    def build(kind: tuple[str, Callable[[tuple[Node, ...]], Node]], parts: list[tuple[Node, str]]) -> tuple[Node, str]:
        return kind[1](tuple(node for node, _ in parts)), conditions_in(kind[0], *(text for _, text in parts))

    return st.builds(build, st.sampled_from(kinds), st.lists(inner, min_size=2, max_size=3))


@given(st.recursive(leaves(), sets, max_leaves=8))
def test_the_tree_is_what_the_xml_says(pair: tuple[Node, str]) -> None:
    tree, text = pair
    assert parse(xml(text)) == tree
    assert describe(parse(xml(text))) == describe(tree)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except CriteriaError:
        return
    assert not text.strip() or text.lstrip().startswith("<")
