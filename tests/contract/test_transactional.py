"""Transactional journeys over HTTP (api.md 4.7, journey-spec 1.3, 1.5, 8.11)."""

from typing import Any

import pytest

from tests.channels.servers import RudeServer
from tests.contract.event_bodies import DEFINITIONS, EVENTS, OBJECTS
from tests.contract.journeys import INTERACTIONS, change, made
from tests.contract.mailing import FIELDS, asset, fire, messages, settle
from tests.contract.served import Api, Served
from tests.contract.test_publication import finished, statuses

pytestmark = pytest.mark.spec("1.5", "8.11")

NOBODY = "00000000-0000-4000-8000-000000000000"
KEY = "receipt"


def extension(api: Api, name: str = "Receipts", **more: Any) -> str:
    """A data extension with an address; returns its id."""
    sendable = {"sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    body = {"name": name, "key": name, "fields": FIELDS, "isSendable": True, **sendable, **more}
    return str(api.done("POST", OBJECTS, body)["id"])


def message(data_extension: str | None, key: str | None = KEY, **send: Any) -> dict[str, Any]:
    """The one activity of a transactional journey."""
    settings = {"definitionKey": key, "dataExtensionId": data_extension}
    return {
        "key": "EMAIL",
        "name": "Receipt",
        "type": "EMAILV2",
        "configurationArguments": {"triggeredSend": send or {"emailId": 7}},
        "metaData": {"highThroughput": {name: value for name, value in settings.items() if value}},
        "outcomes": [{"key": "on"}],
    }


def draft(api: Api, activity: dict[str, Any] | None = None, key: str = "receipts", **more: Any) -> dict[str, Any]:
    """A Draft as tools write it: the trigger names no event definition."""
    asset(api, subjectline="Thanks %%First Name%%", html="x", text="x")
    given = {
        "definitionType": "Transactional",
        "channel": "email",
        "triggers": [{"key": "TRIGGER", "type": "transactional-api", "metaData": {"category": "Transactional"}}],
        "defaults": {"email": [f"{{{{Event.{KEY}.Mail}}}}"]},
        "activities": [activity or message(extension(api))],
        **more,
    }
    return made(api, key, **given)


def post(api: Api, call: str, journey: dict[str, Any] | str) -> Any:
    named = journey if isinstance(journey, str) else journey["id"]
    return api("POST", f"{INTERACTIONS}/transactional/{call}", {"definitionId": named})


def does(api: Api, call: str, journey: dict[str, Any]) -> None:
    answer = post(api, call, journey)
    assert (answer.status_code, answer.json()) == (200, {"errors": []}), answer.text


def refused(api: Api, call: str, journey: dict[str, Any]) -> list[dict[str, Any]]:
    """What keeps a call from being carried out."""
    answer = post(api, call, journey)
    assert answer.status_code == 400, answer.text
    found: list[dict[str, Any]] = answer.json()["errors"]
    assert list(answer.json()) == ["errors"]
    for one in found:
        assert sorted(one) == ["additionalInfo", "errorCode", "errorDetail", "errorType", "message"]
        assert one["errorType"] == "Error"
    return found


def subjects(api: Api) -> list[tuple[str, str]]:
    settle(api)
    return [(one["contactKey"], one["subject"]) for one in messages(api)[::-1]]


@pytest.mark.spec("1.3")
def test_the_life_of_a_transactional_journey(api: Api) -> None:
    journey = draft(api)
    does(api, "create", journey)
    event = api.done("GET", f"{DEFINITIONS}/key:{KEY}")
    assert (event["type"], event["name"]) == ("transactional-api", journey["name"])
    assert event["dataExtensionId"] == api.done("GET", f"{OBJECTS}/{event['dataExtensionId']}")["id"]
    assert (event["interactionCount"], event["publishedInteractionCount"]) == (1, 1)
    running = api.done("GET", f"{INTERACTIONS}/{journey['id']}?extras=all")
    assert running["status"] == "Published"
    assert running["lastPublishedDate"].startswith("0001")
    assert "stats" not in running
    fire(api, "ann", KEY, **{"First Name": "Ann"})
    fire(api, "ann", KEY, **{"First Name": "again"})
    assert subjects(api) == [("ann", "Thanks Ann"), ("ann", "Thanks again")]
    does(api, "pause", journey)
    assert statuses(api, journey) == [(1, "Paused")]
    does(api, "resume", journey)
    assert statuses(api, journey) == [(1, "Published")]
    assert api("POST", f"{INTERACTIONS}/stop/{journey['id']}?versionNumber=1").status_code == 400


def test_events_of_a_pause_are_kept(api: Api) -> None:
    journey = draft(api)
    does(api, "create", journey)
    fire(api, "ann", KEY)
    settle(api)
    does(api, "pause", journey)
    for name in ("first", "second"):
        fire(api, "bob", KEY, **{"First Name": name})
    assert subjects(api) == [("ann", "Thanks ")]
    does(api, "resume", journey)
    fire(api, "cid", KEY)
    assert sorted(subjects(api)) == sorted(
        [("ann", "Thanks "), ("bob", "Thanks first"), ("bob", "Thanks second"), ("cid", "Thanks ")]
    )


def test_d_32_a_paused_one_is_deleted_with_what_it_has_kept(api: Api) -> None:
    """It can never be stopped, so deleting it does; a running one has to be paused first."""
    journey = draft(api)
    does(api, "create", journey)
    assert api("DELETE", f"{INTERACTIONS}/{journey['id']}").status_code == 409
    does(api, "pause", journey)
    fire(api, "ann", KEY)
    settle(api)
    assert api.done("DELETE", f"{INTERACTIONS}/{journey['id']}") == journey["id"]
    assert api("GET", f"{INTERACTIONS}/{journey['id']}").status_code == 404
    fire(api, "bob", KEY)
    assert subjects(api) == []
    assert api.done("GET", f"{DEFINITIONS}/key:{KEY}")["publishedInteractionCount"] == 0
    again = made(
        api,
        "receipts",
        **{name: journey[name] for name in ("definitionType", "channel", "triggers", "defaults", "activities")},
    )
    does(api, "create", again)
    fire(api, "cid", KEY, **{"First Name": "Cid"})
    assert subjects(api) == [("cid", "Thanks Cid")]


@pytest.mark.spec("1.3")
def test_a_paused_one_may_be_changed_and_runs_as_it_was_saved_last(api: Api) -> None:
    journey = draft(api)
    does(api, "create", journey)
    running = api.done("GET", f"{INTERACTIONS}/{journey['id']}")
    other = running["activities"]
    other[0]["configurationArguments"]["triggeredSend"]["emailId"] = 8
    asset(api, 8, subjectline="Changed", html="x", text="x")
    assert api("PUT", INTERACTIONS, change(running, activities=other)).status_code == 409
    does(api, "pause", journey)
    fire(api, "ann", KEY)
    settle(api)
    paused = api.done("GET", f"{INTERACTIONS}/{journey['id']}")
    saved = api.done("PUT", INTERACTIONS, change(paused, activities=other))
    assert saved["status"] == "Paused"
    does(api, "resume", journey)
    fire(api, "bob", KEY)
    assert sorted(subjects(api)) == [("ann", "Changed"), ("bob", "Changed")]


def test_what_spoils_a_paused_one_keeps_it_paused(api: Api) -> None:
    journey = draft(api)
    does(api, "create", journey)
    does(api, "pause", journey)
    paused = api.done("GET", f"{INTERACTIONS}/{journey['id']}")
    sound = paused["activities"]
    moved = [{**sound[0], "metaData": {"highThroughput": {"definitionKey": "other", "dataExtensionId": NOBODY}}}]
    saved = api.done("PUT", INTERACTIONS, change(paused, activities=moved))
    assert "121500" in {one["errorCode"] for one in refused(api, "resume", journey)}
    assert statuses(api, journey) == [(1, "Paused")]
    moved[0]["metaData"]["highThroughput"]["dataExtensionId"] = "receipts"
    api.done("PUT", INTERACTIONS, change(saved, activities=moved, defaults={"email": ["{{Event.other.Mail}}"]}))
    does(api, "resume", journey)
    fire(api, "ann", "other")
    assert [one for one, _ in subjects(api)] == ["ann"]
    assert api.done("GET", f"{DEFINITIONS}/key:{KEY}")["interactionCount"] == 0


def test_a_cleared_queue_is_not_sent_after_a_pause(api: Api) -> None:
    journey = draft(api)
    does(api, "create", journey)
    does(api, "pause", journey)
    for name in ("ann", "bob"):
        fire(api, name, KEY)
    does(api, "clearQueue", journey)
    fire(api, "cid", KEY)
    does(api, "resume", journey)
    assert [name for name, _ in subjects(api)] == ["cid"]


def test_queued_messages_are_dropped(database_url: str) -> None:
    """A mail server that puts everything off leaves messages queued until their queue is cleared."""

    def manners(verb: str, _: int) -> str | None:
        return "451 later" if verb == "MAIL" else None

    with RudeServer(manners) as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        journey = draft(api)
        does(api, "create", journey)
        for name in ("ann", "bob"):
            fire(api, name, KEY)
        _until(api, "queued", 2)
        does(api, "clearQueue", journey)
        assert {one["reason"] for one in _until(api, "suppressed", 2)} == {"QueueCleared"}
        settle(api)
        assert messages(api, status="queued") == []
        assert len(messages(api, status="suppressed")) == len(messages(api)) == 2
        assert mails.letters == []
        api.http.close()


def _until(api: Api, status: str, count: int) -> list[dict[str, Any]]:
    """Each poll is a whole HTTP call, so none waits."""
    for _ in range(3_000):
        found = messages(api, status=status)
        if len(found) == count:
            return found
    raise AssertionError(f"not {count} {status}: {messages(api)}")


def test_an_event_definition_with_the_key_is_used_as_it_is(api: Api) -> None:
    journey = draft(api, defaults={"email": ["{{Event.RECEIPT.Mail}}"]})
    own = extension(api, "Own")
    body = {"type": "APIEvent", "name": "mine", "eventDefinitionKey": KEY.upper(), "dataExtensionId": own}
    before = api.done("POST", DEFINITIONS, body)
    does(api, "create", journey)
    after = api.done("GET", f"{DEFINITIONS}/key:{KEY}")
    assert (after["id"], after["dataExtensionId"]) == (before["id"], own)
    fire(api, "ann", KEY)
    assert [name for name, _ in subjects(api)] == ["ann"]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"key": None}, "definitionKey"),
        ({"key": "with.period"}, "definitionKey"),
        ({"data_extension": None}, "dataExtensionId"),
        ({"data_extension": NOBODY}, "dataExtensionId"),
        ({"data_extension": "Loose"}, "dataExtensionId"),
        ({"emailSubject": "none"}, "emailId"),
    ],
    ids=str,
)
def test_what_is_missing_is_named(light: Api, settings: dict[str, Any], word: str) -> None:
    light.done("POST", OBJECTS, {"name": "Loose", "key": "Loose", "fields": FIELDS})
    journey = draft(light, message(**{"data_extension": extension(light), **settings}))
    found = refused(light, "create", journey)
    (said,) = [one for one in found if one["errorCode"] == "121500"]
    assert word in said["errorDetail"]
    assert statuses(light, journey) == [(1, "Draft")]
    assert light("GET", f"{DEFINITIONS}/key:{KEY}").status_code == 404


def test_one_message_and_nothing_else(light: Api) -> None:
    activity = message(extension(light))
    both = [{**activity, "outcomes": [{"key": "on", "next": "SECOND"}]}, {**activity, "key": "SECOND"}]
    journey = draft(light, activity, activities=both)
    assert {one["errorCode"] for one in refused(light, "create", journey)} == {"121500"}


def test_states_that_do_not_allow_it(light: Api) -> None:
    journey = draft(light)
    for call, words in [("pause", "pause"), ("resume", "resume"), ("clearQueue", "clear the queue of")]:
        (one,) = refused(light, call, journey)
        assert (one["errorCode"], one["errorDetail"]) == ("10000", f"Cannot {words} interaction in Draft status.")
    does(light, "create", journey)
    (one,) = refused(light, "create", journey)
    assert one["errorDetail"] == "Cannot activate interaction in Published status."
    (one,) = refused(light, "resume", journey)
    assert one["errorDetail"] == "Cannot resume interaction in Published status."
    other = made(light, "other")
    for call in ("create", "pause", "resume", "clearQueue"):
        (one,) = refused(light, call, other)
        assert "definitionType is not Transactional" in one["errorDetail"]


@pytest.mark.parametrize("call", ["create", "pause", "resume", "clearQueue"])
def test_wrong_calls(light: Api, call: str) -> None:
    for unknown in (NOBODY, "x", "receipts"):
        answer = post(light, call, unknown)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
    for body in ({}, {"definitionId": None}, {"definitionId": 7}, {"definitionId": " "}, {"definitionId": "a\0"}):
        answer = light("POST", f"{INTERACTIONS}/transactional/{call}", body)
        assert answer.status_code == 400, answer.text
        assert "definitionId" in answer.text
    assert light("POST", f"{INTERACTIONS}/transactional/{call}", []).status_code == 400


def test_the_ids_of_journey_and_version_in_any_case(light: Api) -> None:
    journey = draft(light)
    does(light, "create", {"id": journey["definitionId"].upper()})
    answer = light("POST", f"{INTERACTIONS}/transactional/pause", {"DefinitionID": journey["id"].upper()})
    assert answer.json() == {"errors": []}


def test_validating_makes_no_event_definition_and_publishing_does_the_same_as_create(api: Api) -> None:
    journey = draft(api)
    for call, status, found in [("validate", "ValidateCompleted", 404), ("publish", "PublishCompleted", 200)]:
        job = api.done("POST", f"{INTERACTIONS}/{call}Async/{journey['id']}?versionNumber=1")
        result = finished(api, job)
        assert (result["status"], result["errors"]) == (status, []), result
        assert api("GET", f"{DEFINITIONS}/key:{KEY}").status_code == found
    api.done("POST", EVENTS, {"ContactKey": "ann", "EventDefinitionKey": KEY, "Data": {"Mail": "ann@example.com"}})
    assert [name for name, _ in subjects(api)] == ["ann"]
