"""Types of the hosted product that are passed through: each with a warning of its own, by the outcome of its row."""

from typing import Any

import pytest

from tests.engine.machine import HOUR, START, Machine, condition, criteria, decision, email, journey
from waystage.activities import _pass_through
from waystage.activities._pass_through import TABLE
from waystage.docs import activities as page
from waystage.spec import problems

pytestmark = pytest.mark.spec("3.2", "3.9", "3.13")


def shown(type_: str, *keys: str, **more: Any) -> dict[str, Any]:
    """An activity with one outcome per key, each leading to a message of that name."""
    outcomes = [{"key": key, "next": f"m-{key}"} for key in keys]
    return {"key": "shown", "name": "shown", "type": type_, "outcomes": outcomes, **more}


def run(machine: Machine, made: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Publish and let contacts through; returns what publishing found."""
    machine.define_event()
    messages = [email(f"m-{outcome['key']}") for outcome in made["outcomes"]]
    number = machine.save_journey(journey([made, *messages]))
    findings = machine.publish_stored("welcome", number)
    machine.settle()
    machine.fire(list(events) or [("ann", {})])
    return findings


def ways(machine: Machine, *contacts: str) -> list[int]:
    """The outcome by which each contact left the activity."""
    return [machine.trail(contact)[0][1] for contact in contacts or ("ann",)]


@pytest.mark.parametrize("type_", [name for row in TABLE for name in (row.type, *row.aliases, row.type.title())])
def test_every_row_is_a_warning_with_its_sentence(sqlite_url: str, type_: str) -> None:
    (row,) = (row for row in TABLE if type_.upper() in {row.type, *row.aliases})
    with Machine(sqlite_url, lanes=1) as machine:
        (found,) = run(machine, shown(type_, "on"))
        assert (found["errorCode"], found["errorType"]) == (problems.PASSED_THROUGH, "Warning")
        assert found["errorDetail"] == f"Activity shown: {row.sentence}"
        assert found["additionalInfo"]["activityKey"] == "shown"
        assert ways(machine) == [0]


def test_a_random_time_within_the_window(machine: Machine) -> None:
    made = shown(
        "STOWAIT", "on", configurationArguments={"params": {"slidingWindowHours": 6, "enableRandomTime": True}}
    )
    run(machine, made, *((f"c{number}", {}) for number in range(40)))
    assert not machine.rows("SELECT 1 FROM outbox")
    machine.advance(6 * HOUR)
    sent = [row[0] - START for row in machine.rows("SELECT at FROM outbox ORDER BY at")]
    assert len(sent) == 40
    assert 0 <= sent[0] < HOUR < 5 * HOUR < sent[-1] < 6 * HOUR
    assert len(set(sent)) > 35


@pytest.mark.parametrize("window", [None, 0, -1, "soon", 100_000, True])
def test_a_window_that_is_none_is_refused(sqlite_url: str, window: object) -> None:
    params = {"slidingWindowHours": window, "enableRandomTime": True}
    with Machine(sqlite_url, lanes=1) as machine:
        found = run(machine, shown("STOWAIT", "on", configurationArguments={"params": params}))
        assert "slidingWindowHours" in str([one for one in found if one["errorType"] == "Error"])


def test_the_sentences_stand_on_the_page() -> None:
    text = page.page()
    assert all(row.sentence in text and f"`{row.type}`" in text for row in TABLE)


def test_how_often_people_are_written_to_is_not_known(machine: Machine) -> None:
    made = shown("EINSTEINENGAGEMENTFREQUENCYSPLIT", "saturated", "rest", "ontarget")
    for outcome, word in zip(made["outcomes"], ("saturated", "Remainder", "ontarget"), strict=True):
        outcome["arguments"] = {"splitResult": word}
    run(machine, made)
    assert ways(machine) == [1]


def test_without_a_named_remainder_the_last_is_it(machine: Machine) -> None:
    run(machine, shown("EinsteinEngagementFrequencySplit", "a", "b", "c"))
    assert ways(machine) == [2]


def test_no_answer_comes_in_a_chat(machine: Machine) -> None:
    run(machine, shown("WAITUNTILCHATRESPONSE", "yes", "invalid", "none"))
    assert ways(machine) == [2]


def test_without_outcomes_the_path_ends(machine: Machine) -> None:
    run(machine, shown("EINSTEINENGAGEMENTFREQUENCYSPLIT"))
    assert machine.trail("ann") == [(1, 0)]


def scores(**paths: str) -> dict[str, Any]:
    return shown(
        "MULTICRITERIADECISIONEXTENSION",
        *paths,
        "remainder_path",
        configurationArguments={"criteria": paths},
        metaData={"channel": "email", "splitType": "score"},
    )


def test_a_score_split_decides_by_what_is_known(machine: Machine) -> None:
    high = criteria(condition("Event.signup.Score", "GreaterThan", "50"))
    unknown = criteria(condition("Einstein Scores.Likelihood", "Equal", "high"))
    findings = run(machine, scores(likely=unknown, high=high), ("ann", {"Score": 51}), ("bob", {"Score": 50}))
    assert {one["errorCode"] for one in findings} == {problems.PASSED_THROUGH}
    assert len(findings) == 2
    assert ways(machine, "ann", "bob") == [1, 2]


def test_a_score_split_that_cannot_be_read_is_an_error(machine: Machine) -> None:
    codes = [one["errorCode"] for one in run(machine, scores(likely="<broken"))]
    assert codes == [problems.PASSED_THROUGH, problems.DECISION_SPLIT]


def test_the_choice_of_a_score_split_can_be_looked_at(machine: Machine) -> None:
    made = scores(high=criteria(condition("Event.signup.Score", "GreaterThan", "50")))
    for outcome in made["outcomes"]:
        outcome["next"] = "d"
    chosen = criteria(condition("Interaction.shown.actualChoice", "Equal", "0"))
    machine.define_event()
    machine.publish(journey([made, decision("d", [(chosen, None)])]))
    machine.settle()
    machine.fire([("ann", {"Score": 51}), ("bob", {"Score": 50})])
    assert [machine.trail(key)[1] for key in ("ann", "bob")] == [(2, 0), (2, 1)]


def test_a_record_that_was_never_made_has_no_id(machine: Machine) -> None:
    made = shown("SALESCLOUDACTIVITY", "on")
    made["outcomes"][0]["next"] = "m"
    machine.define_event()
    machine.publish(journey([made, email("m", None, "Record {{Interaction.shown.salesforceObjectID}}.")]))
    machine.settle()
    machine.fire([("ann", {})])
    assert machine.number("SELECT count(*) FROM outbox") == 1


def test_a_row_may_decide_for_itself_which_way_is_taken() -> None:
    assert {row.way for row in TABLE} == {
        _pass_through.FIRST,
        _pass_through.LAST,
        _pass_through.REMAINDER,
        _pass_through.CRITERIA,
    }
