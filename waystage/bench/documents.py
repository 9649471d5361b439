"""What the benchmark posts: a data extension, an event definition, two e-mails and the journey of five activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waystage.spec.moments import wire_date

KEY = "bench"
EVENT = "bench-event"
#: ms that everybody waits.
DAY = 86_400_000
#: Entry, wait, split, e-mail, exit.
STEPS = 5
_TIERS = ("gold", "silver", "bronze")
_NAMES = ("Ann", "Bob", "Cid", "Dora", "Emil", "Fay", "Gus")


#: 2026-01-01, when journeys of the benchmark begin, and how many days later everybody's own date has passed, in ms.
START, MONTH = 1_767_225_600_000, 31 * DAY


@dataclass(frozen=True, slots=True)
class Flavour:
    """One way to run the journey, by its entry mode.

    `rules`: with an entry filter, a goal and exit criteria, none of which changes who goes where. `scattered`: each
    waits until a date of its own, unrelated to the order in which they came. `least` is what the gate asks for,
    `stretch` what is aimed at. `service`: behind the wait lies a custom activity at this address instead of the split
    and its e-mails.
    """

    name: str
    mode: str
    rules: bool = False
    scattered: bool = False
    least: float = 0.5
    stretch: float = 0.75
    service: str = ""


PLAIN = Flavour("MultipleEntries", "MultipleEntries")
#: What is measured: without and with a look at who has been inside, with rules, and with random due times.
FLAVOURS = {
    one.name: one
    for one in (
        PLAIN,
        Flavour("OnceAndDone", "OnceAndDone"),
        Flavour("OnceAndDone with filter, goal and exit", "OnceAndDone", rules=True),
        Flavour("random due times", "MultipleEntries", scattered=True, least=0.2, stretch=0.5),
    )
}


def visit(number: int) -> int:
    """The date of a contact's own: any second of the thirty days from START, in ms."""
    return START + number * 2_654_435_761 % (30 * 86_400) * 1_000


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
        "Visit": wire_date(visit(number), 0),
    }


def posted_text(number: int) -> str:
    """The data of one event as JSON without the date, fast enough to make a million; typed as it is stored."""
    key = contact_key(number)
    return (
        f'{{"ContactKey":"{key}","EmailAddress":"{key}@example.com","FirstName":"{_NAMES[number % 7]}",'
        f'"Score":{score(number)},"Tier":"{tier(number)}","Campaign":"spring-2026"}}'
    )


def event_text(number: int) -> str:
    """The same with the date, as stored JSON; a run checks it against the product's own conversion."""
    return f'{posted_text(number)[:-1]},"Visit":{visit(number)}}}'


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
            {"name": "Visit", "type": "Date"},
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


def journey(flavour: Flavour) -> dict[str, Any]:
    """Body of POST interactions: wait, split by entry data, one of two e-mails."""
    wait = {"waitDuration": 1, "waitUnit": "DAYS"}
    if flavour.scattered:
        wait = {"waitEndDateAttributeExpression": f"{{{{Event.{EVENT}.Visit}}}}"}
    entry = {"criteria": _filter(_condition("Campaign", "Equal", "spring-2026"))} if flavour.rules else {}
    return {
        "key": KEY,
        "name": "Benchmark journey",
        "workflowApiVersion": 1.0,
        "entryMode": flavour.mode,
        "goals": [_departure("Benchmark.Tier", "Equal", "platinum")] if flavour.rules else [],
        "exits": [_departure(f"Event.{EVENT}.Score", "GreaterThan", "1000")] if flavour.rules else [],
        "triggers": [
            {
                "key": "TRIGGER",
                "name": "TRIGGER",
                "type": "APIEvent",
                "metaData": {"eventDefinitionKey": EVENT},
                "configurationArguments": entry,
            }
        ],
        "defaults": {"email": [f'{{{{Event.{EVENT}."EmailAddress"}}}}']},
        "activities": _calling(wait, flavour.service) if flavour.service else _splitting(wait),
    }


def _splitting(wait: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _activity("WAIT-1", "WAIT", [("on", "SPLIT-1")], wait),
        _activity(
            "SPLIT-1",
            "MULTICRITERIADECISION",
            [("gold", "EMAIL-1"), ("remainder_path", "EMAIL-2")],
            {"criteria": {"gold": _criteria()}},
        ),
        _activity("EMAIL-1", "EMAILV2", [("sent", None)], {"triggeredSend": {"emailId": 1}}),
        _activity("EMAIL-2", "EMAILV2", [("sent", None)], {"triggeredSend": {"emailId": 2}}),
    ]


def _calling(wait: dict[str, Any], service: str) -> list[dict[str, Any]]:
    asked = [{"contactKey": "{{Contact.Key}}"}, {"email": "{{InteractionDefaults.Email}}"}]
    execute = {
        "url": f"{service}/execute", "inArguments": asked, "outArguments": [{"code": ""}], "concurrentRequests": 50,
    }  # fmt: skip
    call = _activity("CALL-1", "REST", [("on", None)], {"publish": {"url": f"{service}/publish"}})
    return [_activity("WAIT-1", "WAIT", [("on", "CALL-1")], wait), {**call, "arguments": {"execute": execute}}]


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
    return _filter(_condition("Score", "GreaterThan", "50") + _condition("Tier", "Equal", "gold"))


def _filter(conditions: str) -> str:
    return (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Individual Filter Grouping">'
        f"{conditions}</ConditionSet></FilterDefinition>"
    )


def _condition(field: str, operator: str, operand: str) -> str:
    return _keyed(f"Event.{EVENT}.{field}", operator, operand)


def _keyed(key: str, operator: str, operand: str) -> str:
    ephemeral = ' IsEphemeralAttribute="true"' if key.startswith("Event.") else ""
    return f'<Condition{ephemeral} Key="{key}" Operator="{operator}"><Value><![CDATA[{operand}]]></Value></Condition>'


def _departure(key: str, operator: str, operand: str) -> dict[str, Any]:
    """A goal that ends the journey, or exit criteria."""
    return {
        "key": "DEPARTURE",
        "name": "Departure",
        "type": "ContactEvent",
        "configurationArguments": {"criteria": _filter(_keyed(key, operator, operand))},
        "metaData": {"isExitCriteria": True},
    }
