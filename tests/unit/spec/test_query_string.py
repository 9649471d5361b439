"""Query strings: what they mean and what cannot be read (api.md D-43)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.query_string import MOST_TERMS, begun, matches, parse, required

FIELDS = {"contactkey": "ann", "status": "Complete", "message": "Total is 5: (well)", "empty": ""}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("   ", True),
        ("ann", True),
        ("ANN", True),
        ("an", False),
        ("an*", True),
        ("*n*n", True),
        ("a*n*n*n", False),
        ("*", True),
        ("message:T*5*l\\)", True),
        ("a?n", True),
        ("a?", False),
        ("contactKey:ann AND Status:complete", True),
        ("contactKey:ann AND Status:failed", False),
        ("contactKey:bob OR Status:complete", True),
        ("contactKey:bob Status:complete", True),
        ("contactKey:bob OR contactKey:ann AND Status:failed", False),
        ("(contactKey:bob OR contactKey:ann) AND Status:complete", True),
        ("contactKey:(bob OR ann)", True),
        ("NOT contactKey:bob", True),
        ("contactKey:ann AND NOT Status:complete", False),
        ("!contactKey:bob && Status:complete || nothing", True),
        ('message:"Total is 5: (well)"', True),
        ("message:Total\\ is\\ 5:\\ \\(well\\)", True),
        ("message:Total*", True),
        ('message:"Total*"', False),
        ("empty:*", True),
        ("missing:x", False),
    ],
)
def test_what_a_query_means(text: str, fits: bool) -> None:
    assert matches(parse(text), FIELDS) is fits


@pytest.mark.parametrize("text", ["(", ")", "a)", '"a', "a AND", "OR", "field:", "a:()", "a \\", ":", "NOT"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_bounds() -> None:
    parse("a " * MOST_TERMS)
    for text in ("a " * (MOST_TERMS + 1), "(" * 30 + "a" + ")" * 30, "NOT " * 30 + "a"):
        with pytest.raises(ValueError, match="more than"):
            parse(text)


def test_many_stars_take_no_time() -> None:
    assert not matches(parse("*a" * 2_000 + "b"), {"x": "a" * 5_000})


def test_values_that_are_required() -> None:
    assert required(parse('ContactKey:ann AND (Status:"x y" AND b:c*)')) == {"contactkey": "ann", "status": "x y"}
    assert required(parse("a:b OR c:d")) == required(parse("NOT a:b")) == required(parse("a")) == {}


@given(st.text(alphabet='ab:*?"()\\ !&|ANDORT', max_size=30))
def test_every_text_is_a_query_or_a_finding(text: str) -> None:
    try:
        query = parse(text)
    except ValueError:
        return
    matches(query, FIELDS)
    required(query)


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("When:2026-01*", "2026-01"),
        ('when:"2026-01"', "2026-01"),
        ("WHEN:20?6", "20"),
        ("When:*", ""),
        ("When:2026* AND a:b", "2026"),
        ("(When:2026* AND when:2026-01*) AND c", "2026-01"),
        ("When:2026* OR a:b", ""),
        ("NOT When:2026*", ""),
        ("2026*", ""),
    ],
)
def test_the_beginning_that_a_query_asks_of_a_field(text: str, beginning: str) -> None:
    assert begun(parse(text), "when") == beginning
