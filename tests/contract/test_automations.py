"""Signals of automations over HTTP, and audiences from publication to entry (contract 19, 29)."""

from typing import Any

import pytest

from tests.contract.event_bodies import DEFINITIONS, EVENTS, ROWS, SCHEMA, definition, sample_events, stranger
from tests.contract.journeys import INTERACTIONS
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("2.5")

AUTOMATION = "8048b982-2cfb-573f-ab02-c065eff57455"
SIGNAL = "/waystage/v1/automations/{}/completed"
NIL = "00000000-0000-0000-0000-000000000000"


def _journey(key: str, type_: str) -> dict[str, Any]:
    wait = {"waitDuration": 100, "waitUnit": "DAYS"}
    return {
        "key": f"on-{key}",
        "name": f"On {key}",
        "workflowApiVersion": 1.0,
        "entryMode": "MultipleEntries",
        "triggers": [{"key": "TRIGGER", "name": "T", "type": type_, "metaData": {"eventDefinitionKey": key}}],
        "activities": [
            {"key": "w", "name": "w", "type": "WAIT", "configurationArguments": wait, "outcomes": [{"key": "x"}]}
        ],
    }


def _publish(api: Api, key: str, type_: str) -> dict[str, Any]:
    api.done("POST", INTERACTIONS, _journey(key, type_))
    job = api.done("POST", f"{INTERACTIONS}/publishAsync/key:on-{key}?versionNumber=1")
    return _status(api, job["statusUrl"])


def _status(api: Api, address: str) -> dict[str, Any]:
    while (answer := api.done("GET", address))["status"] == "PublishInProcess":
        pass
    return dict(answer)


def _population(api: Api, key: str) -> int:
    api.done("POST", "/waystage/v1/engine/settle", {})
    stats = api.done("GET", f"{INTERACTIONS}/key:on-{key}?extras=all")["stats"]
    return int(stats["cumulativePopulation"])


def _rows(api: Api, made: dict[str, Any], *names: str) -> None:
    body = [{"keys": {"ContactKey": name}, "values": {"Points": 1}} for name in names]
    api.done("POST", f"{ROWS}/{made['dataExtensionId']}/rowset", body)


def test_a_signal_lets_the_audience_in(api: Api, server: Served) -> None:
    made = api.done("POST", DEFINITIONS, definition("auto", type="AutomationAudience", automationId=AUTOMATION))
    _rows(api, made, "ann", "bob")
    assert _publish(api, "auto", "AutomationAudience")["status"] == "PublishCompleted"
    assert _population(api, "auto") == 0
    answer = api("POST", SIGNAL.format(AUTOMATION.upper()))
    assert (answer.status_code, answer.json()) == (202, {})
    assert _population(api, "auto") == 2
    other = stranger(server, api)
    assert other("POST", SIGNAL.format(AUTOMATION)).status_code == 404
    other.http.close()


@pytest.mark.parametrize("unknown", [NIL, "nobody", "6ae795f1-3f3a-50f3-8e11-909b941eb0dc", "%20"])
def test_an_automation_that_nobody_names(light: Api, unknown: str) -> None:
    light.done("POST", DEFINITIONS, definition("auto", type="AutomationAudience", arguments={"automationId": NIL}))
    answer = light("POST", SIGNAL.format(unknown))
    assert answer.status_code == 404
    assert answer.json()["errorcode"] == 30003
    assert set(answer.json()) == {"message", "errorcode", "documentation"}


def test_a_definition_that_names_it_is_enough(light: Api) -> None:
    """Nobody listens: accepted, and nothing happens."""
    light.done("POST", DEFINITIONS, definition("auto", type="EmailAudience", arguments={"automationId": "my flow"}))
    assert light("POST", SIGNAL.format("my%20flow")).status_code == 202
    light.done("POST", "/waystage/v1/engine/settle", {})


def test_a_token_is_needed(light_server: Served) -> None:
    nobody = Api(light_server.address, None)
    assert nobody("POST", SIGNAL.format(AUTOMATION)).status_code == 401
    nobody.http.close()


def test_a_recurring_sample_enters_by_its_schedule_and_by_its_key(api: Api) -> None:
    (exported,) = sample_events("06")
    key = exported["eventDefinitionKey"]
    body = {**exported, "schema": SCHEMA, "arguments": {**exported["arguments"], "criteria": ""}}
    made = api.done("POST", DEFINITIONS, {name: value for name, value in body.items() if name != "id"})
    _rows(api, made, "ann", "bob")
    assert _publish(api, key, "EmailAudience")["status"] == "PublishCompleted"
    assert _population(api, key) == 0
    api.done("POST", "/waystage/v1/clock/advance", {"to": "2026-03-02T04:29:59Z"})
    assert _population(api, key) == 0
    api.done("POST", "/waystage/v1/clock/advance", {"by": "PT1S"})
    assert _population(api, key) == 2
    event = {"ContactKey": "cid", "EventDefinitionKey": key, "Data": {"ContactKey": "cid", "Points": 3}}
    assert api("POST", EVENTS, event).status_code == 201
    assert _population(api, key) == 3
    api.done("POST", "/waystage/v1/clock/advance", {"to": "2026-03-05T04:30:00Z"})
    assert _population(api, key) == 4


def test_a_schedule_that_cannot_be_used_is_named(light: Api) -> None:
    schedule = {"startDateTime": "2026-03-02T05:30:00", "endType": "Occurrences", "frequency": "Daily"}
    light.done("POST", DEFINITIONS, definition("aud", type="EmailAudience", schedule=schedule))
    status = _publish(light, "aud", "EmailAudience")
    assert status["status"] == "Error"
    (error,) = status["errors"]
    assert error["errorCode"] == "190001"
    assert "schedule.occurrences" in error["errorDetail"]


def test_rows_and_contacts_fire_contact_events(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition("changed", type="ContactEvent"))
    assert _publish(api, "changed", "ContactEvent")["status"] == "PublishCompleted"
    _rows(api, made, "ann", "bob")
    row = f"{ROWS}/{made['dataExtensionId']}/rows/ContactKey:ann"
    with_key = row.replace(made["dataExtensionId"], f"key:{_key(api, made)}")
    api.done("PUT", with_key, {"values": {"Points": 5}})
    assert _population(api, "changed") == 3
    item = {"values": [{"name": "Points", "value": 9}]}
    contact = {"contactKey": "cid", "attributeSets": [{"name": made["dataExtensionName"], "items": [item]}]}
    api.done("POST", "/contacts/v1/contacts", contact)
    assert _population(api, "changed") == 4
    event = {"ContactKey": "dan", "EventDefinitionKey": "changed", "Data": {"Points": 1}}
    assert api("POST", EVENTS, event).status_code == 201
    assert _population(api, "changed") == 5


def _key(api: Api, made: dict[str, Any]) -> str:
    return str(api.done("GET", f"/data/v1/customobjects/{made['dataExtensionId']}")["key"])
