"""Finding rows by path: literals first, keys, decoding after splitting, and nothing found twice (D-01)."""

from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.api.router import Router
from waystage.ground.errors import BadRequest, MethodNotAllowed, RouteNotFound


@dataclass(frozen=True)
class Row:
    verb: str
    path: str


ROWS = (
    Row("GET", "/"),
    Row("GET", "/a"),
    Row("POST", "/a"),
    Row("GET", "/a/{id}"),
    Row("GET", "/a/key:{key}"),
    Row("POST", "/a/stop/{id}"),
    Row("POST", "/a/stop/key:{key}"),
    Row("GET", "/a/{id}/summary"),
    Row("GET", "/a/Literal"),
    Row("GET", "/b/{key}/c/{contactKey}"),
)
ROUTER = Router(ROWS)


@pytest.mark.parametrize(
    ("verb", "path", "row", "values"),
    [
        ("GET", "", 0, {}),
        ("GET", "//", 0, {}),
        ("GET", "/A/", 1, {}),
        ("POST", "/a", 2, {}),
        ("HEAD", "/a", 1, {}),
        ("GET", "/a/7", 3, {"id": "7"}),
        ("GET", "/a/key:X%2FY", 4, {"key": "X/Y"}),
        ("GET", "/a/KEY%3Ax", 4, {"key": "x"}),
        ("GET", "/a/key:key:x", 4, {"key": "key:x"}),
        ("POST", "/a/STOP/key:x", 6, {"key": "x"}),
        ("POST", "/a/stop/x", 5, {"id": "x"}),
        ("GET", "/a/stop", 3, {"id": "stop"}),
        ("GET", "/a/stop/summary", None, {}),
        ("GET", "/a/literal", 8, {}),
        ("GET", "/b/A%20B/C/d+e", 9, {"key": "A B", "contactKey": "d+e"}),
    ],
)
def test_paths(verb: str, path: str, row: int | None, values: dict[str, str]) -> None:
    if row is None:
        with pytest.raises(MethodNotAllowed):
            ROUTER.find(verb, path)
        return
    assert ROUTER.find(verb, path) == (ROWS[row], values)


@pytest.mark.parametrize("path", ["/c", "/a/b/c/d", "/a/%00", "/interaction"])
def test_what_is_nowhere(path: str) -> None:
    with pytest.raises(RouteNotFound):
        ROUTER.find("GET", path)


def test_wrong_methods_learn_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTER.find("DELETE", "/a/")
    assert caught.value.allowed == ("GET", "HEAD", "OPTIONS", "POST")
    assert ROUTER.allowed("/a/stop/x") == ("OPTIONS", "POST")


def test_an_empty_key_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="valid ID or Key"):
        ROUTER.find("GET", "/a/key:")


def test_the_same_row_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Router((Row("GET", "/x/{id}"), Row("GET", "/X/{other}")))


@given(st.text(min_size=1).filter(lambda key: "\0" not in key and key.isprintable()))
def test_every_key_comes_back_as_it_was(key: str) -> None:
    assert ROUTER.find("GET", f"/a/key:{quote(key, safe='')}") == (ROWS[4], {"key": key})
