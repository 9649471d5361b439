"""What the benchmark posts: a data extension, an event definition, two e-mails and the journey of five activities."""

from __future__ import annotations

from typing import Any

KEY = "bench"
EVENT = "bench-event"
#: ms that everybody waits.
DAY = 86_400_000
#: Entry, wait, split, e-mail, exit.
STEPS = 5
_TIERS = ("gold", "silver", "bronze")
_NAMES = ("Ann", "Bob", "Cid", "Dora", "Emil", "Fay", "Gus")


def contact_key(number: int) -> str:
    """The key of the contact with this number."""
    return f"contact-{number:08}"


def score(number: int) -> int:
    """What the split looks at first."""
    return number * 37 % 101


def tier(number: int) -> str:
    """What the split looks at second."""
    return _TIERS[number % 3]


def chosen(contacts: int) -> int:
    """How many of the contacts 0 … n-1 take the first path of the split."""
    return sum(1 for number in range(contacts) if score(number) > 50 and tier(number) == "gold")


def event_data(number: int) -> dict[str, Any]:
    """The data of one event as a client sends it, about 150 bytes."""
    key = contact_key(number)
    return {
        "ContactKey": key,
        "EmailAddress": f"{key}@example.com",
        "FirstName": _NAMES[number % 7],
        "Score": score(number),
        "Tier": tier(number),
        "Campaign": "spring-2026",
    }


def event_text(number: int) -> str:
    """The same as stored JSON, fast enough to make a million; a run checks it against the product's own conversion."""
    key = contact_key(number)
    return (
        f'{{"ContactKey":"{key}","EmailAddress":"{key}@example.com","FirstName":"{_NAMES[number % 7]}",'
        f'"Score":{score(number)},"Tier":"{tier(number)}","Campaign":"spring-2026"}}'
    )


def data_extension() -> dict[str, Any]:
    """Body of POST customobjects."""
    texts = [{"name": name, "type": "Text", "length": 60} for name in ("FirstName", "Tier", "Campaign")]
    return {
        "name": "Benchmark",
        "key": KEY,
        "isSendable": True,
        "sendableCustomObjectField": "ContactKey",
        "sendableSubscriberField": "_SubscriberKey",
        "fields": [
            {"name": "ContactKey", "type": "Text", "length": 60, "isPrimaryKey": True, "isNullable": False},
            {"name": "EmailAddress", "type": "EmailAddress", "length": 254},
            {"name": "Score", "type": "Number"},
            *texts,
        ],
    }


def event_definition(data_extension_id: str) -> dict[str, Any]:
    """Body of POST eventDefinitions."""
    return {
        "type": "APIEvent",
        "name": "Benchmark event",
        "eventDefinitionKey": EVENT,
        "dataExtensionId": data_extension_id,
    }


def email(legacy_id: int) -> dict[str, Any]:
    """Body of POST assets: one personal field in subject and body."""
    return {
        "name": f"Benchmark e-mail {legacy_id}",
        "assetType": {"id": 208, "name": "htmlemail"},
        "legacyData": {"legacyId": legacy_id},
        "views": {
            "subjectline": {"content": f"Offer {legacy_id} for %%FirstName%%"},
            "html": {"content": f"<p>Dear %%FirstName%%, this is offer {legacy_id}.</p>"},
            "text": {"content": f"Dear %%FirstName%%, this is offer {legacy_id}."},
        },
    }


def journey(mode: str) -> dict[str, Any]:
    """Body of POST interactions: wait, split by entry data, one of two e-mails; `mode` is the entry mode."""
    return {
        "key": KEY,
        "name": "Benchmark journey",
        "workflowApiVersion": 1.0,
        "entryMode": mode,
        "triggers": [
            {
                "key": "TRIGGER",
                "name": "TRIGGER",
                "type": "APIEvent",
                "metaData": {"eventDefinitionKey": EVENT},
                "configurationArguments": {},
            }
        ],
        "defaults": {"email": [f'{{{{Event.{EVENT}."EmailAddress"}}}}']},
        "activities": [
            _activity("WAIT-1", "WAIT", [("on", "SPLIT-1")], {"waitDuration": 1, "waitUnit": "DAYS"}),
            _activity(
                "SPLIT-1",
                "MULTICRITERIADECISION",
                [("gold", "EMAIL-1"), ("remainder_path", "EMAIL-2")],
                {"criteria": {"gold": _criteria()}},
            ),
            _activity("EMAIL-1", "EMAILV2", [("sent", None)], {"triggeredSend": {"emailId": 1}}),
            _activity("EMAIL-2", "EMAILV2", [("sent", None)], {"triggeredSend": {"emailId": 2}}),
        ],
    }


def _activity(
    key: str, type_: str, outcomes: list[tuple[str, str | None]], configuration: dict[str, Any]
) -> dict[str, Any]:
    return {
        "key": key,
        "name": key,
        "type": type_,
        "outcomes": [{"key": name, **({"next": next_} if next_ else {})} for name, next_ in outcomes],
        "configurationArguments": configuration,
    }


def _criteria() -> str:
    def condition(field: str, operator: str, operand: str) -> str:
        return (
            f'<Condition IsEphemeralAttribute="true" Key="Event.{EVENT}.{field}" Operator="{operator}">'
            f"<Value><![CDATA[{operand}]]></Value></Condition>"
        )

    return (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Individual Filter Grouping">'
        f"{condition('Score', 'GreaterThan', '50')}{condition('Tier', 'Equal', 'gold')}"
        "</ConditionSet></FilterDefinition>"
    )
