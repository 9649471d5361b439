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


def few_points(most: int) -> str:
    """Criteria: the event brought less than so many points."""
    return (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Individual Filter Grouping">'
        f'<Condition IsEphemeralAttribute="true" Key="Event.{EVENT}.Points" Operator="LessThan">'
        f"<Value><![CDATA[{most}]]></Value></Condition></ConditionSet></FilterDefinition>"
    )


def split(key: str, criteria: str, few: str, others: str) -> dict[str, Any]:
    """A decision split."""
    return {
        "key": key,
        "type": "MULTICRITERIADECISION",
        "configurationArguments": {"criteria": {"few": criteria}},
        "outcomes": [{"key": "few", "next": few}, {"key": "remainder_path", "next": others}],
    }


def update(key: str, extension: str, following: str) -> dict[str, Any]:
    """Set State in the contact's rows of a data extension."""
    changed = [{"dataExtensionId": extension, "field": "State", "value": "done"}]
    arguments = {"activityData": {"updateContactFields": changed}, "contactKey": "{{Context.ContactKey}}"}
    return {"key": key, "type": "UPDATECONTACTDATA", "arguments": arguments, "outcomes": onward(following)}


def walked(extension: str, service: str = "") -> dict[str, Any]:
    """Mail, a day, a split on the event, two days, an update, mail, an order or five days, mail; and a goal.

    Behind the first mail a service is called, if there is one.
    """
    few = few_points(15)
    return journey(
        WALKED,
        [
            mail("MAIL-1", 501, "CALL" if service else "WAIT-1"),
            *([call("CALL", service, "WAIT-1")] if service else []),
            wait("WAIT-1", 1, "DAYS", "SPLIT"),
            split("SPLIT", few, "MAIL-2", "WAIT-2"),
            mail("MAIL-2", 502, "WAIT-2"),
            wait("WAIT-2", 2, "DAYS", "UPDATE"),
            update("UPDATE", extension, "MAIL-3"),
            mail("MAIL-3", 501, "HEAR"),
            hear("HEAR", "MAIL-4"),
            mail("MAIL-4", 502, None),
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
    return journey(
        HALTED,
        [mail("MAIL-1", 502, "WAIT-1"), wait("WAIT-1", 30, "DAYS", "MAIL-2"), mail("MAIL-2", 501, None)],
    )


def journey(key: str, activities: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A journey that an event starts; `more` are members of its document."""
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


def onward(following: str | None) -> list[dict[str, Any]]:
    """The one way out, to the following activity or to the end."""
    return [{"key": "on", "next": following}] if following else [{"key": "on"}]


def mail(key: str, number: int, following: str | None) -> dict[str, Any]:
    """An e-mail."""
    send = {"emailId": number}
    return {
        "key": key,
        "type": "EMAILV2",
        "configurationArguments": {"triggeredSend": send},
        "outcomes": onward(following),
    }


def call(key: str, service: str, following: str | None) -> dict[str, Any]:
    """A custom activity."""
    endpoint = {"url": f"{service}/ok/publish"}
    execute = {
        "url": f"{service}/ok/execute", "inArguments": [{"points": f"{{{{Event.{EVENT}.Points}}}}"}],
        "retryCount": 5, "retryDelay": 0, "concurrentRequests": 4,
    }  # fmt: skip
    return {
        "key": key, "id": "00000000-0000-4000-8000-00000000ca11", "type": "REST", "outcomes": onward(following),
        "arguments": {"execute": execute}, "configurationArguments": {"publish": endpoint, "stop": endpoint},
    }  # fmt: skip


def wait(key: str, amount: int, unit: str, following: str | None) -> dict[str, Any]:
    """A wait for a duration."""
    return {
        "key": key,
        "type": "WAIT",
        "configurationArguments": {"waitDuration": amount, "waitUnit": unit},
        "outcomes": onward(following),
    }


def hear(key: str, following: str, amount: int = 5, unit: str = "DAYS") -> dict[str, Any]:
    """A wait for the order; whoever gives none leaves."""
    return {
        "key": key,
        "type": "WAITBYEVENT",
        "configurationArguments": {"waitForEventKey": ORDER, "waitDuration": amount, "waitUnit": unit},
        "outcomes": [
            {"key": "heard", "next": following, "arguments": {"when": True}},
            {"key": "silent", "arguments": {"when": False}},
        ],
    }
