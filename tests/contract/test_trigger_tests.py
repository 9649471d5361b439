"""Trigger tests over HTTP: rehearsals that touch nothing (api.md 5.7, D-44; contract 13, 26)."""

from typing import Any

import pytest

from tests.contract.event_bodies import CONTACTS, DEFINITIONS, OBJECTS, ROWS, extension
from tests.contract.journeys import INTERACTIONS, change, made
from tests.contract.mailing import FIELDS, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served
from tests.engine.machine import condition, criteria, decision
from waystage.store.sql import Tx

pytestmark = pytest.mark.spec("8.10")

NOBODY = "00000000-0000-4000-8000-000000000000"


def draft(api: Api, activities: list[dict[str, Any]], key: str = "welcome", **more: Any) -> dict[str, Any]:
    """A Draft that the event `signup` starts."""
    given = {
        "entryMode": "MultipleEntries",
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}],
        "defaults": {"email": ["{{Event.signup.Mail}}"]},
        **more,
    }
    return made(api, key, activities=activities, **given)


def path(api: Api, key: str = "signup") -> str:
    return f"{INTERACTIONS}/triggerTest/{api.done('GET', f'{DEFINITIONS}/key:{key}')['id']}"


def entrant(key: str, **data: Any) -> dict[str, Any]:
    return {"contactKey": key, "data": {"Mail": f"{key}@example.com", **data}}


def trail(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["activityKey"], one["date"], one["outcome"]) for one in result["activities"]]


def everything(server: Served) -> dict[str, int]:
    """How many rows each table has that a rehearsal must not touch."""
    tables = ("contact", "row", "inbox", "instance", "outbox", "hop_log", "counter", "seat", "form", "job", "version")

    def count(tx: Tx) -> dict[str, int]:
        return {table: tx.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}

    return server.built.database.read(count).result()


def test_a_draft_is_rehearsed(server: Served, api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi %%First Name%%", html="x", text="x")
    rich = criteria(condition("Event.signup.Total", "GreaterThan", "100"))
    draft(api, [wait("W", "D", 2), decision("D", [(rich, "M")], "V"), mail("M"), wait("V", "M", 30)])
    before = everything(server)
    body = {"contacts": [entrant("ann", Total=200, **{"First Name": "Ann"}), entrant("bob", Total=1), entrant("cid")]}
    body["contacts"][2]["data"]["Mail"] = "nobody"
    where = path(api)
    answer = api("POST", where, body)
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    assert sorted(opened) == ["createdDate", "eventDefinitionId", "id", "status"]
    assert (opened["status"], opened["createdDate"]) == ("Running", "2026-01-01T00:00:00")
    assert where.endswith(opened["eventDefinitionId"])
    shown = api.done("PUT", where, {})
    assert {name: shown[name] for name in opened} == opened | {"status": "Completed"}
    assert (shown["errors"], shown["stopped"]) == ([], None)
    ann, bob, cid = shown["results"]
    assert trail(ann) == [
        ("W", "2026-01-03T00:00:00", "on"),
        ("D", "2026-01-03T00:00:00", "path-0"),
        ("M", "2026-01-03T00:00:00", "on"),
    ]
    assert [one[0] for one in trail(bob)] == ["W", "D", "V", "M"]
    assert bob["ended"] == {"date": "2026-02-02T00:00:00", "reason": "EndOfPath"}
    (sent,) = ann["messages"]
    assert sent == {
        "activityKey": "M",
        "channel": "email",
        "to": "ann@example.com",
        "subject": "Hi Ann",
        "reason": None,
        "createdDate": "2026-01-03T00:00:00",
    }
    assert [one["reason"] for one in cid["messages"]] == ["InvalidDefaultEmail"]
    assert (ann["contactKey"], ann["entered"], ann["refused"]) == ("ann", True, None)
    settle(api)
    assert everything(server) == before
    assert messages(api) == []
    assert api.done("GET", f"{INTERACTIONS}/key:welcome")["status"] == "Draft"
    assert api.done("GET", "/waystage/v1/clock")["now"] == "2026-01-01T00:00:00Z"


def test_a_running_version_and_what_is_known_of_a_contact(server: Served, api: Api) -> None:
    define_event(api)
    loyalty = extension("loyalty", name="Loyalty")
    loyalty["fields"][2] = {"name": "Tier", "type": "Text", "length": 20}
    api.done("POST", OBJECTS, loyalty)
    api.done("POST", f"{ROWS}/key:loyalty/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "ann", "Tier": "gold"}}])
    subject = '{{Contact.Attribute."Email Demographics"."Last Name"}} {{Contact.Attribute.Loyalty.Tier}}'
    publish(api, [wait("W", "M"), mail("M", emailSubject=subject)])
    values = [{"name": "Last Name", "value": "Smith"}]
    sets = [{"name": "Email Demographics", "items": [{"values": values}]}]
    api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
    fire(api, "bob")
    settle(api)
    before = everything(server)
    where = path(api)
    api.done("POST", where, {"contacts": [entrant("ann")]})
    (ann,) = api.done("PUT", where, {})["results"]
    assert [one["subject"] for one in ann["messages"]] == ["Smith gold"]
    settle(api)
    assert everything(server) == before


def test_a_test_stays_open_until_it_is_deleted(api: Api) -> None:
    define_event(api)
    draft(api, [mail("M")])
    where = path(api)
    opened = api.done("POST", where, {"contacts": [entrant("ann")]})
    answer = api("POST", where, {"contacts": [entrant("ann")]})
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)
    changed = api("PUT", where, {"contacts": [entrant("bob"), {"contactKey": "cid"}]})
    assert (changed.status_code, changed.json()["id"]) == (200, opened["id"])
    assert [one["contactKey"] for one in changed.json()["results"]] == ["bob", "cid"]
    assert api.done("PUT", where)["results"] == changed.json()["results"]
    answer = api("DELETE", where)
    assert (answer.status_code, answer.json()) == (200, {})
    for verb in ("PUT", "DELETE"):
        answer = api(verb, where, {} if verb == "PUT" else None)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
    assert api.done("POST", where, {"contacts": [entrant("ann")]})["id"] != opened["id"]


def test_the_version_that_is_named(api: Api) -> None:
    define_event(api)
    publish(api, [mail("OLD")])
    newer = draft(api, [mail("NEW")])
    other = draft(api, [mail("OTHER")], "other")
    where = path(api)
    named: list[tuple[dict[str, Any], str]] = [
        ({"definitionId": newer["definitionId"]}, "NEW"),
        ({"definitionId": newer["id"], "versionNumber": 1}, "OLD"),
        ({"key": "WELCOME", "versionNumber": 1}, "OLD"),
        ({"key": "welcome"}, "NEW"),
        ({"key": "other"}, "OTHER"),
        ({"DefinitionId": other["id"]}, "OTHER"),
        ({}, "OTHER"),
    ]
    for more, activity in named:
        api.done("POST", where, {"contacts": [entrant("ann")], **more})
        (ann,) = api.done("PUT", where, {})["results"]
        assert [one["activityKey"] for one in ann["activities"]] == [activity], more
        api.done("DELETE", where)


def test_a_draft_that_cannot_be_published_says_why(api: Api) -> None:
    define_event(api)
    journey = draft(api, [wait("W", "nowhere")])
    where = path(api)
    api.done("POST", where, {"contacts": [entrant("ann")]})
    shown = api.done("PUT", where, {})
    assert shown["results"] == []
    assert [one["errorCode"] for one in shown["errors"]] == ["190004"]
    api.done("PUT", INTERACTIONS, change(journey, activities=[wait("W", "M"), mail("M")]))
    shown = api.done("PUT", where, {"contacts": [entrant("ann")]})
    assert (shown["errors"], len(shown["results"][0]["messages"])) == ([], 1)


def test_who_may_not_enter_and_who_never_ends(light: Api) -> None:
    define_event(light)
    rule = criteria(condition("Event.signup.Total", "GreaterThan", "100"))
    trigger = {
        "key": "TRIGGER",
        "type": "APIEvent",
        "metaData": {"eventDefinitionKey": "signup"},
        "configurationArguments": {"criteria": rule},
    }
    draft(light, [wait("W", "M", 900), mail("M")], triggers=[trigger])
    where = path(light)
    light.done("POST", where, {"contacts": [entrant("ann", Total=1), entrant("bob", Total=200)]})
    shown = light.done("PUT", where, {})
    ann, bob = shown["results"]
    assert (ann["entered"], ann["activities"], ann["ended"]) == (False, [], None)
    assert ann["refused"]
    assert (bob["entered"], bob["activities"], bob["ended"]) == (True, [], None)
    assert "two years" in shown["stopped"]


def test_the_audience_of_a_journey_is_not_asked(api: Api) -> None:
    """Only the given contacts enter, each once, though rows of theirs are in the audience."""
    sendable = {"sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    people = api.done("POST", OBJECTS, {"name": "People", "key": "people", "fields": FIELDS, **sendable})
    rows = [{"keys": {"ContactKey": key}, "values": {"Mail": f"{key}@example.com"}} for key in ("ann", "bob")]
    api.done("POST", f"{ROWS}/key:people/rowset", rows)
    body = {"type": "EmailAudience", "name": "signup", "eventDefinitionKey": "signup", "dataExtensionId": people["id"]}
    api.done("POST", DEFINITIONS, body)
    trigger = {"key": "TRIGGER", "type": "EmailAudience", "metaData": {"eventDefinitionKey": "signup"}}
    draft(api, [mail("M")], triggers=[trigger], definitionType="Quicksend", channel="email")
    where = path(api)
    api.done("POST", where, {"contacts": [entrant("ann")]})
    shown = api.done("PUT", where, {})
    assert shown["errors"] == []
    assert [(one["contactKey"], len(one["messages"])) for one in shown["results"]] == [("ann", 1)]


def test_a_deleted_contact_is_forgotten(light: Api) -> None:
    define_event(light)
    draft(light, [mail("M")])
    where = path(light)
    light.done("POST", where, {"contacts": [entrant("ann"), entrant("bob")]})
    light.done("POST", f"{CONTACTS}/actions/delete?type=keys", {"values": ["ann"]})
    assert [one["contactKey"] for one in light.done("PUT", where, {})["results"]] == ["bob"]


WRONG: list[tuple[Any, str]] = [
    ([], "body"),
    ({}, "contacts"),
    ({"contacts": None}, "contacts"),
    ({"contacts": []}, "contacts"),
    ({"contacts": {}}, "contacts"),
    ({"contacts": [entrant(f"c{n}") for n in range(11)]}, "contacts"),
    ({"contacts": ["ann"]}, "contacts[0]"),
    ({"contacts": [{}]}, "contacts[0].contactKey"),
    ({"contacts": [{"contactKey": 1}]}, "contacts[0].contactKey"),
    ({"contacts": [{"contactKey": "x" * 300}]}, "contacts[0]"),
    ({"contacts": [entrant("ann"), {"contactKey": "bob", "data": []}]}, "contacts[1].data"),
    ({"contacts": [entrant("ann", Total="much")]}, "contacts[0]: "),
    ({"contacts": [entrant("ann"), entrant("ann")]}, "contacts[1].contactKey"),
    ({"contacts": [entrant("ann")], "definitionId": NOBODY}, "definitionId"),
    ({"contacts": [entrant("ann")], "definitionId": 1}, "definitionId"),
    ({"contacts": [entrant("ann")], "key": "nothing"}, "key"),
    ({"contacts": [entrant("ann")], "key": "stranger"}, "key"),
    ({"contacts": [entrant("ann")], "key": "welcome", "versionNumber": 7}, "key"),
    ({"contacts": [entrant("ann")], "key": "welcome", "versionNumber": 0}, "versionNumber"),
]


def test_wrong_bodies_name_the_field(light: Api) -> None:
    define_event(light)
    draft(light, [mail("M")])
    made(light, "stranger")
    where = path(light)
    for body, word in WRONG:
        answer = light("POST", where, body)
        assert answer.status_code == 400, (body, answer.text)
        assert word in answer.text, (body, answer.text)
    light.done("POST", where, {"contacts": [entrant("ann")]})
    for body, word in WRONG[3:13]:
        answer = light("PUT", where, body)
        assert answer.status_code == 400, (body, answer.text)
        assert word in answer.text, (body, answer.text)


def test_an_event_definition_that_is_not_known_or_starts_nothing(light: Api) -> None:
    define_event(light)
    for verb in ("POST", "PUT", "DELETE"):
        for unknown in (NOBODY, "signup"):
            answer = light(verb, f"{INTERACTIONS}/triggerTest/{unknown}", {"contacts": [entrant("ann")]})
            assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
    answer = light("POST", path(light), {"contacts": [entrant("ann")]})
    assert answer.status_code == 400
    assert "definitionId is required" in answer.text
