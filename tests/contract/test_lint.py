"""Findings about a body over HTTP: what publishing reports, and advice (contract, our own resources)."""

from typing import Any

import pytest

from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.mailing import define_event
from tests.contract.served import Api
from tests.engine.machine import activity, condition, criteria, decision, email, wait
from waystage.spec import problems

LINT = "/waystage/v1/lint"


def body(*activities: dict[str, Any], **more: Any) -> dict[str, Any]:
    trigger = {"key": "t", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}
    return minimal(activities=list(activities), triggers=[trigger], **{"entryMode": "MultipleEntries", **more})


def found(api: Api, document: dict[str, Any]) -> list[tuple[str, str | None]]:
    """(code, activity) of the advice."""
    answer = api.done("POST", LINT, document)
    assert answer["count"] == len(answer["items"])
    return [(one["code"], one.get("activityKey")) for one in answer["items"] if one["severity"] == "Advice"]


@pytest.fixture
def api(light: Api) -> Api:
    define_event(light)
    return light


def test_what_publishing_would_report_and_nothing_is_stored(api: Api) -> None:
    dangling = body(activity("w", "WAIT", "nowhere"))
    answer = api.done("POST", LINT, dangling)
    errors = [one for one in answer["items"] if one["severity"] == "Error"]
    assert {one["code"] for one in errors} >= {problems.NEXT_UNKNOWN, problems.WAIT}
    assert {one.get("activityKey") for one in errors if one["code"] == problems.WAIT} == {"w"}
    assert all("w" in one["path"] for one in errors if one["code"] == problems.NEXT_UNKNOWN)
    assert [one["severity"] for one in answer["items"]] == sorted(one["severity"] for one in answer["items"][::-1])[
        ::-1
    ]
    assert api.done("GET", INTERACTIONS)["count"] == 0


def test_an_ordinary_journey_has_nothing_to_be_said_of(api: Api) -> None:
    plain = body(email("m", "w"), wait("w", "n"), email("n", None, "Hello {{Event.signup.ContactKey}}"))
    assert api.done("POST", LINT, plain)["items"] == []


def test_paths_that_nobody_takes(api: Api) -> None:
    def total(operator: str, value: str) -> str:
        return condition("Event.signup.Total", operator, value)

    never = criteria(total("GreaterThan", "5"), total("LessThan", "5"))
    name = condition("Event.signup.First Name", "Equal", "Ann"), condition("Event.signup.First Name", "Equal", "bob")
    again = criteria(total("GreaterThan", "5"))
    split = decision("d", [(never, None), (again, None), (criteria(*name), None), (again, None)], None)
    assert found(api, body(split)) == [(problems.DEAD_PATH, "d")] * 3
    sound = decision("d", [(again, None), (criteria(total("LessThan", "5")), None)], None)
    assert found(api, body(sound)) == []


def test_paths_that_others_take_before(api: Api) -> None:
    def total(operator: str, *values: str) -> str:
        return condition("Event.signup.Total", operator, *values)

    large, larger = criteria(total("GreaterThan", "5")), criteria(total("GreaterThanOrEqual", "7"))
    assert found(api, body(decision("d", [(large, None), (larger, None)], None))) == [(problems.DEAD_PATH, "d")]
    assert found(api, body(decision("d", [(larger, None), (large, None)], None))) == []
    small, some = criteria(total("LessThanOrEqual", "5")), criteria(total("IsNotNull"))
    assert found(api, body(decision("d", [(large, None), (small, None), (some, None)], None))) == [
        (problems.DEAD_PATH, "d")
    ]
    either = criteria(total("Equal", "1"), total("Equal", "9"), operator="OR")
    one = criteria(total("Equal", "9"))
    assert found(api, body(decision("d", [(either, None), (one, None)], None))) == [(problems.DEAD_PATH, "d")]
    assert found(api, body(decision("d", [(large, None), (either, None)], None))) == []
    assert found(api, body(decision("d", [(large, None), (small, None), (either, None)], None))) == [
        (problems.DEAD_PATH, "d")
    ]


def test_comparisons_that_no_value_fulfils(api: Api) -> None:
    def split(field: str, operator: str, *values: str) -> dict[str, Any]:
        test = condition(f"Event.signup.{field}", operator, *values)
        return body(decision("d", [(criteria(test, condition("Event.signup.Paid", "Equal", "true")), None)], None))

    for dead in (
        split("First Name", "Equal", "x" * 101), split("First Name", "Contains", "x" * 101),
        split("First Name", "In", "x" * 101, "y" * 101), split("Paid", "GreaterThan", "true"),
        split("Paid", "LessThan", "False"),
    ):  # fmt: skip
        assert (problems.NEVER_MATCHES, "d") in found(api, dead)
    for sound in (
        split("First Name", "Equal", "x" * 100), split("First Name", "In", "x" * 101, "y"),
        split("First Name", "NotEqual", "x" * 101), split("Paid", "GreaterThan", "false"),
        split("First Name", "GreaterThan", "x" * 101), split("Total", "Equal", "5.55"),
    ):  # fmt: skip
        assert found(api, sound) == []
    answer = api.done("POST", LINT, split("Total", "Equal", "5.555"))
    assert (problems.OPERAND_UNREADABLE, "Warning") in {(one["code"], one["severity"]) for one in answer["items"]}


def test_entry_criteria_that_nobody_fulfils(api: Api) -> None:
    missing = criteria(
        condition("Event.signup.Mail", "IsNull"), condition("Event.signup.Mail", "Equal", "x@example.com")
    )
    document = body(wait("w", None))
    document["triggers"][0]["configurationArguments"] = {"criteria": missing}
    assert found(api, document) == [(problems.DEAD_PATH, None)]


def test_a_date_that_is_past(api: Api) -> None:
    def until(day: str) -> dict[str, Any]:
        return activity("w", "WAIT", None, configurationArguments={"specificDate": day, "specifiedTime": "12:00"})

    assert found(api, body(until("2025-12-31"))) == [(problems.DATE_PAST, "w")]
    assert found(api, body(until("2026-02-01"))) == []


@pytest.mark.parametrize(("time", "night"), [("06:59", True), ("07:00", False), ("20:59", False), ("21:00", True)])
def test_messages_at_night(api: Api, time: str, night: bool) -> None:
    settings = {"waitDuration": 1, "waitUnit": "DAYS", "specifiedTime": time, "timeZone": "UTC"}
    held = activity("w", "WAIT", "d", configurationArguments=settings, metaData={"isExtended": True})
    document = body(held, decision("d", [], "m"), email("m", "later"), wait("later", "n"), email("n"))
    assert found(api, document) == ([(problems.NIGHT_SEND, "m")] if night else [])


@pytest.mark.parametrize(("start", "told"), [("21:00", False), ("23:30", True)])
def test_what_a_black_out_window_holds_back_is_not_sent_at_night(api: Api, start: str, told: bool) -> None:
    settings = {"waitDuration": 1, "waitUnit": "DAYS", "specifiedTime": "23:00", "timeZone": "UTC"}
    held = activity("w", "WAIT", "s", configurationArguments=settings, metaData={"isExtended": True})
    window = {
        "honorBlackoutWindowEnum": 1, "mobileBlackoutWindowStartTime": start, "mobileBlackoutWindowEndTime": "08:00",
    }  # fmt: skip
    text = activity("s", "SMS", None, configurationArguments={"message": "Hello", **window})
    document = body(held, text, defaults={"mobileNumber": ["{{Event.signup.Mail}}"]})
    assert found(api, document) == ([(problems.NIGHT_SEND, "s")] if told else [])


def test_a_call_at_night_is_no_message(api: Api) -> None:
    settings = {"waitDuration": 1, "waitUnit": "DAYS", "specifiedTime": "23:00", "timeZone": "UTC"}
    held = activity("w", "WAIT", "r", configurationArguments=settings, metaData={"isExtended": True})
    call = activity("r", "REST", None, arguments={"execute": {"url": "https://service.example.com/execute"}})
    call["configurationArguments"] = {"publish": {"url": "https://service.example.com/publish"}}
    assert found(api, body(held, call)) == []


def test_many_conditions_are_looked_at_in_time(api: Api) -> None:
    many = criteria(*(condition("Event.signup.Total", "NotEqual", str(number)) for number in range(500)))
    split = decision("d", [(many, None), (many, None)], None)
    assert found(api, body(split)) == [(problems.DEAD_PATH, "d")]


def test_a_loop_that_nothing_ends(api: Api) -> None:
    settings = {"waitForEventKey": "signup", "waitDuration": 1, "waitUnit": "DAYS"}
    loop = activity("h", "WAITBYEVENT", "m", None, configurationArguments=settings)
    assert found(api, body(loop, email("m", "h"))) == [(problems.ENDLESS_LOOP, "h")]
    leave = {"key": "x", "name": "x", "type": "Event"}
    leave["configurationArguments"] = {"criteria": criteria(condition("Event.signup.Paid", "Equal", "true"))}  # type: ignore[assignment]  # mixed values
    assert found(api, body(loop, email("m", "h"), exits=[leave])) == []


def test_personalisation_that_may_be_empty(api: Api) -> None:
    document = body(email("m", None, "Hello %%First Name%%, {{Event.signup.ContactKey}}"))
    assert found(api, document) == [(problems.MAY_BE_EMPTY, "m")]
    profile = body(email("m", None, 'Hello {{Contact.Attribute."Email Demographics"."First Name"}}'))
    assert found(api, profile) == [(problems.MAY_BE_EMPTY, "m")]


@pytest.mark.spec("3.7")
def test_an_engagement_split_right_behind_its_message(api: Api) -> None:
    def split(key: str) -> dict[str, Any]:
        ways = [{"key": "yes", "arguments": {"when": True}}, {"key": "no", "arguments": {"when": False}}]
        settings = {"refActivityCustomerKey": key, "statsTypeId": 2}
        return {"key": "e", "type": "ENGAGEMENTDECISION", "configurationArguments": settings, "outcomes": ways}

    def codes(*activities: dict[str, Any]) -> set[tuple[str, str]]:
        items = api.done("POST", LINT, body(*activities))["items"]
        return {(one["code"], one["severity"]) for one in items}

    assert (problems.WAIT_BEFORE_ENGAGEMENT, "Warning") in codes(email("m", "e"), split("m"))
    assert codes(email("m", "w"), wait("w", "e"), split("m")) == set()


def test_an_empty_body_and_wrong_types(api: Api) -> None:
    empty = api.done("POST", LINT, {})
    assert problems.NO_ACTIVITIES in {one["code"] for one in empty["items"]}
    refused = api("POST", LINT, {"activities": "many"})
    assert (refused.status_code, refused.json()["errorcode"]) == (400, 10006)
    assert api("POST", LINT, [1]).status_code == 400
