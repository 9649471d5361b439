"""The three SDKs: each lives a journey's whole life by itself and asserts what it sees; here is what they are told."""

import json
from pathlib import Path
from typing import Any

from tests.clients import bodies
from tests.clients.calling import node, run, told
from tests.clients.discounts import IDLE, VIEWED, Discounts
from tests.clients.installing import HERE, Installed
from tests.clients.serving import ACCOUNT_ID, AUTH_URL, CLIENT_ID, CLIENT_SECRET, Place

#: Who asks the sample service for a code; Ada looks at the item, Bob does not.
CONTACTS = {
    "Ada": {"EmailAddress": "ada@example.com", "FirstName": "Ada"},
    "Bob": {"EmailAddress": "bob@example.com", "FirstName": "Bob"},
}


def sfmc_sdk(installed: Installed, place: Place, scratch: Path) -> None:
    """Full life; then the journey with custom activities, whose service must have been asked."""
    key, event_key = "Custom-Journey", "Custom-Event"
    with Discounts() as service:
        custom = {
            "journey": bodies.custom_journey(key, event_key, service.address),
            "definition": bodies.definition(event_key),
            "contacts": CONTACTS,
        }
        task = _task(installed, place, "Sdk", custom=custom)
        _shown(run(node(installed, HERE / "sfmc_sdk.mjs"), scratch, _settings(place, task)))
        _expect_asked(service)
    sent = place.done("GET", "/waystage/v1/messages", journeyKey=key)["items"]
    ways = {one["contactKey"]: one["activityKey"] for one in sent}
    assert ways == {"Ada": f"MAIL-{VIEWED}", "Bob": f"MAIL-{IDLE}"}, sent


def _expect_asked(service: Discounts) -> None:
    code = "/modules/discount-code"
    for word in ("save", "validate", "publish", "stop"):
        assert len(service.asked(f"{code}/{word}")) == 1, word
    asked = service.asked(f"{code}/execute")
    assert sorted(one["keyValue"] for one in asked) == sorted(CONTACTS)
    ada = next(one for one in asked if one["keyValue"] == "Ada")
    assert ada["inArguments"] == [{"discount": 15}, {"emailAddress": "ada@example.com"}, {"firstName": "Ada"}]
    splits = service.asked("/modules/discount-redemption-split/execute")
    codes = {one["keyValue"]: one["inArguments"] for one in splits}
    assert codes == {who: [{"discountCode": f"{who}-15%"}] for who in CONTACTS}


def fuel_rest(installed: Installed, place: Place, scratch: Path) -> None:
    """Full life over lower-cased paths."""
    task = _task(installed, place, "Fuel-Rest")
    _shown(run([installed.node, HERE / "fuel_rest.cjs"], scratch, _settings(place, task)))


def fuel_sdk(installed: Installed, place: Place, scratch: Path) -> None:
    """A life without updates, which the package cannot ask for."""
    task = _task(installed, place, "Fuel-Sdk")
    _shown(run([installed.python, HERE / "fuel_sdk.py"], scratch, _settings(place, task)))


def _task(installed: Installed, place: Place, prefix: str, **more: Any) -> dict[str, Any]:
    event_key = f"{prefix}-Event"
    return {
        "address": place.address,
        "authUrl": AUTH_URL,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "accountId": ACCOUNT_ID,
        "modules": f"{installed.modules}/",
        "journey": bodies.journey(f"{prefix}-Journey", event_key),
        "definition": bodies.definition(event_key),
        "contactKey": f"{prefix}-Ada",
        "data": bodies.DATA,
        **more,
    }


def _settings(place: Place, task: dict[str, Any]) -> dict[str, str]:
    return {"WAYSTAGE_ADDRESS": place.address, "WAYSTAGE_TASK": json.dumps(task), "NODE_NO_WARNINGS": "1"}


def _shown(output: str) -> None:
    for line in output.splitlines():
        if line.startswith("done: "):
            told(line.removeprefix("done: "))
