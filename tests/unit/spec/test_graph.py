"""Graphs: start, dangling, unreachable, loops and order, against a slow and plain reading of the same words."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.document import parse
from waystage.spec.graph import Graph, graph_of


def graph(start: str | None = None, **edges: str) -> Graph:
    """`a="b c"` draws edges from a to b and c."""
    activities = [
        {"key": key, "type": "T", "outcomes": [{"next": ahead} for ahead in text.split()]}
        for key, text in edges.items()
    ]
    triggers: list[dict[str, Any]] = [{"outcomes": [{"next": start}]}] if start else []
    return graph_of(parse({"activities": activities, "triggers": triggers}))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    keys = [f"n{number}" for number in range(draw(st.integers(0, 7)))]
    if not keys:
        return graph()
    ahead = st.lists(st.sampled_from([*keys, "nobody"]), max_size=3)
    return graph(draw(st.sampled_from([None, *keys])), **{key: " ".join(draw(ahead)) for key in keys})


def reaches(drawn: Graph, begin: str, end: str) -> bool:
    ahead, seen = list(drawn.successors[begin]), set()
    while ahead:
        key = ahead.pop()
        if key == end:
            return True
        if key not in seen:
            seen.add(key)
            ahead.extend(drawn.successors[key])
    return False


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (graph(), None),
        (graph(a="b", b=""), "a"),
        (graph(b="", a="b"), "a"),
        (graph(a="c", b="c", c=""), None),
        (graph("b", a="c", b="c", c=""), "b"),
        (graph("nobody", a="b", b=""), "a"),
        (graph(b="a", a="b"), "b"),
        (graph(a="b", b="b"), "a"),
    ],
)
def test_start(drawn: Graph, expected: str | None) -> None:
    assert drawn.start == expected


def test_parts() -> None:
    drawn = graph(a="b nobody", b="", c="d", d="c b")
    assert drawn.roots == ("a",)
    assert drawn.terminals == ("b",)
    assert drawn.dangling == (("a", 1, "nobody"),)
    assert drawn.unreachable == ("c", "d")
    assert drawn.loops() == (("c", "d"),)
    assert drawn.predecessors["b"] == ("a", "d")
    assert drawn.reachable("c") == {"b", "c", "d"}


def test_two_roots_are_both_named_and_nothing_is_unreachable() -> None:
    drawn = graph(a="c", b="c", c="")
    assert drawn.roots == ("a", "b")
    assert drawn.unreachable == ()


def test_a_loop_through_a_blocking_activity_is_allowed() -> None:
    drawn = graph(wait="mail", mail="wait", x="x")
    assert drawn.loops() == (("wait", "mail"), ("x",))
    assert drawn.loops({"wait"}) == (("x",),)


def test_a_second_activity_with_the_same_key_does_not_count() -> None:
    raw = {"activities": [{"key": "a", "outcomes": [{"next": "b"}]}, {"key": "a"}, {"key": "b"}]}
    assert graph_of(parse(raw)).successors == {"a": ("b",), "b": ()}


@given(graphs())
def test_edges_are_the_same_from_both_ends(drawn: Graph) -> None:
    forwards = {(key, ahead) for key in drawn.keys for ahead in drawn.successors[key]}
    assert forwards == {(before, key) for key in drawn.keys for before in drawn.predecessors[key]}


@given(graphs(), st.sets(st.sampled_from(["n0", "n1", "n2"])))
def test_loops_are_exactly_the_keys_that_reach_themselves(drawn: Graph, blocking: set[str]) -> None:
    keys = [key for key in drawn.keys if key not in blocking]
    kept = {key: " ".join(ahead for ahead in drawn.successors[key] if ahead not in blocking) for key in keys}
    rest = graph(**kept)
    looping = {key for key in keys if reaches(rest, key, key)}
    loops = drawn.loops(blocking)
    assert {key for part in loops for key in part} == looping
    assert sum(map(len, loops)) == len(looping)
    assert all(reaches(rest, one, other) for part in loops for one, other in pairwise(part))


@given(graphs())
def test_order_holds_every_key_once_and_points_forwards_outside_loops(drawn: Graph) -> None:
    order = drawn.topological_order()
    assert sorted(order) == sorted(drawn.keys)
    place = {key: number for number, key in enumerate(order)}
    for key in drawn.keys:
        for ahead in drawn.successors[key]:
            assert place[key] < place[ahead] or reaches(drawn, ahead, key)


@given(graphs())
def test_reachable_and_unreachable_share_the_keys(drawn: Graph) -> None:
    start = drawn.start
    if start is not None:
        reached = {start} | {key for key in drawn.keys if reaches(drawn, start, key)}
        assert set(drawn.unreachable) == set(drawn.keys) - reached


def test_long_chains_and_wide_tangles_need_no_recursion() -> None:
    chain = graph(**{f"n{number}": f"n{number + 1}" for number in range(3000)})
    assert len(chain.topological_order()) == 3000
    ring = graph(**{f"n{number}": f"n{(number + 1) % 3000}" for number in range(3000)})
    assert [len(part) for part in ring.loops()] == [3000]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "samples").glob("*.journey.json")), ids=lambda p: p.stem
)
def test_samples_are_sound(path: Path) -> None:
    journey = parse(json.loads(path.read_text(encoding="utf-8")))
    drawn = graph_of(journey)
    assert drawn.start == journey.activities[0].key
    assert (drawn.dangling, drawn.unreachable, drawn.loops()) == ((), (), ())
