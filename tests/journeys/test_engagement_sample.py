"""Sample 04 as it was exported, run to its end: opens, a click on one link, a second chance, a text message."""

import re
from typing import Any

import httpx
import pytest

from tests.invariants.checker import check
from tests.journeys import samples
from tests.journeys.running import J, Running, W

pytestmark = [pytest.mark.timeout(300), pytest.mark.spec("12", "3.7")]

OBJECTS = "/data/v1/customobjects"
ROWS = "/hub/v1/dataevents"
GROUP = 20
GROUPS = ("silent", "opens", "clicks", "elsewhere", "told")
REGISTER = "https://events.example.com/register"
LINK = re.compile(r'<a href="([^"]+)"')
PIXEL = re.compile(r'<img src="([^"]+)"')


def test_webinar_nurture(running: Running) -> None:
    journey, (definition,) = samples.sample("04-engagement-split")
    _make(running, journey, definition)
    everybody = [f"{group}-{number:03}" for group in GROUPS for number in range(GROUP)]
    rows = [{"keys": {"ContactKey": one}, "values": _values(one)} for one in everybody]
    assert running.api("POST", f"{ROWS}/key:{definition['dataExtensionId']}/rowset", rows).is_success
    running.api("POST", f"{W}/automations/{definition['automationId']}/completed")
    running.settle()
    invited = {one["contactKey"]: one for one in running.messages(activityKey="EMAILV2-1")}
    assert invited.keys() == set(everybody)
    _engage(running, invited)
    running.advance(by="P2D")
    opened = {one for one in everybody if not one.startswith("silent")}
    again = {one["contactKey"] for one in running.messages(activityKey="EMAILV2-2")}
    assert again == set(everybody) - opened
    running.advance(by="P1D")
    registered = {one for one in everybody if one.startswith(("clicks", "told"))}
    texted = {one["contactKey"]: one["to"] for one in running.messages(activityKey="SMSSYNC-1")}
    assert texted == dict.fromkeys(registered, "+447700900123")
    assert {one["contactKey"] for one in running.messages(activityKey="EMAILV2-3")} == set(everybody) - registered
    running.advance(by="PT10M")
    stats = running.api.done("GET", f"{J}/interactions/key:{journey['key']}")["stats"]
    assert (stats["currentPopulation"], stats["cumulativePopulation"]) == (0, len(everybody))
    check(running.database_url)


def _make(running: Running, journey: dict[str, Any], definition: dict[str, Any]) -> None:
    fields = [
        {"name": "ContactKey", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
        {"name": "Email", "type": "EmailAddress"},
        {"name": "Mobile", "type": "Phone"},
        {"name": "EventName", "type": "Text", "length": 50},
    ]
    running.api.done("POST", OBJECTS, {
        "id": definition["dataExtensionId"], "name": "Webinar Invitees", "isSendable": True, "fields": fields,
        "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey",
    })  # fmt: skip
    running.api.done("POST", f"{J}/eventDefinitions", definition)
    for email in samples.emails(journey):
        email["views"]["html"]["content"] = (
            f'<p><a href="{REGISTER}?u=%%ContactKey%%">R</a><a href="https://a.example/b">B</a></p>'
        )
        email["views"]["text"]["content"] = "%%EventName%%"
        running.api.done("POST", "/asset/v1/content/assets", email)
    running.api.done("POST", f"{J}/interactions", journey)
    running.publish(journey["key"])


def _values(who: str) -> dict[str, str]:
    return {"Email": f"{who}@example.com", "Mobile": "+44 7700 900123", "EventName": "Webinar"}


def _engage(running: Running, invited: dict[str, dict[str, Any]]) -> None:
    """What each group does: by the addresses in its message, or told by somebody who knows."""
    for who, message in invited.items():
        register, other = LINK.findall(message["html"])
        (pixel,) = PIXEL.findall(message["html"])
        match who.partition("-")[0]:
            case "opens":
                assert httpx.get(pixel).status_code == 200
            case "clicks":
                assert httpx.get(register).headers["location"] == f"{REGISTER}?u={who}"
            case "elsewhere":
                assert httpx.get(other).headers["location"] == "https://a.example/b"
            case "told":
                told = {"requestId": message["requestId"], "type": "click", "url": f"{REGISTER}?u={who}#top"}
                assert running.api("POST", f"{W}/engagements", told).status_code == 202
