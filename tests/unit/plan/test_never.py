"""A condition that is said to be false for everybody is so for every value there could be."""

from hypothesis import given
from hypothesis import strategies as st

from waystage.plan.expressions import (
    Absent,
    AllOf,
    Always,
    AnyOf,
    Compare,
    Comparison,
    Condition,
    EventField,
    Kind,
    Literal,
    Never,
    Not,
)
from waystage.plan.never import denied, is_never, leaves_nobody

NUMBER, TEXT = EventField("n", Kind.INTEGER), EventField("t", Kind.TEXT)
PEOPLE = [(number, text) for number in (None, -2, -1, 0, 1, 2) for text in (None, "", "a", "A", "b")]

leaves = (
    st.builds(Compare, st.just(NUMBER), st.sampled_from(Comparison), st.builds(Literal, st.integers(-2, 2)))
    | st.builds(Compare, st.just(TEXT), st.just(Comparison.EQUAL), st.builds(Literal, st.sampled_from(["a", "A", "b"])))
    | st.builds(Absent, st.sampled_from([NUMBER, TEXT]))
    | st.just(Never())
)
conditions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda parts: AllOf(tuple(parts)), st.lists(inner, max_size=3))
        | st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(inner, max_size=3))
        | st.builds(Not, inner)
    ),
    max_leaves=6,
)


def _holds(condition: Condition, person: tuple[int | None, str | None]) -> bool:
    match condition:
        case AllOf(parts):
            return all(_holds(part, person) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, person) for part in parts)
        case Always():
            return True
        case Not(part):
            return not _holds(part, person)
        case Absent(value):
            return person[value == TEXT] is None
        case Compare(left, comparison, Literal(right)):
            return _compared(person[left == TEXT], comparison, right)
        case _:
            return False


def _compared(left: int | str | None, comparison: Comparison, right: int | str | None) -> bool:
    if left is None or right is None:
        return False
    if isinstance(left, str) or isinstance(right, str):
        return str(left).lower() == str(right).lower()
    return {
        Comparison.EQUAL: left == right,
        Comparison.LESS: left < right,
        Comparison.AT_MOST: left <= right,
        Comparison.MORE: left > right,
        Comparison.AT_LEAST: left >= right,
    }[comparison]


@given(conditions)
def test_nobody_fulfils_what_is_never(condition: Condition) -> None:
    if is_never(condition):
        assert not any(_holds(condition, person) for person in PEOPLE)


@given(st.lists(conditions, max_size=3), conditions)
def test_nobody_is_left_where_it_is_said(earlier: list[Condition], condition: Condition) -> None:
    if leaves_nobody(earlier, condition):
        left = [person for person in PEOPLE if not any(_holds(one, person) for one in earlier)]
        assert not any(_holds(condition, person) for person in left)


@given(conditions)
def test_a_denial_is_the_opposite(condition: Condition) -> None:
    assert all(_holds(denied(condition), person) is not _holds(condition, person) for person in PEOPLE)


def test_the_usual_contradictions_are_seen() -> None:
    more, less = (Compare(NUMBER, one, Literal(1)) for one in (Comparison.MORE, Comparison.LESS))
    assert is_never(AllOf((more, AllOf((less,)))))
    assert is_never(AllOf((Absent(NUMBER), more)))
    assert is_never(AllOf((more, Not(more))))
    assert is_never(AnyOf((AllOf((more, less)), Never())))
    assert not is_never(AnyOf((more, less)))
    assert not is_never(AllOf(()))
