"""The strict JSON reader and the query reader, over everything that could be sent."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.api.requests import LAST_PAGE, MAX_DEPTH, Query, read_json, recased
from waystage.ground.errors import BadRequest, MalformedJson

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(VALUES)
def test_every_json_value_is_read_as_it_was_written(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = read_json(raw)
    except MalformedJson:
        return
    json.dumps(value, allow_nan=False).encode()


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_depth() -> None:
    assert read_json(nested(MAX_DEPTH))
    with pytest.raises(MalformedJson, match="100 levels"):
        read_json(nested(MAX_DEPTH + 1))
    assert read_json(b'["' + b"[{" * 500 + b'"]')
    assert len(read_json(b"[" + b"{}," * 500 + b"{}]")) == 501


def test_a_property_twice_is_named() -> None:
    with pytest.raises(MalformedJson, match='"b"'):
        read_json(b'{"a":1,"b":{"b":2},"b":3}')


def test_known_names_are_read_in_any_case() -> None:
    assert recased({"NAME": 1, "other": 2}, ["name"]) == {"name": 1, "other": 2}
    assert recased({"Name": 1, "name": 2}, ["name"]) == {"Name": 1, "name": 2}
    with pytest.raises(MalformedJson, match="name"):
        recased({"Name": 1, "NAME": 2}, ["name"])


@given(st.text(), st.text())
def test_any_query_is_read_or_refused(raw: str, name: str) -> None:
    query = Query(raw)
    for read in (query.text, query.integer, query.flag, query.number, query.words):
        with suppress(BadRequest):
            read(name)
    assert Query("").paging(500).size == 50


def test_queries() -> None:
    query = Query("%24PageSize=900&$page=3&a=1+2%203&a=x&extras=a,%20b&extras=c&Flag=1&empty=&n=-0.5")
    paging = query.paging(500)
    assert (paging.page, paging.size, paging.offset) == (3, 500, 1000)
    assert query.text("A") == "x"
    assert query.words("EXTRAS") == ["a", "b", "c"]
    assert query.flag("flag")
    assert (query.flag("none"), query.flag("none", default=True), query.flag("empty", default=True)) == (
        False,
        True,
        True,
    )
    assert (query.text("empty"), query.text("none"), query.number("n")) == ("", None, -0.5)
    assert Query("$page=9007199254740992").paging(500).offset < LAST_PAGE * 50
