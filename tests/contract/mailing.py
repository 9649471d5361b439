"""A business unit that sends e-mail: what tests of messages, the clock and settling post."""

from collections.abc import Mapping
from typing import Any

from tests.contract.event_bodies import ASSETS, DEFINITIONS, EVENTS
from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.served import Api

MESSAGES = "/waystage/v1/messages"
ADVANCE = "/waystage/v1/clock/advance"
SETTLE = "/waystage/v1/engine/settle"
POLLS = 50_000

FIELDS = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "Mail", "dataType": "Text", "maxLength": "100"},
    {"name": "First Name", "dataType": "Text", "maxLength": "100"},
    {"name": "Total", "dataType": "Decimal", "maxLength": "18,2"},
    {"name": "Day", "dataType": "Date"},
    {"name": "Paid", "dataType": "Boolean"},
]


def define_event(api: Api, key: str = "signup") -> None:
    """An API event with an address and some fields."""
    schema = {"fields": FIELDS, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    body = {"type": "APIEvent", "name": key, "eventDefinitionKey": key, "schema": schema}
    api.done("POST", DEFINITIONS, body)


def asset(api: Api, number: int = 7, **views: str) -> dict[str, Any]:
    """An e-mail with this legacyId: subjectline, html, text."""
    body = {
        "name": f"Mail {number}",
        "assetType": {"id": 208},
        "legacyData": {"legacyId": number},
        "views": {name: {"content": content} for name, content in views.items()},
    }
    made: dict[str, Any] = api.done("POST", ASSETS, body)
    return made


def mail(key: str, following: str | None = None, **send: Any) -> dict[str, Any]:
    """An e-mail activity; `send` is its triggeredSend."""
    outcome = {"key": "on"} | ({"next": following} if following else {})
    arguments = {"triggeredSend": send or {"emailId": 7}}
    return {"key": key, "name": key, "type": "EMAILV2", "configurationArguments": arguments, "outcomes": [outcome]}


def wait(key: str, following: str | None = None, amount: int = 1, unit: str = "DAYS") -> dict[str, Any]:
    """A wait by duration."""
    outcome = {"key": "on"} | ({"next": following} if following else {})
    arguments = {"waitDuration": amount, "waitUnit": unit}
    return {"key": key, "name": key, "type": "WAIT", "configurationArguments": arguments, "outcomes": [outcome]}


def publish(
    api: Api, activities: list[dict[str, Any]], key: str = "welcome", event: str = "signup", **more: Any
) -> Any:
    """Create and publish a journey; returns the finished job."""
    given = {
        "entryMode": "MultipleEntries",
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": event}}],
        "defaults": {"email": [f"{{{{Event.{event}.Mail}}}}"]},
        **more,
    }
    made = api.done("POST", INTERACTIONS, minimal(key, activities=activities, **given))
    job = api.done("POST", f"{INTERACTIONS}/publishAsync/{made['id']}?versionNumber={made['version']}")
    for _ in range(POLLS):
        result = api.done("GET", job["statusUrl"])
        if result["status"] != "PublishInProcess":
            assert result["status"] == "PublishCompleted", result
            return result
    raise AssertionError(f"no end after {POLLS} polls")


def fire(api: Api, contact: str, event: str = "signup", **data: Any) -> None:
    """Post an event; the address follows from the key unless given."""
    given = {"Mail": f"{contact}@example.com", **data}
    api.done("POST", EVENTS, {"ContactKey": contact, "EventDefinitionKey": event, "Data": given})


def settle(api: Api) -> Any:
    """Wait until nothing is runnable."""
    return api.done("POST", SETTLE, {})


def messages(api: Api, **query: Any) -> list[dict[str, Any]]:
    """The first page of messages, newest first."""
    params: Mapping[str, Any] = {name.replace("page", "$page"): value for name, value in query.items()}
    found: list[dict[str, Any]] = api.done("GET", MESSAGES, params=params)["items"]
    return found
