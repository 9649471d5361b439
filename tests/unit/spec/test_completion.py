"""Completing on save: ids, keys, defaults and tags; and which documents count as the same."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.document import complete, merge, same, without_server_fields

BODY: dict[str, Any] = {
    "key": "k",
    "name": "n",
    "workflowApiVersion": 1.0,
    "tags": ["vip", {"name": "new", "extra": 1}],
    "triggers": [{"type": "APIEvent"}],
    "goals": [{"key": "g"}],
    "exits": [{"key": "e"}],
    "activities": [
        {"key": "a", "type": "WAIT", "outcomes": [{"next": "b"}], "vendor": {"z": 1, "a": [2]}},
        {"key": "b", "type": "Rest", "id": "own", "outcomes": [{"key": "x"}, {}], "metaData": None},
    ],
}


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


def test_everything_missing_is_filled_in() -> None:
    made = complete(BODY, numbered())
    first, second = made["activities"]
    assert first["id"] == "id-1"
    assert first["outcomes"] == [{"next": "b", "key": "id-2", "arguments": {}, "metaData": {}}]
    assert (first["arguments"], first["configurationArguments"], first["metaData"]) == ({}, {}, {})
    assert second["id"] == "own"
    assert [outcome["key"] for outcome in second["outcomes"]] == ["x", "id-3"]
    assert second["metaData"] == {}
    assert [made[part][0]["id"] for part in ("triggers", "goals", "exits")] == ["id-4", "id-5", "id-6"]
    assert made["tags"] == [{"name": "vip"}, {"name": "new", "extra": 1}]
    assert json.dumps(made["workflowApiVersion"]) == "1"


def test_a_minimal_journey_gets_the_documented_defaults() -> None:
    made = complete({"key": "k", "name": "n", "workflowApiVersion": 0.5, "goals": None}, numbered())
    assert made == {
        "key": "k",
        "name": "n",
        "workflowApiVersion": 0.5,
        "description": "",
        "activities": [],
        "triggers": [],
        "goals": [],
        "exits": [],
        "notifiers": [],
        "entryMode": "NotSet",
        "definitionType": "Multistep",
        "channel": "",
        "defaults": {"properties": {}},
        "metaData": {},
        "executionMode": "Production",
    }


def test_the_body_itself_is_not_touched() -> None:
    before = json.dumps(BODY)
    complete(BODY, numbered())["activities"][0]["vendor"]["a"].append(3)
    assert json.dumps(BODY) == before
    assert complete({"key": "k"}, numbered())["goals"] == []


def test_sending_the_same_body_again_changes_nothing() -> None:
    stored = complete(BODY, numbered())
    assert same(complete(merge(stored, BODY), lambda: "never", stored), stored)


def test_parts_are_matched_by_key_not_by_place() -> None:
    stored = complete(BODY, numbered())
    swapped = {**BODY, "activities": [{"key": "c", "type": "WAIT"}, *BODY["activities"]]}
    again = complete(swapped, lambda: "fresh", stored)
    assert [activity["id"] for activity in again["activities"]] == ["fresh", "id-1", "own"]


def test_an_outcome_key_in_use_is_not_given_twice() -> None:
    stored = complete({"activities": [{"key": "a", "type": "t", "outcomes": [{"key": "x"}, {"key": "y"}]}]}, numbered())
    sent = {"activities": [{"key": "a", "type": "t", "outcomes": [{}, {"key": "x"}]}]}
    again = complete(sent, lambda: "fresh", stored)
    assert [outcome["key"] for outcome in again["activities"][0]["outcomes"]] == ["fresh", "x"]


@given(st.permutations(list(BODY)))
def test_completing_twice_is_completing_once(names: list[str]) -> None:
    once = complete({name: BODY[name] for name in names}, numbered())
    assert json.dumps(complete(once, lambda: "never")) == json.dumps(once)
    assert list(once)[: len(names)] == names


def test_absent_properties_stay_and_present_ones_replace_whole() -> None:
    assert merge({"a": [1, 2], "b": {"x": 1}}, {"b": {"y": 2}}) == {"a": [1, 2], "b": {"y": 2}}


def test_what_the_server_assigns_is_left_out() -> None:
    sent = {"key": "k", "id": "x", "status": "Draft", "persistenceModel_pausing": {}, "modifiedDate": "d", "other": 1}
    assert without_server_fields(sent) == {"key": "k", "other": 1}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ({"a": True}, {"a": 1}, False),
        ({"a": None}, {}, False),
        ([{"a": []}], [{"a": []}], True),
        ("1", 1, False),
    ],
)
def test_same_means_the_same_json(one: object, other: object, *, expected: bool) -> None:
    assert same(one, other) is expected
