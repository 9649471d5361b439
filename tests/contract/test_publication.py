"""Publishing, validating and stopping over HTTP (api.md 4.1 to 4.4, D-34 to D-38)."""

from typing import Any

import pytest

from tests.contract.journeys import INTERACTIONS, change, made
from tests.contract.served import Api

pytestmark = pytest.mark.spec("8.4", "8.5")

EVENTS = "/interaction/v1/eventDefinitions"
POLLS = 50_000


def runnable(api: Api, key: str = "welcome") -> dict[str, Any]:
    """A Draft that can be published."""
    fields = [{"name": "ContactKey", "dataType": "Text", "maxLength": 50, "isPrimaryKey": True, "isNullable": False}]
    schema = {"fields": fields, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    event = {"eventDefinitionKey": f"{key}-event", "name": f"{key} event", "type": "APIEvent", "schema": schema}
    if api("GET", f"{EVENTS}/key:{key}-event").status_code == 404:
        api.done("POST", EVENTS, event)
    wait = {"key": "WAIT-1", "type": "WAIT", "configurationArguments": {"waitDuration": 1, "waitUnit": "DAYS"}}
    trigger = {"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": f"{key}-event"}}
    more = {"activities": [wait | {"outcomes": [{"key": "out"}]}], "triggers": [trigger]}
    return made(api, key, entryMode="MultipleEntries", **more)


def finished(api: Api, started: dict[str, Any]) -> dict[str, Any]:
    """The result of a job; each poll is a whole HTTP call, so none waits."""
    for _ in range(POLLS):
        result: dict[str, Any] = api.done("GET", started["statusUrl"])
        if not result["status"].endswith("InProcess"):
            return result
    raise AssertionError(f"no end after {POLLS} polls")


def published(api: Api, journey: dict[str, Any]) -> dict[str, Any]:
    started = api.done("POST", f"{INTERACTIONS}/publishAsync/{journey['id']}?versionNumber={journey['version']}", {})
    assert started["statusUrl"] == f"{INTERACTIONS}/publishStatus/{started['statusId']}"
    return finished(api, started)


def statuses(api: Api, journey: dict[str, Any]) -> list[tuple[int, str]]:
    rows = api.done("GET", f"{INTERACTIONS}?id={journey['id']}&mostRecentVersionOnly=false")["items"]
    return [(row["version"], row["status"]) for row in rows]


def test_the_life_of_two_versions(api: Api) -> None:
    first = runnable(api)
    result = published(api, first)
    assert (result["status"], result["errors"]) == ("PublishCompleted", []), result
    running = api.done("GET", f"{INTERACTIONS}/key:welcome")
    assert (running["status"], running["lastPublishedDate"]) == ("Published", "2026-01-01T00:00:00")
    again = api("POST", f"{INTERACTIONS}/publishAsync/key:Welcome?VersionNumber=1", {})
    assert (again.status_code, again.json()["errorcode"]) == (400, 10000)
    assert again.json()["message"] == "Cannot publish interaction in Published status."
    assert api("PUT", INTERACTIONS, change(running, description="x")).json()["errorcode"] == 409
    assert published(api, runnable(api))["status"] == "PublishCompleted"
    assert statuses(api, first) == [(2, "Published"), (1, "Unpublished")]
    assert api.done("POST", f"{INTERACTIONS}/stop/{first['id']}?versionNumber=1", {}) == {"status": "Accepted"}
    assert statuses(api, first) == [(2, "Published"), (1, "Stopped")]
    assert api.done("POST", f"{INTERACTIONS}/stopAsync/key:welcome?allVersions=1") == {"status": "Accepted"}
    assert statuses(api, first) == [(2, "Stopped"), (1, "Stopped")]
    repeated = api("POST", f"{INTERACTIONS}/stop/{first['id']}?versionNumber=1", {})
    assert (repeated.status_code, repeated.json()["errorcode"]) == (400, 10000)
    assert api.done("DELETE", f"{INTERACTIONS}/{first['id']}") == first["id"]


def test_an_empty_draft_fails_in_the_job_and_stays_a_draft(api: Api) -> None:
    journey = made(api)
    result = published(api, journey)
    assert result["status"] == "Error"
    assert all(isinstance(error["errorCode"], str) and error["errorDetail"] for error in result["errors"])
    assert statuses(api, journey) == [(1, "Draft")]
    api.done("PUT", INTERACTIONS, change(journey, description="mended"))


def test_validating_changes_nothing(api: Api) -> None:
    journey = runnable(api)
    started = api.done("POST", f"{INTERACTIONS}/validateAsync/key:welcome?versionNumber=1", {})
    assert started["statusUrl"] == f"{INTERACTIONS}/validateStatus/{started['statusId']}"
    assert finished(api, started)["status"] == "ValidateCompleted"
    assert api.done("GET", f"{INTERACTIONS}/key:welcome")["modifiedDate"] == journey["modifiedDate"]
    assert statuses(api, journey) == [(1, "Draft")]


def test_refusals(api: Api) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    journey = made(api)
    for verb in ("publishAsync", "validateAsync"):
        answer = api("POST", f"{INTERACTIONS}/{verb}/{journey['id']}", {})
        assert (answer.status_code, answer.json()["errorcode"]) == (400, 10005)
        assert "versionNumber" in answer.json()["message"]
        assert api("POST", f"{INTERACTIONS}/{verb}/{journey['id']}?versionNumber=2").json()["errorcode"] == 30003
        assert api("POST", f"{INTERACTIONS}/{verb}/{nobody}?versionNumber=1").json()["errorcode"] == 30003
    answer = api("POST", f"{INTERACTIONS}/stop/{journey['id']}")
    assert answer.json()["message"] == "AllVersions=true or VersionNumber required."
    answer = api("POST", f"{INTERACTIONS}/stop/{journey['id']}?versionNumber=1")
    assert answer.json()["message"] == "Published/Paused/Unpublished interaction matching criteria not found."
    for path in (f"publishStatus/{nobody}", "validateStatus/x"):
        answer = api("GET", f"{INTERACTIONS}/{path}")
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
