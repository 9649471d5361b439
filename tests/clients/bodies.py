"""What the clients create on the server: a journey that waits and writes, and one that asks the sample service."""

from typing import Any

#: What an event brings along.
DATA = {"EmailAddress": "ada@example.com", "FirstName": "Ada"}
#: What the sample service answers to its split: the item was looked at, or not.
WAYS = ("viewed_item", "no_activity")


def definition(key: str) -> dict[str, Any]:
    """An API event whose data extension is made from its schema."""
    fields = [
        {"name": "ContactKey", "dataType": "Text", "maxLength": "64", "isPrimaryKey": True, "isNullable": False},
        {"name": "EmailAddress", "dataType": "EmailAddress", "maxLength": "254", "isNullable": False},
        {"name": "FirstName", "dataType": "Text", "maxLength": "50", "isNullable": True},
    ]
    return {
        "type": "APIEvent",
        "name": f"Event {key}",
        "description": "",
        "mode": "Production",
        "eventDefinitionKey": key,
        "iconUrl": "/images/icon_journeyBuilder-event-api-blue.svg",
        "isVisibleInPicker": False,
        "category": "Event",
        "arguments": {"serializedObjectType": 3, "criteria": ""},
        "schema": {
            "name": f"Rows of {key}",
            "fields": fields,
            "sendableCustomObjectField": "ContactKey",
            "sendableSubscriberField": "_SubscriberKey",
        },
    }


def journey(key: str, event_key: str) -> dict[str, Any]:
    """A day's wait, then an e-mail; in the order of their keys, to which mcdev sorts them."""
    activities = [
        {
            "key": "DAY",
            "name": "A day",
            "type": "WAIT",
            "outcomes": [{"key": "over", "next": "MAIL"}],
            "configurationArguments": {"waitDuration": 1, "waitUnit": "DAYS"},
            "metaData": {"isConfigured": True},
        },
        {
            "key": "MAIL",
            "name": "Welcome",
            "type": "EMAILV2",
            "outcomes": [{"key": "sent"}],
            "configurationArguments": {"triggeredSend": {"emailId": 0, "emailSubject": "Welcome, %%FirstName%%"}},
            "metaData": {"isConfigured": True},
        },
    ]
    return _journey(key, event_key, activities)


def custom_journey(key: str, event_key: str, service: str) -> dict[str, Any]:
    """A discount code for everybody; a day later those who looked at the item go another way."""
    wait = {
        "key": "WAIT",
        "type": "WAIT",
        "outcomes": [{"key": "over", "next": "SPLIT"}],
        "configurationArguments": {"waitDuration": 1, "waitUnit": "DAYS"},
    }
    mails = [
        {
            "key": f"MAIL-{word}",
            "type": "EMAILV2",
            "outcomes": [{"key": "sent"}],
            "configurationArguments": {"triggeredSend": {"emailId": 0, "emailSubject": f"You: {word}"}},
        }
        for word in WAYS
    ]
    return _journey(key, event_key, [_code(event_key, service), wait, _split(service), *mails])


def _code(event_key: str, service: str) -> dict[str, Any]:
    module = f"{service}/modules/discount-code"
    return {
        "key": "REST-1",
        "name": "Discount code",
        "type": "REST",
        "outcomes": [{"key": "on", "next": "WAIT"}],
        "arguments": {
            "execute": {
                "inArguments": [
                    {"discount": 15},
                    {"emailAddress": "{{InteractionDefaults.Email}}"},
                    {"firstName": f"{{{{Event.{event_key}.FirstName}}}}"},
                ],
                "outArguments": [{"discount": ""}, {"discountCode": ""}],
                "url": f"{module}/execute",
                "timeout": 10000,
                "retryCount": 3,
                "retryDelay": 1000,
                "concurrentRequests": 5,
            }
        },
        "configurationArguments": _life_cycle(module),
    }


def _split(service: str) -> dict[str, Any]:
    module = f"{service}/modules/discount-redemption-split"
    code = "{{Interaction.REST-1.discountCode}}"
    return {
        "key": "SPLIT",
        "name": "Redeemed?",
        "type": "RESTDECISION",
        "outcomes": [{"key": word, "next": f"MAIL-{word}", "arguments": {"branchResult": word}} for word in WAYS],
        "arguments": {"execute": {"inArguments": [{"discountCode": code}], "url": f"{module}/execute"}},
        "configurationArguments": _life_cycle(module),
    }


def _life_cycle(module: str) -> dict[str, Any]:
    return {word: {"url": f"{module}/{word}"} for word in ("save", "publish", "validate", "stop")}


def _journey(key: str, event_key: str, activities: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": key,
        "name": f"Journey {key}",
        "description": "",
        "workflowApiVersion": 1.0,
        "definitionType": "Multistep",
        "entryMode": "MultipleEntries",
        "channel": "",
        "defaults": {"email": [f'{{{{Event.{event_key}."EmailAddress"}}}}'], "properties": {}},
        "metaData": {},
        "goals": [],
        "exits": [],
        "notifiers": [],
        "triggers": [
            {
                "key": "TRIGGER",
                "name": "TRIGGER",
                "description": "",
                "type": "APIEvent",
                "outcomes": [],
                "arguments": {},
                "configurationArguments": {},
                "metaData": {"eventDefinitionKey": event_key},
            }
        ],
        "activities": activities,
    }
