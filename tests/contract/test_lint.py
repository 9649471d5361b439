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


def test_an_empty_body_and_wrong_types(api: Api) -> None:
    empty = api.done("POST", LINT, {})
    assert problems.NO_ACTIVITIES in {one["code"] for one in empty["items"]}
    refused = api("POST", LINT, {"activities": "many"})
    assert (refused.status_code, refused.json()["errorcode"]) == (400, 10006)
    assert api("POST", LINT, [1]).status_code == 400
