"""Documents: what is read is given back unchanged, and the typed views say what the JSON says."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.document import NIL_GUID, dump, parse

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.journey.json"))

_leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8)
_json = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
_names = st.sampled_from(
    ["key", "name", "type", "activities", "triggers", "goals", "exits", "outcomes", "metaData", "defaults", "tags", "x"]
)
_documents = st.dictionaries(
    _names, _json | st.lists(st.dictionaries(_names, _json, max_size=4), max_size=3), max_size=8
)


def sample(name: str) -> dict[str, Any]:
    path = next(path for path in SAMPLES if name in path.name)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


@given(_documents)
def test_dump_gives_back_what_was_parsed(raw: dict[str, Any]) -> None:
    dumped = dump(parse(raw))
    assert json.dumps(dumped) == json.dumps(raw)
    assert dumped is not raw


@given(_documents)
def test_every_view_is_total(raw: dict[str, Any]) -> None:
    journey = parse(raw)
    for view in (journey, *journey.activities, *journey.triggers, *journey.goals, *journey.exits):
        for name in dir(type(view)):
            if not name.startswith("_"):
                getattr(view, name)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_come_back_byte_for_byte(path: Path) -> None:
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert json.dumps(dump(parse(raw))) == json.dumps(raw)
    assert all(activity.key and activity.type for activity in parse(raw).activities)


def test_a_sample_reads_as_typed_values() -> None:
    journey = parse(sample("01-welcome"))
    assert journey.workflow_api_version == 1.0
    assert (journey.entry_mode, journey.definition_type, journey.channel) == ("OnceAndDone", "Multistep", "")
    assert journey.default_emails == ('{{Event.APIEvent-fe2ff030-704a-5e55-9b4f-a69ce0e157ea."EmailAddress"}}',)
    assert journey.default_mobile_numbers == ()
    assert journey.tags == ("onboarding",)
    assert not journey.is_test


def test_activities_are_found_by_exact_key() -> None:
    journey = parse(sample("02-cart"))
    wait = journey.activity("WAITBYEVENT-1")
    assert wait is not None
    assert [outcome.next for outcome in wait.outcomes] == [None, "EMAILV2-1"]
    assert [outcome.arguments["when"] for outcome in wait.outcomes] == [True, False]
    assert wait.criteria.startswith("<FilterDefinition>")
    assert journey.activity("waitbyevent-1") is None


def test_types_compare_folded_and_are_kept_as_written() -> None:
    activity = parse({"activities": [{"key": "a", "type": "randomSplit"}]}).activities[0]
    assert (activity.type, activity.type_folded) == ("randomSplit", "RANDOMSPLIT")


@pytest.mark.parametrize(
    ("meta", "expected"), [({}, True), ({"isConfigured": True}, True), ({"isConfigured": False}, False)]
)
def test_only_an_explicit_false_means_not_configured(meta: dict[str, Any], *, expected: bool) -> None:
    assert (
        parse({"activities": [{"key": "a", "type": "WAIT", "metaData": meta}]}).activities[0].is_configured is expected
    )


def test_outputs_are_the_out_arguments_of_the_schema() -> None:
    split = parse(sample("03-random")).activity("RANDOMSPLITV2-1")
    assert split is not None
    assert split.outputs == (("randomNumber", "Number", False), ("actualChoice", "Number", False))


def test_outputs_of_a_custom_activity_are_declared_with_or_without_a_schema() -> None:
    rest = parse(sample("05-custom")).activity("REST-1")
    assert rest is not None
    assert rest.outputs == (("couponCode", "Text", True), ("expiresOn", "Date", True))
    bare = parse({"activities": [{"arguments": {"execute": {"outArguments": [{"code": ""}, {"code": ""}]}}}]})
    assert bare.activities[0].outputs == (("code", "Text", True),)


def test_a_trigger_names_its_event_definition_by_id_first() -> None:
    raw = {
        "triggers": [
            {
                "eventDefinitionKey": "top",
                "metaData": {"eventDefinitionId": "id-1", "eventDefinitionKey": "meta"},
                "arguments": {"eventDefinitionId": NIL_GUID, "eventDefinitionKey": "top"},
            }
        ]
    }
    trigger = parse(raw).trigger
    assert trigger is not None
    assert trigger.event_references == (("id", "id-1"), ("key", "meta"), ("key", "top"))
    assert trigger.start_key is None


def test_a_goal_reads_its_target() -> None:
    goal = parse(sample("06-goal")).goals[0]
    assert (goal.conversion_value, goal.conversion_unit, goal.is_exit) == ("15", "percentage", True)
    assert parse({"goals": [{"metaData": {"conversionValue": 3}}]}).goals[0].conversion_value == "3"


def test_words_of_lists_take_their_listed_spelling() -> None:
    journey = parse({"entryMode": "multipleentries", "definitionType": "QUICKSEND", "executionMode": "test"})
    assert (journey.entry_mode, journey.definition_type, journey.is_test) == ("MultipleEntries", "Quicksend", True)


def test_tags_are_read_in_both_forms() -> None:
    assert parse({"tags": ["a", {"name": "b"}, {"x": 1}, 3]}).tags == ("a", "b")
