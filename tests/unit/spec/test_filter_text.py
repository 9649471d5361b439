"""Filters of query strings: what is read, and that whatever is not is told with its place (api.md 11.5)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.criteria_tree import describe
from waystage.spec.filter_text import MOST_VALUES, FilterError, parse

READ: list[tuple[str, str]] = [
    ("a eq 1", 'a Equal "1"'),
    ("a=1", 'a Equal "1"'),
    ("\"a b\"<>'it''s'", 'a b NotEqual "it\'s"'),
    ('[a] >= "x ""y"""', 'a GreaterThanOrEqual "x "y""'),
    ("a eq 1 OR b eq 2 And c lt 3", 'a Equal "1" or (b Equal "2" and c LessThan "3")'),
    ("(a eq 1 or b eq 2) and c eq 'and'", '(a Equal "1" or b Equal "2") and c Equal "and"'),
    ("a in (1,'2', 3)", 'a In "1", "2", "3"'),
    ("a not in (1)", 'a NotIn "1"'),
    ("a is null and b is not null", "a IsNull and b IsNotNull"),
    ("a ne null", "a IsNotNull"),
    ("a eq 'null'", 'a Equal "null"'),
    ("like like '%x%'", 'like Contains "x"'),
    (" \t ", "everybody"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_filters_are_read(text: str, expected: str) -> None:
    assert describe(parse(text)) == expected


REFUSED: list[tuple[str, str]] = [
    ("a", "character 2: an operator"),
    ("a eq 'open", "character 6: "),
    ("a eq null or b gt null", "character 19: a value was expected"),
    ("a eq 1 and", "character 11: a field was expected, not the end"),
    ("a eq 1)", "character 7: and, or, or the end was expected"),
    ("a in (1 2)", "character 9: a comma or a closing parenthesis"),
    ("a like '%x%y%'", 'character 8: the pattern "%x%y%"'),
    (f"a in ({','.join(['1'] * (MOST_VALUES + 1))})", "a list has more than"),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_what_cannot_be_read_is_told_with_its_place(text: str, expected: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse(text)
    assert str(refused.value).startswith(expected)


PIECES = st.sampled_from(
    ["a", " eq ", "1", "'x'", "(", ")", " and ", " or ", " in ", ",", "null", " not ", "[", '"', "%", "="]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    with suppress(FilterError):
        assert describe(parse(text))
