"""Bodies of event definitions, data extensions and contacts for tests, and clients of a second business unit."""

import json
from pathlib import Path
from typing import Any

from tests.contract.served import Api, Served

DEFINITIONS = "/interaction/v1/eventDefinitions"
EVENTS = "/interaction/v1/events"
OBJECTS = "/data/v1/customobjects"
ROWS = "/hub/v1/dataevents"
CONTACTS = "/contacts/v1/contacts"
ASSETS = "/asset/v1/content/assets"
SAMPLES = Path(__file__).parent.parent / "samples"

SCHEMA = {
    "fields": [
        {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
        {"name": "Points", "dataType": "Number", "isNullable": False},
        {"name": "Name", "dataType": "Text", "maxLength": "5"},
        {"name": "Total", "dataType": "Decimal", "maxLength": "18,2"},
        {"name": "Day", "dataType": "Date"},
        {"name": "Paid", "dataType": "Boolean"},
        {"name": "Mail", "dataType": "EmailAddress"},
        {"name": "Colour", "dataType": "Text", "maxLength": "10", "isNullable": False, "defaultValue": "red"},
    ],
    "sendableCustomObjectField": "ContactKey",
    "sendableSubscriberField": "_SubscriberKey",
}


def definition(key: str = "signup", **more: Any) -> dict[str, Any]:
    """An API event with a schema."""
    return {"type": "APIEvent", "name": f"Event {key}", "eventDefinitionKey": key, "schema": SCHEMA, **more}


def extension(key: str = "orders", **more: Any) -> dict[str, Any]:
    """A data extension whose primary key does not hold the contact key."""
    return {
        "name": f"Extension {key}",
        "key": key,
        "isSendable": True,
        "sendableCustomObjectField": "Who",
        "sendableSubscriberField": "_SubscriberKey",
        "fields": [
            {"name": "Id", "type": "Text", "length": 20, "isPrimaryKey": True, "isNullable": False},
            {"name": "Who", "type": "Text", "length": 50, "isNullable": False},
            {"name": "Total", "type": "Decimal", "length": 18, "scale": 2},
            {"name": "Paid", "type": "Boolean", "defaultValue": "false"},
        ],
        **more,
    }


def sample_events(number: str) -> list[dict[str, Any]]:
    """The event definitions of a sample journey, as a server exported them."""
    (path,) = SAMPLES.glob(f"{number}*.events.json")
    items: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["items"]
    return items


def stranger(server: Served, api: Api) -> Api:
    """A client of another business unit."""
    scopes = ["journeys_read", "list_and_subscribers_read", "list_and_subscribers_write"]
    body = {"name": "other", "accountId": 2, "scopes": [*scopes, "data_extensions_read", "data_extensions_write"]}
    made = api.done("POST", "/waystage/v1/clients", body)
    return server.client(made["clientId"], made["clientSecret"])


def codes(answer: Any) -> list[int]:
    """The error numbers of an aggregate answer."""
    body = answer.json()
    assert (answer.status_code, body["errorcode"]) == (400, 10006), body
    return [item["errorcode"] for item in body["validationErrors"]]
