"""The sample journeys as they were exported, and what else a business unit needs for them to be published."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "samples"
SPLIT_EVENT = "spring-campaign"


def _read(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def sample(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(journey, event definitions) of a sample, untouched."""
    return _read(f"{name}.journey.json"), _read(f"{name}.events.json")["items"]


def welcome() -> tuple[dict[str, Any], dict[str, Any]]:
    """(journey, event definition) of the welcome series, untouched."""
    return _read("01-welcome-series.journey.json"), _read("01-welcome-series.events.json")["items"][0]


def split() -> tuple[dict[str, Any], dict[str, Any]]:
    """(journey, event definition) of the 45/45/10 split, fed by an API event in place of an audience."""
    journey = _read("03-random-split-ab.journey.json")
    trigger = journey["triggers"][0]
    trigger["type"] = "APIEvent"
    trigger["metaData"] = {"eventDefinitionKey": SPLIT_EVENT}
    journey["defaults"]["email"] = [f'{{{{Event.{SPLIT_EVENT}."Email"}}}}']
    definition = {
        "type": "APIEvent",
        "name": "Spring campaign",
        "eventDefinitionKey": SPLIT_EVENT,
        "schema": {
            "fields": [
                {
                    "name": "ContactKey",
                    "dataType": "Text",
                    "maxLength": "50",
                    "isPrimaryKey": True,
                    "isNullable": False,
                },
                {"name": "Email", "dataType": "EmailAddress", "isNullable": False},
            ],
            "sendableCustomObjectField": "ContactKey",
            "sendableSubscriberField": "_SubscriberKey",
        },
    }
    return journey, definition


def updated_extension(journey: dict[str, Any], name: str, field_type: str) -> dict[str, Any]:
    """The data extension that the journey's UPDATECONTACTDATA names by its GUIDs; the field is called Value."""
    (activity,) = [one for one in journey["activities"] if one["type"] == "UPDATECONTACTDATA"]
    (change,) = activity["arguments"]["activityData"]["updateContactFields"]
    return {
        "id": change["dataExtensionId"],
        "name": name,
        "isSendable": True,
        "sendableCustomObjectField": "ContactKey",
        "sendableSubscriberField": "_SubscriberKey",
        "fields": [
            {"name": "ContactKey", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
            {"name": "Value", "type": field_type, "id": change["field"]},
        ],
    }


def emails(journey: dict[str, Any]) -> list[dict[str, Any]]:
    """An e-mail for each that the journey sends, by its number."""
    sends = [
        one["configurationArguments"]["triggeredSend"] for one in journey["activities"] if one["type"] == "EMAILV2"
    ]
    return [
        {
            "name": send["name"],
            "assetType": {"id": 208},
            "legacyData": {"legacyId": send["emailId"]},
            "views": {
                "subjectline": {"content": send["emailSubject"]},
                "html": {"content": f"<p>{send['name']}: %%EmailAddress%%</p>"},
                "text": {"content": f"{send['name']}: %%EmailAddress%%"},
            },
        }
        for send in sends
    ]


def replaced(value: Any, old: str, new: str) -> Any:
    """A JSON value with a piece of text replaced wherever it stands."""
    return json.loads(json.dumps(value).replace(old, new))
