"""What differs between two documents (contract, our own resources)."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.journeys import documents
from tests.engine.machine import condition, criteria, decision, email, journey, wait
from waystage.spec.differences import Part, Rerouting, Setting, differences


def _found(change: Any) -> Any:
    yes = criteria(condition("Event.signup.Score", "GreaterThan", "50"))
    before = journey([email("m", "w"), wait("w", "d", 3), decision("d", [(yes, None)], None)])
    after = copy.deepcopy(before)
    change(after)
    return differences(before, after)


def test_added_removed_rerouted_reconfigured() -> None:
    def change(document: dict[str, Any]) -> None:
        document["activities"].append(email("late", None))
        del document["activities"][0]
        document["activities"][0]["configurationArguments"]["waitDuration"] = 5
        document["activities"][1]["outcomes"][0]["next"] = "late"
        document["name"] = "Another"

    found = _found(change)
    assert found.added == (Part("activity", "late", "EMAILV2", "late"),)
    assert found.removed == (Part("activity", "m", "EMAILV2", "m"),)
    assert [(one.activity_key, one.before, one.after) for one in found.rerouted] == [("d", None, "late")]
    assert Setting("activity", "w", "configurationArguments.waitDuration", 3, 5) in found.reconfigured
    assert {one.path for one in found.reconfigured} == {"name", "configurationArguments.waitDuration"}
    lines = found.lines()
    assert lines[0] == "+ activity late (EMAILV2)"
    assert "~ activity w, configurationArguments.waitDuration: 3 -> 5" in lines
    assert any(line.startswith("> activity d, outcome ") and line.endswith(": end -> late") for line in lines)


def test_criteria_are_compared_by_what_they_say() -> None:
    def rewrite(document: dict[str, Any]) -> None:
        settings = document["activities"][2]["configurationArguments"]["criteria"]
        for key, text in settings.items():
            settings[key] = text.replace("><", "> <")

    def change(document: dict[str, Any]) -> None:
        settings = document["activities"][2]["configurationArguments"]["criteria"]
        for key, text in settings.items():
            settings[key] = text.replace("50", "60")

    assert _found(rewrite).lines() == []
    (one,) = _found(change).reconfigured
    assert (one.before, one.after) == ('Event.signup.Score GreaterThan "50"', 'Event.signup.Score GreaterThan "60"')


def test_what_the_server_says_and_what_is_only_drawn_means_nothing() -> None:
    def change(document: dict[str, Any]) -> None:
        document |= {
            "version": 9,
            "status": "Published",
            "modifiedDate": "2026-01-01T00:00:00",
            "stats": {"metGoal": 1},
        }
        document["activities"][0]["id"] = "5b0c4a0e-6a0a-4f1b-9a5e-0d6f2f9f8c11"
        document["activities"][0]["metaData"] = {"x": 1, "y": 2}
        document["activities"].reverse()

    assert _found(change).lines() == []


def test_true_is_not_one() -> None:
    def change(document: dict[str, Any]) -> None:
        document["metaData"] = {"flag": True}

    before, after = {"metaData": {"flag": 1}}, {"metaData": {"flag": True}}
    (one,) = differences(before, after).reconfigured
    assert (one.before, one.after) == (1, True)
    assert differences({"workflowApiVersion": 1.0}, {"workflowApiVersion": 1}).lines() == []
    assert [line[:2] for line in _found(change).lines()] == ["~ "]


@given(documents("Own"), documents("Own"))
def test_both_directions_tell_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert differences(one, one).lines() == []
    there, back = differences(one, other), differences(other, one)
    assert set(there.added) == set(back.removed)
    assert set(there.removed) == set(back.added)
    turned = {Rerouting(change.activity_key, change.outcome, change.after, change.before) for change in back.rerouted}
    assert set(there.rerouted) == turned
    assert {(change.part, change.key, change.path) for change in there.reconfigured} == {
        (change.part, change.key, change.path) for change in back.reconfigured
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3), max_leaves=5
    )
)
def test_odd_documents_are_compared_all_the_same(odd: Any) -> None:
    document = {"activities": odd, "triggers": [odd], "goals": [{"key": odd, "outcomes": odd}], "metaData": odd}
    assert differences(document, document).lines() == []
