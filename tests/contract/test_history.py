"""The history over HTTP: rows, filters, pages and refusals (journey-spec 9.1, 9.2; api.md 5.8, 9.1, D-45, D-54a)."""

from typing import Any

import pytest

from tests.channels.servers import RudeServer
from tests.contract.event_bodies import stranger
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, publish, settle, wait
from tests.contract.recalling import HISTORY, SEARCH, names, rows
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("9.1")

FIELDS = [
    *("id", "longId", "mid", "eid", "eventId", "eventName", "definitionId", "definitionName", "definitionInstanceId"),
    *("contactKey", "activityId", "activityName", "activityType", "activityBatchInstanceId", "outcomeActivityId"),
    *("transactionTime", "epochTimeInMilliseconds", "createdDate", "startDate", "endDate", "status", "clientStatus"),
    *("message", "messageSource", "sourceType", "entrySource", "result"),
]


def begun(api: Api, **more: Any) -> dict[str, Any]:
    """One contact that waits for a day before an e-mail; the published journey."""
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [wait("W", "M"), mail("M")], **more)
    fire(api, "ann")
    settle(api)
    journey: dict[str, Any] = api.done("GET", f"{INTERACTIONS}/key:welcome")
    return journey


def advance(api: Api, by: str) -> None:
    api.done("POST", ADVANCE, {"by": by})


def test_a_passage_from_its_begin_to_its_end(api: Api) -> None:
    journey = begun(api)
    waiting, sending = journey["activities"]
    start, entry, rest = rows(api)
    assert all(list(row) == FIELDS for row in (start, entry, rest))
    assert [row["activityType"] for row in (start, entry, rest)] == [
        "startinteractionactivity",
        "trigger",
        "waitactivity",
    ]
    assert (start["activityName"], start["activityId"]) == ("", "")
    assert (entry["outcomeActivityId"], entry["activityId"]) == (waiting["id"], journey["triggers"][0]["id"])
    assert (rest["status"], rest["clientStatus"], rest["result"]["outcome"]) == ("Waiting", "Waiting", "")
    assert (rest["startDate"], rest["endDate"]) == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    assert (rest["activityId"], rest["activityName"]) == (waiting["id"], "W")
    assert (rest["contactKey"], rest["definitionId"], rest["definitionName"]) == (
        "ann",
        journey["definitionId"],
        "Journey welcome",
    )
    assert (rest["eventName"], rest["entrySource"], rest["sourceType"]) == ("signup", "signup", "APIEvent")
    assert rest["epochTimeInMilliseconds"] == 1_767_225_600_000
    advance(api, "P1D")
    after = rows(api)
    assert after[:2] == [start, entry]
    assert (after[2]["id"], after[2]["status"], after[2]["result"]["outcome"]) == (rest["id"], "Complete", "on")
    assert after[2]["outcomeActivityId"] == sending["id"]
    assert names(after[3:]) == [
        ("M", "Complete", "Complete", "on"),
        ("stopinteractionactivity", "Complete", "Complete", "EndOfPath"),
    ]
    assert {row["transactionTime"] for row in after[3:]} == {"2026-01-02T00:00:00Z"}
    assert len({row["definitionInstanceId"] for row in after}) == 1
    assert after[3]["result"] == {"status": "Complete", "tags": [], "messages": [], "outcome": "on"}
    advance(api, "P1D")
    assert rows(api) == after


@pytest.mark.spec("9.2", "2.7")
def test_who_is_refused_leaves_a_row_with_the_reason(api: Api) -> None:
    begun(api, entryMode="SingleEntryAcrossAllVersions")
    fire(api, "ann")
    settle(api)
    (refusal,) = rows(api, statuses=["currentlywaitinginsameinteraction"])
    assert (refusal["activityType"], refusal["clientStatus"], refusal["contactKey"]) == ("trigger", "Failed", "ann")
    assert refusal["definitionInstanceId"] is None
    (message,) = refusal["result"]["messages"]
    assert (message["level"], message["errorCode"]) == ("Error", "CurrentlyWaitingInSameInteraction")
    assert rows(api, activityTypes=["TRIGGER"], clientStatuses=["Failed"]) == [refusal]


@pytest.mark.spec("8.8")
def test_who_cannot_be_reached_leaves_a_warning_and_goes_on(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [mail("M", "W"), wait("W")])
    fire(api, "ann", Mail="")
    settle(api)
    (warning,) = rows(api, clientStatuses=["Warning"])
    assert (warning["status"], warning["activityName"], warning["activityType"]) == ("Complete", "M", "emailv2")
    (message,) = warning["result"]["messages"]
    assert (message["level"], message["errorCode"]) == ("Warning", "InvalidDefaultEmail")
    assert [row["status"] for row in rows(api, activityTypes=["waitactivity"])] == ["Waiting"]


@pytest.mark.spec("8.9")
def test_a_message_that_was_refused_leaves_a_failure(database_url: str) -> None:
    def manners(verb: str, n: int) -> str | None:
        return "550 no such user" if (verb, n) == ("RCPT", 1) else None

    with RudeServer(manners) as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        begun(api)
        advance(api, "P1D")
        settle(api)
        (failure,) = rows(api, statuses=["Failed"])
        assert (failure["activityName"], failure["clientStatus"], failure["message"]) == (
            "M",
            "Failed",
            "550 no such user",
        )
        assert rows(api, contactKeys=["ann"], statuses=["Failed"]) == [failure]
        api.http.close()


@pytest.mark.spec("8.5")
def test_a_stop_ends_every_passage_and_refuses_new_ones(api: Api) -> None:
    begun(api)
    api.done("POST", f"{INTERACTIONS}/stop/key:welcome?versionNumber=1")
    settle(api)
    rest, end = rows(api)[2:]
    assert (rest["status"], rest["result"]["outcome"], rest["endDate"]) == ("Ended", "", "2026-01-01T00:00:00Z")
    assert (end["activityType"], end["result"]["outcome"]) == ("stopinteractionactivity", "Stopped")


def test_filters(api: Api) -> None:
    journey = begun(api, tags=["spring"])
    fire(api, "Ann")
    settle(api)
    publish(api, [mail("M")], "other")
    fire(api, "bob")
    settle(api)
    advance(api, "P1D")
    every = rows(api)
    other = api.done("GET", f"{INTERACTIONS}/key:other")
    assert len(every) == 3 * 5 + 4
    instance = next(row["definitionInstanceId"] for row in every if row["contactKey"] == "ann")

    def found(**asked: Any) -> list[Any]:
        told = rows(api, **asked)
        assert [row["id"] for row in rows(api, "desc", **asked)] == [row["id"] for row in told][::-1]
        return told

    def of(name: str, *values: object) -> list[Any]:
        return [row for row in every if row[name] in values]

    assert found(contactKeys=["ann"]) == of("contactKey", "ann")
    assert found(contactKeys=["Ann", "nobody"]) == of("contactKey", "Ann")
    assert found(contactKeys=["nobody"]) == []
    assert found(contactKeys=[]) == found(contactKeys=None) == found(nonsense=1) == every
    assert found(definitionIds=[journey["definitionId"].upper()]) == of("definitionId", journey["definitionId"])
    assert found(definitionIds=[other["id"], journey["id"]]) == every
    assert found(definitionIds=["00000000-0000-4000-8000-000000000000"]) == []
    assert found(activityTypes=["emailv2", "TRIGGER"]) == of("activityType", "emailv2", "trigger")
    assert found(activityTypes=["startinteractionactivity"]) == of("activityType", "startinteractionactivity")
    assert found(activityTypes=["stopinteractionactivity"]) == of("activityType", "stopinteractionactivity")
    assert found(activityTypes=["waitactivity"]) == of("activityType", "waitactivity")
    assert found(activityTypes=["smssync"]) == []
    assert found(activityIds=[other["activities"][0]["id"]]) == of("activityId", other["activities"][0]["id"])
    assert found(activityIds=[journey["activities"][0]["id"]]) == of("activityId", journey["activities"][0]["id"])
    assert found(definitionInstanceIds=[instance]) == of("definitionInstanceId", instance)
    assert found(definitionInstanceIds=[instance], contactKeys=["bob"]) == []
    assert found(definitionInstanceIds=["x", every[0]["id"]]) == []
    assert found(tags=["spring"]) == of("definitionId", journey["definitionId"])
    assert found(tags=["Spring"]) == []
    assert found(statuses=["Complete"]) == every
    assert found(clientStatuses=["AllActivityMembership"]) == every
    assert found(start="2026-01-01T00:00:00.001") == of("transactionTime", "2026-01-02T00:00:00Z")
    assert found(end="2026-01-01T02:00:00+02:00") == of("transactionTime", "2026-01-01T00:00:00Z")
    assert found(start="2026-01-01T00:00:00Z", end="2026-01-02", contactKeys=["bob"]) == of("contactKey", "bob")
    assert found(start="2026-01-03", end=None) == []
    assert found(STATUSES=["Failed"]) == []


def test_pages_and_the_collection_of_old(api: Api) -> None:
    begun(api)
    every = rows(api, "desc")
    first = api.done("POST", SEARCH, {}, params={"$pageSize": 2})
    second = api.done("POST", SEARCH, {}, params={"$pageSize": 2, "$page": 2, "$orderBy": "transactiontime DESC"})
    assert (first["count"], first["page"], first["pageSize"], first["links"]) == (3, 1, 2, {})
    assert first["items"] + second["items"] == every
    assert api.done("POST", SEARCH, {}, params={"$page": 9})["items"] == []
    assert api.done("POST", SEARCH)["pageSize"] == 100
    told = api.done("GET", HISTORY)
    assert (told["items"], told["pageSize"]) == (every, 50)
    chosen = {"contactKey": "ann", "definitionId": every[0]["definitionId"], "start": "2026-01-01", "$pageSize": 1}
    assert api.done("GET", HISTORY, params={**chosen, "$orderBy": "TransactionTime"})["items"] == every[2:]
    assert api.done("GET", HISTORY, params={"contactKey": "bob"})["count"] == 0


def test_what_cannot_be_asked(light: Api) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"statuses": "Failed"}, 10001, "statuses"),
        ({"tags": [1]}, 10001, "tags"),
        ({"start": 5}, 10001, "start"),
        ({"end": "yesterday"}, 10003, "end"),
        ({"contactKeys": ["a\0b"]}, 10003, "contactKeys"),
        ({"contactKeys": [str(n) for n in range(1_001)]}, 10005, "contactKeys"),
    ]
    for body, code, name in wrong:
        answer = light("POST", SEARCH, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, code), body
        assert name in answer.json()["message"]
    assert light("POST", SEARCH, []).json()["errorcode"] == 10001
    assert light("POST", SEARCH, {}, params={"$orderBy": "Status desc"}).json()["errorcode"] == 10005
    assert light("POST", SEARCH, {}, params={"$pageSize": "0"}).json()["errorcode"] == 10001
    assert light("GET", HISTORY, params={"start": "x"}).json()["errorcode"] == 10003


def test_nobody_sees_the_history_of_another_business_unit(light_server: Served, light: Api) -> None:
    begun(light)
    (row, *_) = rows(light)
    other = stranger(light_server, light)
    assert rows(other) == []
    for asked in ({"contactKeys": ["ann"]}, {"definitionInstanceIds": [row["definitionInstanceId"]]}):
        assert rows(other, **asked) == []
    assert rows(other, definitionIds=[row["definitionId"]]) == []
    other.http.close()
