"""The form of a body: every documented fault is named with its field, and drafts may be incomplete."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.check import MAX_FINDINGS, REQUIRED_TO_UPDATE, check

GOOD: dict[str, Any] = {"key": "k", "name": "n", "workflowApiVersion": 1}
SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.journey.json"))


def found(**changes: Any) -> list[tuple[str, str]]:
    return [(finding.kind, finding.path) for finding in check({**GOOD, **changes})]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_well_formed(path: Path) -> None:
    assert check(json.loads(path.read_text(encoding="utf-8")), REQUIRED_TO_UPDATE) == []


@pytest.mark.parametrize("raw", [[], None, "text", 3])
def test_a_body_must_be_an_object(raw: object) -> None:
    assert [(finding.kind, finding.path) for finding in check(raw)] == [("type", "body")]


def test_required_names_are_reported_together() -> None:
    assert [(f.kind, f.path) for f in check({"name": " "})] == [
        ("missing", "key"),
        ("missing", "name"),
        ("missing", "workflowApiVersion"),
    ]
    assert {f.path for f in check({}, REQUIRED_TO_UPDATE)} == set(REQUIRED_TO_UPDATE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": 3}, ("type", "name")),
        ({"name": "x" * 201}, ("value", "name")),
        ({"key": "a\nb"}, ("format", "key")),
        ({"workflowApiVersion": "1.0"}, ("type", "workflowApiVersion")),
        ({"workflowApiVersion": True}, ("type", "workflowApiVersion")),
        ({"workflowApiVersion": 2}, ("value", "workflowApiVersion")),
        ({"entryMode": "Sometimes"}, ("value", "entryMode")),
        ({"definitionType": "Other"}, ("value", "definitionType")),
        ({"activities": {}}, ("type", "activities")),
        ({"activities": [3]}, ("type", "activities[0]")),
        ({"activities": [{"type": "WAIT"}]}, ("missing", "activities[0].key")),
        ({"activities": [{"key": "a"}]}, ("missing", "activities[0].type")),
        ({"activities": [{"key": "a", "type": 3}]}, ("type", "activities[0].type")),
        ({"activities": [{"key": "a", "type": "T"}, {"key": "a", "type": "T"}]}, ("value", "activities[1].key")),
        ({"activities": [{"key": "a", "type": "T", "outcomes": {}}]}, ("type", "activities[0].outcomes")),
        (
            {"activities": [{"key": "a", "type": "T", "outcomes": [{"next": 1}]}]},
            ("type", "activities[0].outcomes[0].next"),
        ),
        ({"activities": [{"key": "a", "type": "T", "metaData": []}]}, ("type", "activities[0].metaData")),
        ({"activities": [{}] * 2001}, ("value", "activities")),
        ({"triggers": [{"type": 1}]}, ("type", "triggers[0].type")),
        ({"goals": "none"}, ("type", "goals")),
        ({"defaults": {"email": "x"}}, ("type", "defaults.email")),
        ({"defaults": {"email": [1]}}, ("type", "defaults.email[0]")),
        ({"metaData": 1}, ("type", "metaData")),
        ({"categoryId": "7"}, ("type", "categoryId")),
        ({"categoryId": 2**70}, ("value", "categoryId")),
        ({"tags": [{"x": 1}]}, ("type", "tags[0]")),
        ({"tags": ["x" * 300]}, ("value", "tags[0]")),
    ],
)
def test_each_fault_is_named(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert found(**changes) == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": "1"}, ("type", "version")),
        ({"version": 0}, ("value", "version")),
        ({"version": 1.5}, ("type", "version")),
        ({"modifiedDate": 5}, ("type", "modifiedDate")),
        ({"modifiedDate": "yesterday"}, ("format", "modifiedDate")),
    ],
)
def test_the_selectors_of_an_update_are_checked(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    body = {**GOOD, "version": 1, "modifiedDate": "2026-02-11T07:40:02.6", **changes}
    assert [(finding.kind, finding.path) for finding in check(body, REQUIRED_TO_UPDATE)] == [expected]
    assert check({**GOOD, **changes}) == []


def test_drafts_may_be_incomplete() -> None:
    wait = {"key": "a", "type": "WAIT", "outcomes": [{"next": "nobody"}, {"next": None}, {"next": ""}]}
    lonely = {"key": "b", "type": "unheard of"}
    assert found(activities=[wait, lonely], goals=None, entryMode=None, triggers=[], unknown=[1], id=5) == []


def test_messages_say_what_was_expected_and_what_came() -> None:
    (finding,) = check({**GOOD, "entryMode": "Sometimes"})
    assert "OnceAndDone" in finding.message
    assert '"Sometimes"' in finding.message


def test_the_list_of_faults_is_bounded() -> None:
    assert len(check({**GOOD, "activities": [1] * 2000})) == MAX_FINDINGS


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "type", "next"]), inner),
)


@given(st.dictionaries(st.sampled_from(["key", "version", "activities", "tags", "defaults", "categoryId"]), _json))
def test_no_json_makes_the_check_fail(raw: dict[str, Any]) -> None:
    for finding in check(raw, REQUIRED_TO_UPDATE):
        assert finding.path
        assert finding.message
