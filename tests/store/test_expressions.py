"""Expressions in SQL: the law of shares, and comparisons of what both databases store."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.engine import reference
from tests.store.definitions import NOW, Store, opened
from waystage.ground import ids
from waystage.plan import blackouts
from waystage.plan import expressions as e
from waystage.plan.blackouts import Window
from waystage.store import expressions
from waystage.store.expressions import Setting
from waystage.store.sql import Binder, Tx

pytestmark = pytest.mark.spec("4.3")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    yield from opened(database_url)


def _relative(relative: e.Relative, now: int) -> int:
    return now + relative.amount


def _setting(tx: Tx) -> Setting:
    return Setting(tx, Binder(), 1, NOW, "seed", _relative, "w")


def test_the_share_in_sql_is_the_share_in_python(store: Store) -> None:
    instances = [1, 2, 3, 48_271, 2**31 - 2, 2**31 - 1, 2**31, 2**40 + 7, 2**53, 2**62, *range(1000, 1200)]
    instances += [ids.moved(lane, number) for lane in (1, 7, 4_095) for number in (1, 99, 2**31, ids.first_of(3) + 5)]
    cases = list(itertools.product(instances, (0, 1, 7, 100_000)))
    values = " UNION ALL ".join(
        f"SELECT CAST({instance} AS BIGINT) AS instance, CAST({hop} AS BIGINT) AS hop" for instance, hop in cases
    )

    def drawn(tx: Tx) -> dict[int, list[int]]:
        found = {}
        for activity in (1, 2, 100):
            setting = _setting(tx)
            share = expressions.share(setting, activity)
            text = "SELECT {} FROM ({}) w"
            found[activity] = [
                row[0]
                for chunk in range(0, len(cases), 400)
                for row in tx.rows(
                    text.format(share, " UNION ALL ".join(values.split(" UNION ALL ")[chunk : chunk + 400])),
                    **setting.binder.values,
                )
            ]
        return found

    for activity, shares in store.read(drawn).items():
        born = [(ids.born(1, instance), hop) for instance, hop in cases]
        keys = {lane: ids.share_key("seed", lane, activity) for (lane, _), _ in born}
        assert shares == [ids.share(instance, hop, keys[lane]) for (lane, instance), hop in born]
        assert all(0 <= share < ids.SHARE_RANGE for share in shares)


def _holds(store: Store, *conditions: e.Condition) -> list[bool]:
    def tested(tx: Tx) -> list[bool]:
        found = []
        for condition in conditions:
            setting = _setting(tx)
            text = expressions.condition(setting, condition)
            ((holds,),) = tx.rows(f"SELECT coalesce({text}, FALSE)", **setting.binder.values)
            found.append(bool(holds))
        return found

    return store.read(tested)


TEXTS = [
    "",
    "a",
    "A",
    "b",
    "B",
    "ab",
    "É",
    "é",
    "Z",
    "[",
    "_",
    "~",
    "ß",
    "日本",
    "10",
    "9",
    "\U0001f600",
    "ı",
    "I",
    "i",
]


def test_texts_compare_alike_on_every_database(store: Store) -> None:
    """By bytes, with the letters A-Z made small and no others."""
    pairs = list(itertools.product(TEXTS, TEXTS))
    folded = {text: "".join(sign.lower() if "A" <= sign <= "Z" else sign for sign in text).encode() for text in TEXTS}
    less = _holds(store, *(e.Compare(e.Literal(a), e.Comparison.LESS, e.Literal(b)) for a, b in pairs))
    same = _holds(store, *(e.Compare(e.Literal(a), e.Comparison.EQUAL, e.Literal(b)) for a, b in pairs))
    assert less == [folded[a] < folded[b] for a, b in pairs]
    assert same == [folded[a] == folded[b] for a, b in pairs]


@pytest.mark.parametrize("place", list(e.Place))
def test_parts_of_texts(store: Store, place: e.Place) -> None:
    pairs = list(
        itertools.product(["", "a", "ab", "aBc", "c", "%", "a%b", "日本"], ["", "A", "b", "bc", "%", "_", "本"])
    )
    found = _holds(store, *(e.Holds(e.Literal(a), e.Literal(b), place) for a, b in pairs))
    lowered = [(a.lower(), b.lower()) for a, b in pairs]
    tests = {e.Place.ANYWHERE: lambda a, b: b in a, e.Place.START: str.startswith, e.Place.END: str.endswith}
    assert found == [tests[place](a, b) for a, b in lowered]


def test_nothing_compares_with_an_absent_value(store: Store) -> None:
    nothing = e.Literal(None)
    equal = e.Compare(nothing, e.Comparison.EQUAL, e.Literal("a"))
    found = _holds(
        store,
        equal,
        e.Not(equal),
        e.Not(e.AllOf((equal, e.Always()))),
        e.AnyOf((equal, e.Always())),
        e.Holds(nothing, e.Literal(""), e.Place.ANYWHERE),
        e.Absent(nothing),
        e.AnyOf(()),
        e.AllOf(()),
    )
    assert found == [False, True, True, True, False, True, False, True]


def test_products_stay_inside_64_bits(store: Store) -> None:
    most = 2**63 - 1
    numbers = [0, 1, -1, most, -most, most // 100, most // 100 + 1, -(most // 100) - 1]
    edges = [0, 10**18 - 1, -(10**18) + 1, 100, -100]
    pairs = list(itertools.product(numbers, edges))
    less = _holds(store, *(e.Compare(e.Scaled(e.Literal(a), 2), e.Comparison.LESS, e.Literal(b)) for a, b in pairs))
    assert less == [a * 100 < b for a, b in pairs]


def test_conditions_of_any_length(store: Store) -> None:
    many = tuple(e.Compare(e.Literal(number), e.Comparison.EQUAL, e.Literal(4999)) for number in range(5000))
    joined = e.Joined(tuple(e.Literal("x") for _ in range(3000)))
    assert _holds(
        store, e.AnyOf(many), e.AllOf(many), e.Compare(joined, e.Comparison.EQUAL, e.Literal("x" * 3000))
    ) == [True, False, True]


@given(instance=st.integers(1, 2**62), hop=st.integers(0, 2**31), key=st.integers(0, ids.SHARE_RANGE - 1))
@example(instance=ids.SHARE_RANGE, hop=0, key=0)
def test_products_of_residues_fit(instance: int, hop: int, key: int) -> None:
    """Both databases count in 64 bits: no step of the law may leave them."""
    largest = (ids.SHARE_RANGE - 1) ** 2
    assert largest < 2**63
    assert 0 <= ids.share(instance, hop, key) < ids.SHARE_RANGE
    assert (ids.SHARE_RANGE - 1) * 48_271 + hop * 69_621 + key < 2**63


NUMBERS = [
    "+49 (151) 2345-678",
    "1234567",
    "123456",
    "+",
    "++1234567",
    "1" * 15,
    "1" * 16,
    "12345x7",
    " ",
    "١٢٣٤٥٦٧",
    None,
]


def test_mobile_numbers_are_read_as_the_reference_reads_them(store: Store) -> None:
    """Alone, and behind each other: the first that is one counts."""

    def usable(tx: Tx) -> list[str | None]:
        found = []
        for options in itertools.product(NUMBERS, NUMBERS):
            setting = _setting(tx)
            values = tuple(e.Literal(one) for one in options)
            text = expressions.value(setting, e.FirstUsable(values, (False, False), e.Shape.PHONE))
            ((number,),) = tx.rows(f"SELECT {text}", **setting.binder.values)
            found.append(number)
        return found

    assert store.read(usable) == [
        reference.first_number(list(options)) for options in itertools.product(NUMBERS, NUMBERS)
    ]


def test_a_truth_is_a_number_and_quiet_depends_on_the_turn(store: Store) -> None:
    night, noon = Window("00:00", "23:00", "UTC"), Window("12:00", "12:00", "UTC")

    def read(tx: Tx) -> list[int]:
        setting = _setting(tx)
        conditions = (e.Always(), e.Never(), e.Quiet((noon,)), e.Quiet((noon, night)), e.Not(e.Absent(e.Literal(None))))
        texts = ", ".join(expressions.value(setting, e.Truth(one)) for one in conditions)
        (row,) = tx.rows(f"SELECT {texts}", **setting.binder.values)
        return list(row)

    assert store.read(read) == [1, 0, 0, int(blackouts.end_of((night,), NOW) is not None), 0]
