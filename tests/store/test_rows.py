"""Rows of data extensions in the store: one per primary key, in its contact's lane."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.definitions import ACCOUNT, NOW, Store, opened
from waystage.store import rows
from waystage.store.rows import RowWrite
from waystage.store.sql import Tx


@dataclass(frozen=True)
class Shape:
    number: int
    needs_directory: bool = False


BY_CONTACT = Shape(1)
BY_ORDER = Shape(2, needs_directory=True)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    yield from opened(database_url)


def write(key: str, contact: str | None, given: dict[str, Any], defaults: dict[str, Any] | None = None) -> RowWrite:
    return RowWrite(key, contact, given, {**(defaults or {}), **given})


def put(store: Store, extension: Shape, *writes: RowWrite) -> None:
    store.write(lambda tx: rows.upsert(tx, ACCOUNT, extension, writes, NOW))


def seen(store: Store, extension: Shape, wanted: dict[str, str | None]) -> dict[str, dict[str, Any]]:
    return store.read(lambda tx: rows.stored(tx, ACCOUNT, extension, wanted))


def total(store: Store) -> int:
    return sum(count for (count,) in store.read(lambda tx: tx.rows("SELECT count(*) FROM row")))


def test_an_update_keeps_what_is_not_given_and_takes_no_defaults(store: Store) -> None:
    put(store, BY_CONTACT, write('["a"]', "ann", {"id": "a", "x": 1}, {"colour": "red"}))
    put(store, BY_CONTACT, write('["a"]', "ann", {"id": "a", "y": 2}, {"colour": "blue"}))
    assert seen(store, BY_CONTACT, {'["a"]': "ann"}) == {'["a"]': {"id": "a", "x": 1, "y": 2, "colour": "red"}}


def test_a_null_reads_as_null(store: Store) -> None:
    put(store, BY_CONTACT, write('["a"]', "ann", {"id": "a", "x": 1}))
    put(store, BY_CONTACT, write('["a"]', "ann", {"id": "a", "x": None}))
    assert seen(store, BY_CONTACT, {'["a"]': "ann"})['["a"]'].get("x") is None


def test_one_key_twice_in_a_set_is_one_row(store: Store) -> None:
    put(
        store,
        BY_CONTACT,
        write('["a"]', "ann", {"id": "a", "x": 1, "y": 1}, {"z": 0}),
        write('["a"]', "ann", {"id": "a", "x": 2}, {"y": 9, "z": 0}),
    )
    assert seen(store, BY_CONTACT, {'["a"]': "ann"}) == {'["a"]': {"id": "a", "x": 2, "y": 1, "z": 0}}


def test_a_row_moves_with_its_contact(store: Store) -> None:
    for contact in ("ann", "bob", "cec", "ann"):
        put(store, BY_ORDER, write('["o1"]', contact, {"order": "o1", "who": contact, contact: 1}))
        assert seen(store, BY_ORDER, {'["o1"]': None})['["o1"]']["who"] == contact
        assert total(store) == 1
    assert seen(store, BY_ORDER, {'["o1"]': None})['["o1"]'] == {
        "order": "o1", "who": "ann", "ann": 1, "bob": 1, "cec": 1,
    }  # fmt: skip


def test_claiming_moves_a_row_before_it_is_written(store: Store) -> None:
    put(store, BY_ORDER, write('["o1"]', "ann", {"order": "o1", "total": 5}))
    places = store.write(lambda tx: rows.claim(tx, ACCOUNT, BY_ORDER, {'["o1"]': "bob", '["o2"]': "bob"}, NOW))
    lane, contact = places['["o1"]']
    assert store.read(lambda tx: rows.of_contact(tx, BY_ORDER.number, lane, contact)) == [{"order": "o1", "total": 5}]
    assert total(store) == 1


def test_rows_without_a_contact_lie_by_their_key(store: Store) -> None:
    put(store, BY_CONTACT, *[write(f'["{n}"]', None, {"n": n}) for n in range(40)])
    wanted: dict[str, str | None] = {f'["{n}"]': None for n in range(41)}
    assert [row["n"] for _, row in sorted(seen(store, BY_CONTACT, wanted).items())] == sorted(range(40), key=str)


def test_clear_leaves_other_extensions_alone(store: Store) -> None:
    put(store, BY_CONTACT, write('["a"]', "ann", {"id": "a"}))
    put(store, BY_ORDER, write('["o"]', "ann", {"order": "o"}))
    store.write(lambda tx: rows.clear(tx, BY_ORDER.number))
    assert seen(store, BY_ORDER, {'["o"]': None}) == {}
    assert seen(store, BY_CONTACT, {'["a"]': "ann"}) == {'["a"]': {"id": "a"}}


def test_statements_depend_on_lanes_not_on_rows(store: Store) -> None:
    def counted(count: int, prefix: str) -> int:
        writes = [write(f'["{prefix}{n}"]', f"{prefix}{n}", {"n": n}) for n in range(count)]

        def job(tx: Tx) -> int:
            before = tx.statements
            rows.upsert(tx, ACCOUNT, BY_ORDER, writes, NOW)
            return tx.statements - before

        return store.write(job)

    assert counted(200, "a") == counted(400, "b")


@settings(max_examples=15)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from(["ann", "bob", None]), st.integers(0, 9)), max_size=6
        ),
        max_size=8,
    )
)
def test_any_order_of_writes_ends_like_a_dictionary(sets: list[list[tuple[str, str | None, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for store in opened(f"sqlite:///{folder}/rows.db"):
            model: dict[str, dict[str, Any]] = {}
            for group in sets:
                put(store, BY_ORDER, *[write(key, who, {f"f{value % 3}": value}) for key, who, value in group])
                for key, _, value in group:
                    model.setdefault(key, {})[f"f{value % 3}"] = value
            assert seen(store, BY_ORDER, dict.fromkeys("abc")) == model
            assert total(store) == len(model)
