"""Custom activities over HTTP, with a service that behaves well or badly (journey-spec 6)."""

import itertools
import json
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from tests.contract.calling import ALLOWED, ended, rest, run, served, start, subjects
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import POLLS, define_event, fire, mail, settle
from tests.contract.served import Api, Served
from tests.services.service import Service

pytestmark = pytest.mark.spec("6.2", "6.3", "8.9")

GOOD = ("EndOfPath", "")


def until(service: Service, count: int) -> None:
    """Wait until so many calls for contacts have come."""
    for _ in range(POLLS):
        if len(service.executed()) >= count:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{len(service.executed())} calls came, not {count}")


@pytest.mark.parametrize("behaviour", ["ok", "chunked", "until-close"])
def test_a_good_answer_in_any_framing(behaviour: str, database_url: str) -> None:
    with served(database_url) as (_, api, service):
        run(api, rest(service, behaviour), "ann", "bob")
        assert ended(api) == {"ann": GOOD, "bob": GOOD}
        assert subjects(api) == {"ann": "ann: t-1", "bob": "bob: t-1"}


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("nojson", "The answer is not JSON."),
        ("list", "The answer must be a JSON object."),
        ("s400", "The service answered 400."),
        ("redirect", "The service answered 302."),
        ("s429", "The service answered 429."),
        ("s500", "The service answered 500."),
        ("garbage", "The answer is no HTTP"),
        ("huge", "The answer is longer than 1000000 bytes"),
        ("cut", "The connection was closed before the answer was whole"),
        ("drop", "The connection was closed before the answer was whole"),
        ("hang", "There was no answer in time"),
    ],
)
def test_a_final_failure_ends_the_passage(behaviour: str, said: str, database_url: str) -> None:
    with served(database_url) as (_, api, service):
        run(api, rest(service, behaviour, timeout=1_000))
        (reason, message) = ended(api)["ann"]
        assert reason == "Error"
        assert said.casefold() in message.casefold()
        # A kept connection that is closed without a word is replaced once: the key makes that safe.
        assert len({one.key for one in service.executed()}) == 1
        assert len(service.executed()) == (2 if behaviour == "drop" else 1)
        assert subjects(api) == {}


@pytest.mark.parametrize("behaviour", ["once-s500", "once-s429", "once-drop", "once-garbage"])
def test_retries_carry_the_same_key_and_body(behaviour: str, database_url: str) -> None:
    with served(database_url) as (_, api, service):
        run(api, rest(service, behaviour, retryCount=2, retryDelay=0, inArguments=[{"who": "{{Contact.Key}}"}]))
        assert ended(api) == {"ann": GOOD}
        first, second = service.executed()
        assert (first.key, first.body) == (second.key, second.body)
        assert first.json["activityInstanceId"] == first.key


def test_400_is_final_however_many_retries_are_left(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        run(api, rest(service, "s400", retryCount=5, retryDelay=0))
        assert len(service.executed()) == 1


def test_what_is_posted(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        given = [
            {"key": "{{Contact.Key}}", "mixed": "<{{Event.signup.Mail}}>", "total": "{{Event.signup.Total}}"},
            {"paid": "{{Event.signup.Paid}}", "day": "{{Event.signup.Day}}", "none": '{{Event.signup."First Name"}}'},
            {"deep": [{"id": "{{Activity.Id}}"}], "number": 7, "mode": "{{Context.ExecutionMode}}"},
            {"contact": "{{Contact.Id}}", "blank": "{{Context.StartActivityKey}}", "all": "{{Event}}"},
        ]  # fmt: skip
        headers = {"X-Api-Key": "k", "Content-Length": "1", "Idempotency-Key": "mine"}
        start(api, rest(service, inArguments=given, outArguments=[{"token": ""}], headers=headers))
        data = {"Mail": "ann@example.com", "Total": "12.50", "Paid": True, "Day": "2026-02-03"}
        api.done("POST", "/interaction/v1/events", {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": data})
        settle(api)
        (call,) = service.executed()
        body = call.json
        contact_id = api.done("POST", "/contacts/v1/contacts", {"contactKey": "ann"})["contactId"]
        row = json.dumps(
            {
                "ContactKey": "ann", "Mail": "ann@example.com", "First Name": None, "Total": 12.5,
                "Day": "2026-02-03T00:00:00", "Paid": True,
            },
            separators=(",", ":"),
        )  # fmt: skip
        assert body.pop("inArguments") == [
            {"key": "ann", "mixed": "<ann@example.com>", "total": "12.50"},
            {"paid": True, "day": "2026-02-03T00:00:00", "none": ""},
            {"deep": [{"id": body["activityId"]}], "number": 7, "mode": "Production"},
            {"contact": contact_id, "blank": "", "all": row},
        ]
        version = api.done("GET", f"{INTERACTIONS}/key:welcome")
        assert (body["journeyId"], body["keyValue"], body["mode"]) == (version["definitionId"], "ann", 0)
        assert body["activityObjectID"] == body["activityId"] == version["activities"][0]["id"]
        assert set(body) == {
            "outArguments", "activityObjectID", "journeyId", "activityId", "definitionInstanceId",
            "activityInstanceId", "keyValue", "mode",
        }  # fmt: skip
        assert (call.headers["x-api-key"], call.kind, call.key) == ("k", "application/json", body["activityInstanceId"])


def test_outputs_are_converted_and_what_is_missing_is_a_warning(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        activity = rest(service, outArguments=[{"token": ""}, {"left": ""}])
        activity["configurationArguments"]["outArgumentSchema"] = {"token": {"dataType": "Number"}}
        service.answers({"token": "12", "more": {"a": 1}})
        run(api, activity)
        assert ended(api) == {"ann": ("EndOfPath", "The answer has no left.")}
        assert subjects(api) == {"ann": "ann: 12"}


def test_no_more_calls_at_once_than_asked_for(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        people = tuple(f"p{number}" for number in range(12))
        start(api, rest(service, "held", concurrentRequests=3), *people)
        until(service, 3)
        service.release(100)
        settle(api)
        assert {reason for reason, _ in ended(api).values()} == {"EndOfPath"}
        assert len(service.executed()) == len(people)
        assert service.most_at_once == 3


def test_a_slow_activity_holds_up_nobody_elses_contacts(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        start(api, rest(service, "held"), "ann", "bob", key="slow")
        until(service, 1)
        start(api, rest(service), "cid", "dan", key="quick")
        until(service, 3)
        service.release(100)
        settle(api)
        assert [one.path for one in service.executed()].count("/held/execute") == 4


def test_an_answer_comes_while_the_journey_is_paused(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        start(api, rest(service, "held"), "ann")
        until(service, 1)
        api.done("POST", f"{INTERACTIONS}/pause/key:welcome?versionNumber=1", {})
        service.release(1)
        settle(api)
        assert ended(api) == {}
        api.done("POST", f"{INTERACTIONS}/resume/key:welcome?versionNumber=1", {})
        settle(api)
        assert ended(api) == {"ann": GOOD}


def test_whoever_is_stopped_before_its_turn_is_not_called(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        start(api, rest(service, "held"), *(f"p{number}" for number in range(5)))
        until(service, 1)
        api.done("POST", f"{INTERACTIONS}/stop/key:welcome?versionNumber=1")
        service.release(100)
        settle(api)
        assert {reason for reason, _ in ended(api).values()} == {"Stopped"}
        assert subjects(api) == {}


def test_a_call_under_way_at_a_restart_is_made_again_under_its_key(database_url: str) -> None:
    with Service() as service:
        with Served(database_url, **ALLOWED) as server:
            api = server.client()
            define_event(api)
            start(api, rest(service, "held"), "ann", "bob")
            until(service, 1)
        service.release(100)
        with Served(database_url, **ALLOWED) as server:
            api = server.client()
            settle(api)
            assert ended(api) == {"ann": GOOD, "bob": GOOD}
            assert len({one.key for one in service.executed()}) == 2
            assert len({one.body for one in service.executed()}) == 2


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_read_that_fails_on_the_way_to_a_call_leaves_nobody_behind(nth: int, sqlite_url: str) -> None:
    """Heads, lanes, calls, form and place are read one after the other; each of them may fail once."""
    with served(sqlite_url) as (server, api, service):
        start(api, rest(service))
        settle(api)
        database, reads = server.built.database, itertools.count(1)
        read = database.read

        def failing(job: Any) -> Any:
            if threading.current_thread().name == "deliver" and next(reads) == nth:
                failed = Future[Any]()
                failed.set_exception(ConnectionError("the database was away"))
                return failed
            return read(job)

        database.read = failing  # type: ignore[method-assign]
        fire(api, "ann")
        settle(api)
        assert ended(api) == {"ann": GOOD}
        assert len({one.key for one in service.executed()}) == 1


def test_signed_or_not_at_all(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        run(api, rest(service, useJwt=True, customerKey="lost"))
        (reason, message) = ended(api)["ann"]
        assert (reason, message) == ("Error", "It was not called: there is no signing key 'lost'.")
        assert service.executed() == []


def job(api: Api, activities: list[dict[str, Any]], kind: str = "publish") -> Any:
    """What comes of a publication or validation."""
    body = {
        "key": "welcome",
        "name": "welcome",
        "workflowApiVersion": 1.0,
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}],
        "activities": activities,
        "entryMode": "MultipleEntries",
    }
    api.done("POST", INTERACTIONS, body)
    asked = api.done("POST", f"{INTERACTIONS}/{kind}Async/key:welcome?versionNumber=1")
    for _ in range(POLLS):
        result = api.done("GET", asked["statusUrl"])
        if not result["status"].endswith("InProcess"):
            return result
    raise AssertionError("it does not end")


def test_publish_asks_save_and_validate_and_publish_in_this_order(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        activity = rest(service)
        for word in ("save", "validate", "publish", "stop"):
            activity["configurationArguments"][word] = {"url": f"{service.address}/ok/{word}"}
        assert job(api, [activity, mail("MAIL")])["status"] == "PublishCompleted"
        assert [one.path for one in service.asked] == ["/ok/save", "/ok/validate", "/ok/publish"]
        body = service.asked[0].json
        version = api.done("GET", f"{INTERACTIONS}/key:welcome")
        assert body == {
            "activityObjectID": activity["id"], "interactionId": version["definitionId"],
            "originalDefinitionId": version["id"], "interactionKey": "welcome", "interactionVersion": "1",
            "isPublished": False,
        }  # fmt: skip
        api.done("POST", f"{INTERACTIONS}/stop/key:welcome?versionNumber=1")
        settle(api)
        assert service.asked[-1].path == "/ok/stop"


@pytest.mark.parametrize("word", ["save", "validate", "publish"])
@pytest.mark.parametrize("behaviour", ["s500", "redirect", "drop"])
def test_a_service_that_does_not_agree_keeps_the_version_a_draft(word: str, behaviour: str, database_url: str) -> None:
    with served(database_url) as (_, api, service):
        activity = rest(service)
        activity["configurationArguments"][word] = {"url": f"{service.address}/{behaviour}/{word}"}
        result = job(api, [activity, mail("MAIL")])
        assert result["status"] == "Error"
        (finding,) = [one for one in result["errors"] if one["errorCode"] == "190013"]
        assert f"the {word} call failed" in finding["errorDetail"]
        assert finding["additionalInfo"]["activityKey"] == "CALL"
        assert api.done("GET", f"{INTERACTIONS}/key:welcome")["status"] == "Draft"


def test_validation_asks_validate_alone(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        activity = rest(service)
        activity["configurationArguments"]["validate"] = {"url": f"{service.address}/ok/validate"}
        assert job(api, [activity, mail("MAIL")], "validate")["status"] == "ValidateCompleted"
        assert [one.path for one in service.asked] == ["/ok/validate"]


def test_private_addresses_are_not_called(database_url: str) -> None:
    with Service() as service, Served(database_url) as server:
        api = server.client()
        define_event(api)
        result = job(api, [rest(service), mail("MAIL")])
        assert result["status"] == "Error"
        assert "leads to a private address" in result["errors"][0]["errorDetail"]
        assert service.asked == []


def test_what_cannot_be_called_is_found_at_once(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        activity = rest(service, url="ftp://example.com", retryCount=9, timeout=5)
        activity["configurationArguments"] = {}
        findings = {(one["errorCode"], one["errorType"]) for one in job(api, [activity, mail("MAIL")])["errors"]}
        assert findings >= {("190013", "Error")}
        assert service.asked == []


def test_a_newer_version_tells_the_service_of_the_older_one(database_url: str) -> None:
    with served(database_url) as (_, api, service):
        activity = rest(service)
        activity["configurationArguments"]["unpublish"] = {"url": f"{service.address}/ok/unpublish"}
        assert job(api, [activity, mail("MAIL")])["status"] == "PublishCompleted"
        first = api.done("GET", f"{INTERACTIONS}/key:welcome")
        second = api.done("POST", INTERACTIONS, {**first, "name": "Second"})
        asked = api.done("POST", f"{INTERACTIONS}/publishAsync/{second['id']}?versionNumber=2")
        for _ in range(POLLS):
            if api.done("GET", asked["statusUrl"])["status"] == "PublishCompleted":
                break
        settle(api)
        told = [one for one in service.asked if one.path == "/ok/unpublish"]
        assert [one.json["interactionVersion"] for one in told] == ["1"]
