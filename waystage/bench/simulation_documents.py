"""What the simulation's benchmark runs: a year of fifteen activities, with a loop, own due dates, engagement."""

from __future__ import annotations

from typing import Any

EVENT, AWAITED = "bench-renewal", "bench-order"
#: Shares of the messages that are opened and clicked.
ENGAGEMENT = {"open": 0.4, "click": 0.15, "bounce": 0.01}
_DATES = ("Birthday", "Renewal", "Anniversary", "Review")


def event_definition(key: str = EVENT) -> dict[str, Any]:
    """An event with its own schema."""
    texts = [{"name": name, "dataType": "Text", "maxLength": 40, "isNullable": True} for name in ("Tier", "FirstName")]
    dates = [{"name": name, "dataType": "Date", "isNullable": True} for name in _DATES]
    return {
        "type": "APIEvent",
        "name": key,
        "eventDefinitionKey": key,
        "schema": {
            "sendableCustomObjectField": "ContactKey",
            "sendableSubscriberField": "_SubscriberKey",
            "fields": [
                {"name": "ContactKey", "dataType": "Text", "maxLength": 60, "isNullable": False, "isPrimaryKey": True},
                {"name": "EmailAddress", "dataType": "EmailAddress", "maxLength": 254, "isNullable": True},
                {"name": "Score", "dataType": "Number", "isNullable": True},
                *texts,
                *dates,
            ],
        },
    }


def journey() -> dict[str, Any]:
    """Four waits until a date of one's own, three for days, a loop around a wait for an event, splits, e-mails."""
    return {
        "key": "bench-renewal",
        "name": "Renewal",
        "workflowApiVersion": 1.0,
        "entryMode": "OnceAndDone",
        "defaults": {"email": [f"{{{{Event.{EVENT}.EmailAddress}}}}"]},
        "triggers": [
            {
                "key": "TRIGGER",
                "name": "TRIGGER",
                "type": "APIEvent",
                "metaData": {"eventDefinitionKey": EVENT},
                "configurationArguments": {},
            }
        ],
        "activities": [
            _email("WELCOME", "WAIT-WEEK"),
            _activity("WAIT-WEEK", "WAIT", [("on", "SPLIT")], {"waitDuration": 7, "waitUnit": "DAYS"}),
            _activity(
                "SPLIT",
                "MULTICRITERIADECISION",
                [("gold", "WAIT-BIRTHDAY"), ("remainder_path", "RANDOM")],
                {"criteria": {"gold": _criteria("Tier", "Equal", "gold")}},
            ),
            _activity(
                "RANDOM",
                "RANDOMSPLIT",
                [("a", "WAIT-BIRTHDAY", {"percentage": 50}), ("b", "WAIT-REVIEW", {"percentage": 50})],
                {},
            ),
            _until("WAIT-BIRTHDAY", "Birthday", "BIRTHDAY"),
            _email("BIRTHDAY", "WAIT-DAYS"),
            _activity("WAIT-DAYS", "WAIT", [("on", "ENGAGED")], {"waitDuration": 3, "waitUnit": "DAYS"}),
            _activity(
                "ENGAGED",
                "ENGAGEMENTDECISION",
                [("yes", "WAIT-REVIEW", {"when": True}), ("no", "REMINDER", {"when": False})],
                {"refActivityCustomerKey": "BIRTHDAY", "statsTypeId": 2},
            ),
            _email("REMINDER", "WAIT-REVIEW"),
            _until("WAIT-REVIEW", "Review", "REVIEW"),
            _email("REVIEW", "WAIT-ANNIVERSARY"),
            _until("WAIT-ANNIVERSARY", "Anniversary", "MONTHLY"),
            _activity(
                "MONTHLY",
                "WAITBYEVENT",
                [("came", None, {"when": True}), ("silent", "NUDGE", {"when": False})],
                {"waitDuration": 30, "waitUnit": "DAYS", "waitForEventKey": AWAITED},
            ),
            _email("NUDGE", "MORE"),
            _activity(
                "MORE",
                "RANDOMSPLIT",
                [("again", "MONTHLY", {"percentage": 70}), ("enough", "WAIT-RENEWAL", {"percentage": 30})],
                {},
            ),
            _until("WAIT-RENEWAL", "Renewal", "RENEWAL"),
            _email("RENEWAL", None),
        ],
    }


def _activity(key: str, type_: str, ways: list[tuple[Any, ...]], configuration: dict[str, Any]) -> dict[str, Any]:
    outcomes = [
        {"key": way[0], **({"next": way[1]} if way[1] else {}), **({"arguments": way[2]} if len(way) > 2 else {})}
        for way in ways
    ]
    return {"key": key, "name": key, "type": type_, "outcomes": outcomes, "configurationArguments": configuration}


def _email(key: str, following: str | None) -> dict[str, Any]:
    settings = {"triggeredSend": {"emailSubject": f"{key} for %%FirstName%%"}}
    return _activity(key, "EMAILV2", [("sent", following)], settings)


def _until(key: str, field: str, following: str) -> dict[str, Any]:
    return _activity(
        key, "WAIT", [("on", following)], {"waitEndDateAttributeExpression": f"{{{{Event.{EVENT}.{field}}}}}"}
    )


def _criteria(field: str, operator: str, operand: str) -> str:
    return (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Individual Filter Grouping">'
        f'<Condition IsEphemeralAttribute="true" Key="Event.{EVENT}.{field}" Operator="{operator}">'
        f"<Value><![CDATA[{operand}]]></Value></Condition></ConditionSet></FilterDefinition>"
    )
