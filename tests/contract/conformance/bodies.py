"""Addresses and bodies that the cases send; `<…>` and `...` are filled in by the stage."""

from typing import Any

J = "/interaction/v1"
I = f"{J}/interactions"  # noqa: E741 (the prefix of half the cases, as in the route table)
E = f"{J}/eventDefinitions"
EVENTS = f"{J}/events"
BATCH = f"{J}/async/events"
HISTORY = f"{I}/journeyhistory"
ASSETS = "/asset/v1/content/assets"
OBJECTS = "/data/v1/customobjects"
ROWS = "/hub/v1/dataevents"
ASYNC = "/data/v1/async"
CONTACTS = "/contacts/v1/contacts"

NOBODY = "00000000-0000-4000-8000-000000000000"
FIELDS: list[dict[str, Any]] = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "Points", "dataType": "Number", "isNullable": False},
    {"name": "Name", "dataType": "Text", "maxLength": "5"},
    {"name": "Day", "dataType": "Date"},
    {"name": "Mail", "dataType": "EmailAddress"},
]
SCHEMA = {"fields": FIELDS, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
WAIT = {
    "key": "WAIT-1",
    "name": "A week",
    "type": "WAIT",
    "configurationArguments": {"waitDuration": 7, "waitUnit": "DAYS"},
    "outcomes": [{"key": "on"}],
}


def journey(**more: Any) -> dict[str, Any]:
    """The least that a POST needs, under a key that nothing has."""
    return {"key": "<fresh>", "name": "Journey <fresh>", "workflowApiVersion": 1.0, **more}


def running(**more: Any) -> dict[str, Any]:
    """A journey that can be published: the event of the stage starts it, then a wait of a week."""
    trigger = {"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "<event.eventDefinitionKey>"}}
    return journey(entryMode="MultipleEntries", triggers=[trigger], activities=[WAIT], **more)


def update(what: str = "draft", /, **more: Any) -> dict[str, Any]:
    """The body of an update that changes nothing but what is given."""
    names = ("key", "name", "workflowApiVersion", "version", "modifiedDate")
    return {each: f"<{what}.{each}>" for each in names} | more


def event(**more: Any) -> dict[str, Any]:
    """An API event with a schema."""
    return {"type": "APIEvent", "name": "Event <fresh>", "eventDefinitionKey": "<fresh>", "schema": SCHEMA, **more}


def fired(contact: str = "ann", **data: Any) -> dict[str, Any]:
    """An event of the stage for one contact."""
    given = {"Points": 1, **data}
    return {"ContactKey": contact, "EventDefinitionKey": "<event.eventDefinitionKey>", "Data": given}


def member(contact: Any = "ann", **data: Any) -> dict[str, Any]:
    """A member of a batch of events."""
    return {"contactKey": contact, "data": {"Points": 1, **data}}


def extension(**more: Any) -> dict[str, Any]:
    """A data extension."""
    fields = [
        {"name": "Id", "type": "Text", "length": 20, "isPrimaryKey": True, "isNullable": False},
        {"name": "Who", "type": "Text", "length": 50, "isNullable": False},
        {"name": "Points", "type": "Number"},
    ]
    return {"name": "Extension <fresh>", "key": "<fresh>", "fields": fields, **more}


def transactional(**more: Any) -> dict[str, Any]:
    """A transactional journey that can be activated."""
    sending = {"definitionKey": "<fresh>", "dataExtensionId": "<sendable.id>"}
    message = {
        "key": "EMAIL",
        "name": "Receipt",
        "type": "EMAILV2",
        "configurationArguments": {"triggeredSend": {"emailId": "<mail.legacyData.legacyId>"}},
        "metaData": {"highThroughput": sending},
        "outcomes": [{"key": "on"}],
    }
    given = {
        "definitionType": "Transactional",
        "channel": "email",
        "triggers": [{"key": "TRIGGER", "type": "transactional-api", "metaData": {"category": "Transactional"}}],
        "defaults": {"email": ["{{Event.<fresh>.Mail}}"]},
        "activities": [message],
    }
    return journey(**given | more)
