"""What the crash tests post: two e-mails, an event, a journey that is walked to its end and one that is stopped."""

from typing import Any

EVENT = "signup"
#: What the last wait of the walked journey listens for.
ORDER = "order"
WALKED, HALTED = "walked", "halted"


def assets() -> list[dict[str, Any]]:
    """Two e-mails."""
    return [
        {
            "name": f"Mail {number}",
            "customerKey": f"mail-{number}",
            "assetType": {"id": 208, "name": "htmlemail"},
            "legacyData": {"legacyId": number},
            "views": {
                "subjectline": {"content": f"Mail {number} for %%FirstName%%"},
                "html": {"content": f"<p>Mail {number}: %%FirstName%% has %%Points%%</p>"},
                "text": {"content": f"Mail {number}: %%FirstName%% has %%Points%%"},
            },
        }
        for number in (501, 502)
    ]


def event_definition() -> dict[str, Any]:
    """An API event with a schema."""
    return {
        "type": "APIEvent",
        "name": "Signup",
        "eventDefinitionKey": EVENT,
        "schema": {
            "fields": [
                {
                    "name": "ContactKey",
                    "dataType": "Text",
                    "maxLength": "50",
                    "isPrimaryKey": True,
                    "isNullable": False,
                },
                {"name": "Mail", "dataType": "EmailAddress", "isNullable": False},
                {"name": "FirstName", "dataType": "Text", "maxLength": "40"},
                {"name": "Points", "dataType": "Number", "isNullable": False},
                {"name": "State", "dataType": "Text", "maxLength": "10"},
            ],
            "sendableCustomObjectField": "ContactKey",
            "sendableSubscriberField": "_SubscriberKey",
        },
    }


def order_definition() -> dict[str, Any]:
    """The event that is waited for."""
    key = event_definition()["schema"]["fields"][0]
    schema = {**event_definition()["schema"], "fields": [key, {"name": "Total", "dataType": "Number"}]}
    return {"type": "APIEvent", "name": "Order", "eventDefinitionKey": ORDER, "schema": schema}


def order(contact: str) -> dict[str, Any]:
    """The order of one contact."""
    return {"ContactKey": contact, "EventDefinitionKey": ORDER, "Data": {"Total": 1}}


def event(contact: str) -> dict[str, Any]:
    """The event of one contact; its data follows from the key."""
    points = int(contact.rpartition("-")[2])
    data = {"Mail": f"{contact}@example.com", "FirstName": f"Name {contact}", "Points": points}
    return {"ContactKey": contact, "EventDefinitionKey": EVENT, "Data": data}


def walked(extension: str, service: str = "") -> dict[str, Any]:
    """Mail, a day, a split on the event, two days, an update, mail, an order or five days, mail; and a goal.

    Behind the first mail a service is called, if there is one.
    """
    few = (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Individual Filter Grouping">'
        f'<Condition IsEphemeralAttribute="true" Key="Event.{EVENT}.Points" Operator="LessThan">'
        "<Value><![CDATA[15]]></Value></Condition></ConditionSet></FilterDefinition>"
    )
    split = {
        "key": "SPLIT",
        "type": "MULTICRITERIADECISION",
        "configurationArguments": {"criteria": {"few": few}},
        "outcomes": [{"key": "few", "next": "MAIL-2"}, {"key": "remainder_path", "next": "WAIT-2"}],
    }
    update = {
        "key": "UPDATE",
        "type": "UPDATECONTACTDATA",
        "arguments": {
            "activityData": {
                "updateContactFields": [{"dataExtensionId": extension, "field": "State", "value": "done"}]
            },
            "contactKey": "{{Context.ContactKey}}",
        },
        "outcomes": [{"key": "on", "next": "MAIL-3"}],
    }
    return _journey(
        WALKED,
        [
            _mail("MAIL-1", 501, "CALL" if service else "WAIT-1"),
            *([_call("CALL", service, "WAIT-1")] if service else []),
            _wait("WAIT-1", 1, "DAYS", "SPLIT"),
            split,
            _mail("MAIL-2", 502, "WAIT-2"),
            _wait("WAIT-2", 2, "DAYS", "UPDATE"),
            update,
            _mail("MAIL-3", 501, "HEAR"),
            _hear("HEAR", "MAIL-4"),
            _mail("MAIL-4", 502, None),
        ],
        goals=[
            {
                "key": "GOAL",
                "name": "Goal",
                "type": "ContactEvent",
                "configurationArguments": {"criteria": few},
                "metaData": {"conversionValue": "10", "conversionUnit": "percentage", "isExitCriteria": False},
            }
        ],
    )


def halted() -> dict[str, Any]:
    """A mail and a month, which nobody sees the end of."""
    return _journey(
        HALTED,
        [_mail("MAIL-1", 502, "WAIT-1"), _wait("WAIT-1", 30, "DAYS", "MAIL-2"), _mail("MAIL-2", 501, None)],
    )


def _journey(key: str, activities: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "name": f"Journey {key}",
        "workflowApiVersion": 1.0,
        "entryMode": "OnceAndDone",
        "definitionType": "Multistep",
        "defaults": {"email": [f'{{{{Event.{EVENT}."Mail"}}}}']},
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": EVENT}}],
        "activities": [{"name": one["key"], **one} for one in activities],
        **more,
    }


def _onward(following: str | None) -> list[dict[str, Any]]:
    return [{"key": "on", "next": following}] if following else [{"key": "on"}]


def _mail(key: str, number: int, following: str | None) -> dict[str, Any]:
    send = {"emailId": number}
    return {
        "key": key,
        "type": "EMAILV2",
        "configurationArguments": {"triggeredSend": send},
        "outcomes": _onward(following),
    }


def _call(key: str, service: str, following: str | None) -> dict[str, Any]:
    endpoint = {"url": f"{service}/ok/publish"}
    execute = {
        "url": f"{service}/ok/execute", "inArguments": [{"points": f"{{{{Event.{EVENT}.Points}}}}"}],
        "retryCount": 5, "retryDelay": 0, "concurrentRequests": 4,
    }  # fmt: skip
    return {
        "key": key, "id": "00000000-0000-4000-8000-00000000ca11", "type": "REST", "outcomes": _onward(following),
        "arguments": {"execute": execute}, "configurationArguments": {"publish": endpoint, "stop": endpoint},
    }  # fmt: skip


def _wait(key: str, amount: int, unit: str, following: str | None) -> dict[str, Any]:
    return {
        "key": key,
        "type": "WAIT",
        "configurationArguments": {"waitDuration": amount, "waitUnit": unit},
        "outcomes": _onward(following),
    }


def _hear(key: str, following: str) -> dict[str, Any]:
    return {
        "key": key,
        "type": "WAITBYEVENT",
        "configurationArguments": {"waitForEventKey": ORDER, "waitDuration": 5, "waitUnit": "DAYS"},
        "outcomes": [
            {"key": "heard", "next": following, "arguments": {"when": True}},
            {"key": "silent", "arguments": {"when": False}},
        ],
    }
