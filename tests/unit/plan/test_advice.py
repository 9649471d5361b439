"""What is found in a journey as a whole: each finding names its activity and field."""

from typing import Any

import pytest

from tests.engine.machine import condition, criteria, email, journey, split, wait
from tests.unit.plan.test_compile import CATALOG, KINDS
from waystage.plan.compile import Identity, compile_journey
from waystage.spec import problems as p
from waystage.spec.document import parse
from waystage.spec.problems import Problem

pytestmark = pytest.mark.spec("10.2")


def _found(document: dict[str, Any]) -> list[Problem]:
    return list(compile_journey(parse(document), KINDS, CATALOG, Identity(1, 1, 1, "d")).problems)


def _codes(activities: list[dict[str, Any]], **more: Any) -> list[str]:
    return sorted(one.code for one in _found(journey(activities, **more)))


@pytest.mark.parametrize(
    ("amount", "unit", "codes"),
    [
        (90, "DAYS", []),
        (91, "DAYS", [p.WAIT_LONG]),
        (12, "WEEKS", []),
        (13, "WEEKS", [p.WAIT_LONG]),
        (3, "MONTHS", []),
        (4, "MONTHS", [p.WAIT_LONG]),
        (2161, "HOURS", [p.WAIT_LONG]),
        (59, "MINUTES", [p.WAIT_ILL_PLACED]),
        (60, "MINUTES", []),
        (1, "HOURS", []),
    ],
)
def test_the_length_of_a_wait(amount: int, unit: str, codes: list[str]) -> None:
    assert _codes([email("m", "w"), wait("w", "n", amount, unit), email("n")]) == codes


def test_a_short_wait_that_is_extended_to_a_time_of_day_is_none() -> None:
    made = wait("w", "n", 1, "MINUTES")
    made["configurationArguments"] |= {"specifiedTime": "09:00", "timeZone": "UTC"}
    assert _codes([email("m", "w"), made, email("n")]) == []


def test_the_seconds_of_test_mode_are_not_called_short() -> None:
    assert _codes([email("m", "w"), wait("w", "n"), email("n")], executionMode="Test") == []


def test_a_final_wait_that_is_ignored_is_not_called_short() -> None:
    assert _codes([email("m", "w"), wait("w", None, 1, "MINUTES")]) == []


def test_the_first_wait_and_two_in_a_row() -> None:
    first, adjacent = _found(journey([wait("w", "v"), wait("v", "m"), email("m")]))
    assert (first.code, first.activity_key, first.path) == (p.WAIT_ILL_PLACED, "w", "activities[w]")
    assert (adjacent.code, adjacent.activity_key) == (p.WAIT_ILL_PLACED, "w")
    assert adjacent.path == "activities[w].outcomes[0].next"
    assert {first.severity, adjacent.severity} == {"Warning"}


def test_all_at_once_and_each_names_its_place() -> None:
    activities = [wait("w", "v", 5, "MONTHS"), wait("v", "s", 5, "MINUTES"), split("s", (50, None), (50, None))]
    found = _found(journey(activities))
    assert [(one.code, one.activity_key) for one in found] == [
        (p.WAIT_LONG, "w"),
        (p.WAIT_ILL_PLACED, "w"),
        (p.WAIT_ILL_PLACED, "w"),
        (p.WAIT_ILL_PLACED, "v"),
    ]
    assert all(one.activity_key and f"activities[{one.activity_key}]" in one.path for one in found)


@pytest.mark.parametrize(("count", "found"), [(20, 0), (21, 1)])
def test_conditions_of_exit_criteria(count: int, found: int) -> None:
    text = criteria(*(condition("Event.signup.Score", "Equal", str(number)) for number in range(count)))
    exits = [{"key": "e", "name": "gone", "configurationArguments": {"criteria": text}}]
    codes = _codes([email("m")], exits=exits)
    assert codes.count(p.MANY_EXIT_CONDITIONS) == found


def test_unreadable_exit_criteria_are_for_whoever_compiles_them() -> None:
    exits = [{"key": "e", "configurationArguments": {"criteria": "<broken"}}]
    assert p.MANY_EXIT_CONDITIONS not in _codes([email("m")], exits=exits)


@pytest.mark.parametrize(
    ("listed", "codes"),
    [
        (["not an address"], [p.DEFAULT_ADDRESS_INVALID]),
        (["", "@x", "x@", "a b@c"], [p.DEFAULT_ADDRESS_INVALID]),
        (["team@example.com"], []),
        (["nobody", "{{Event.signup.ContactKey}}"], []),
        ([], []),
    ],
    ids=str,
)
@pytest.mark.spec("1.6")
def test_addresses_that_can_be_nobodys(listed: list[str], codes: list[str]) -> None:
    assert _codes([email("m")], defaults={"email": listed}) == codes
    assert _codes([split("s", (50, None), (50, None))], defaults={"email": listed}) == []


@pytest.mark.spec("1.5")
def test_a_transactional_journey_names_what_it_lacks() -> None:
    document = journey([email("m")], definitionType="Transactional")
    (found,) = (one for one in _found(document) if one.code == p.TRANSACTIONAL_INCOMPLETE)
    assert all(word in found.message for word in ("definitionKey", "dataExtensionId", "emailId"))
    document["activities"][0]["metaData"] = {"highThroughput": {"definitionKey": "k", "dataExtensionId": "g"}}
    document["activities"][0]["configurationArguments"]["triggeredSend"]["emailId"] = 7
    assert p.TRANSACTIONAL_INCOMPLETE not in {one.code for one in _found(document)}
