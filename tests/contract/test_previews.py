"""What a message would say, without sending it (contract 24)."""

from typing import Any

import pytest

from tests.contract.event_bodies import CONTACTS, DEFINITIONS, stranger
from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.mailing import asset, define_event, mail, messages, publish, wait
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("3.10", "8.8")

PREVIEWS = "/waystage/v1/previews"
SEND: dict[str, Any] = {"emailId": 7, "preHeader": "Dear %%First Name%%", "ccEmail": "%%ContactKey%%@cc.example"}


def make(api: Api, **send: Any) -> None:
    define_event(api)
    asset(api, subjectline="Hi %%First Name%%", html="<p>%%Total%% %%Nothing%%</p>", text="%%Day%% {{Contact.Key}}")
    given = {
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}],
        "defaults": {"email": ["{{Event.signup.Mail}}", "{{Contact.Default.Email}}"]},
    }
    api.done("POST", INTERACTIONS, minimal("welcome", activities=[wait("W", "M"), mail("M", **SEND | send)], **given))


def test_a_draft_is_previewed_for_a_contact(api: Api) -> None:
    make(api)
    sets = [{"name": "Email Addresses", "items": [{"values": [{"name": "Email Address", "value": "a@b.example"}]}]}]
    api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
    data = {"first name": "<Ann>", "Total": "1.5", "Day": "2026-02-03", "Unknown": 1}
    asked = {"journeyKey": "WELCOME", "activityKey": "M", "contactKey": "ann", "data": data}
    found = api.done("POST", PREVIEWS, asked)
    (unknown,) = found.pop("unknown")
    assert "%%Nothing%%" in unknown
    hidden = '<div style="display:none;max-height:0;overflow:hidden;opacity:0">Dear &lt;Ann&gt;</div>'
    assert found == {
        "channel": "email",
        "to": "a@b.example",
        "cc": ["ann@cc.example"],
        "bcc": [],
        "subject": "Hi <Ann>",
        "html": f"{hidden}<p>1.50 </p>",
        "text": "2026-02-03T00:00:00 ann",
        "reason": None,
    }
    assert api.done("POST", PREVIEWS, {**asked, "data": {**data, "Mail": "x@y.example"}})["to"] == "x@y.example"
    api.done("POST", "/waystage/v1/contacts/ann/unsubscribes", {})
    assert api.done("POST", PREVIEWS, asked)["reason"] == "GlobalUnsubscribe"
    assert messages(api) == []


def test_nobody_in_particular(light: Api) -> None:
    make(light, exclusionFilter="Total > 5")
    asked = {"journeyKey": "welcome", "activityKey": "M", "versionNumber": "1"}
    found = light.done("POST", PREVIEWS, asked)
    assert (found["to"], found["subject"], found["reason"]) == (None, "Hi ", "InvalidDefaultEmail")
    found = light.done("POST", PREVIEWS, {**asked, "data": {"Mail": "a@b.example", "Total": 6}})
    assert (found["to"], found["reason"]) == ("a@b.example", "ExclusionScript")


def test_what_cannot_be_previewed(server: Served, api: Api) -> None:
    make(api)
    api.done("POST", INTERACTIONS, minimal("empty", activities=[mail("M")]))
    good = {"journeyKey": "welcome", "activityKey": "M"}
    cases: list[tuple[Any, int]] = [
        ({}, 400),
        ([], 400),
        ({"journeyKey": 5, "activityKey": []}, 400),
        ({**good, "journeyKey": "nowhere"}, 404),
        ({**good, "versionNumber": 2}, 404),
        ({**good, "versionNumber": 0}, 400),
        ({**good, "contactKey": "nobody"}, 404),
        ({**good, "activityKey": "W"}, 400),
        ({**good, "activityKey": "none"}, 400),
        ({**good, "data": []}, 400),
        ({**good, "data": {"Total": "many"}}, 400),
        ({**good, "data": {"Total": {"a": 1}}}, 400),
        ({**good, "journeyKey": "empty"}, 400),
    ]
    for body, status in cases:
        assert api("POST", PREVIEWS, body).status_code == status, body
    other = stranger(server, api)
    assert other("POST", PREVIEWS, good).status_code == 404
    other.http.close()


def test_it_says_what_is_then_sent(light: Api) -> None:
    define_event(light)
    asset(light, subjectline="Hi %%First Name%%", html="<p>%%Total%%</p>", text="x")
    publish(light, [mail("M", emailId=7)])
    event = {"Mail": "ann@example.com", "First Name": "Ann", "Total": "2.00"}
    light.done("POST", "/interaction/v1/events", {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": event})
    light.done("POST", "/waystage/v1/engine/settle", {})
    (sent,) = messages(light)
    asked = {"journeyKey": "welcome", "activityKey": "M", "contactKey": "ann", "data": event}
    shown = light.done("POST", PREVIEWS, asked)
    assert {name: shown[name] for name in ("to", "subject", "html", "text")} == {
        name: sent[name] for name in ("to", "subject", "html", "text")
    }
    assert light("GET", DEFINITIONS).status_code == 200
