"""Trace events over HTTP (api.md 5.6, D-43, journey-spec 9.3)."""

import json
from typing import Any

import pytest

from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, publish, settle, wait
from tests.contract.recalling import TRACE, events, rows
from tests.contract.served import Api

pytestmark = pytest.mark.spec("9.3")


def run(api: Api) -> None:
    """Two contacts, one after the other, of whom the first has come to the end."""
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [wait("W", "M"), mail("M")], entryMode="SingleEntryAcrossAllVersions")
    fire(api, "ann lee", Mail="ann@example.com")
    settle(api)
    api.done("POST", ADVANCE, {"by": "PT12H"})
    fire(api, "bob")
    fire(api, "bob")
    settle(api)
    api.done("POST", ADVANCE, {"by": "PT12H"})


def kinds(api: Api, query: str) -> list[str]:
    """Event types of what a query finds, the oldest first."""
    total, found = events(api, query)
    assert total == len(found)
    return [one["EventType"] for one in found][::-1]


def test_events_and_queries(api: Api) -> None:
    run(api)
    whole = ["ContactEvaluated", "ContactAccepted", "WaitQueued", "WaitDequeued", "ActivityCompleted", "InstanceEnded"]
    assert kinds(api, 'ContactKey:"ann lee"') == whole
    assert kinds(api, "contactkey:bob") == [*whole[:3], "ContactRejected"]
    assert kinds(api, "ContactKey:BOB") == []
    assert kinds(api, "EventType:Wait* AND ContactKey:bob") == ["WaitQueued"]
    assert kinds(api, "EventType:(InstanceEnded OR WaitDequeued)") == ["WaitDequeued", "InstanceEnded"]
    assert kinds(api, "ContactKey:ann* && NOT EventType:Contact*") == whole[2:]
    assert kinds(api, "ActivityKey:W && OutcomeKey:on && EventType:WaitDequeued") == ["WaitDequeued"]
    assert kinds(api, "(ActivityType:emailv2 OR ActivityType:trigger) AND OutcomeStatus:Failed") == ["ContactRejected"]
    assert kinds(api, "bob ActivityType:emailv2") == [*whole[:3], "ContactRejected", "ActivityCompleted"]
    assert kinds(api, "status:CurrentlyWaitingInSameInteraction") == ["ContactRejected"]
    assert len(kinds(api, "")) == len(kinds(api, "*")) == len(kinds(api, "*:*")) == 10
    assert kinds(api, "ContactKey:nobody") == []
    assert kinds(api, "Nonsense:1") == []


def test_the_answer_is_json_within_json(api: Api) -> None:
    run(api)
    body = {"from": 1, "size": 2}
    text = api.done("POST", TRACE, body)
    assert isinstance(text, str)
    plain = api.done("POST", TRACE, body, params={"format": "object"})
    assert json.loads(text) == plain
    assert plain["hits"]["total"] == 10
    assert len(plain["hits"]["hits"]) == 2
    _, every = events(api)
    assert [hit["_source"] for hit in plain["hits"]["hits"]] == every[1:3]
    assert [hit["_id"] for hit in plain["hits"]["hits"]] == [one["id"] for one in every[1:3]]
    assert len(json.loads(api.done("POST", TRACE))["hits"]["hits"]) == 10
    row = rows(api, activityTypes=["emailv2"])[0]
    (event,) = events(api, f"id:{row['id']}")[1]
    assert {name: event[name] for name in row} == row
    names = ["EventType", "ActivityType", "ActivityKey", "OutcomeKey", "OutcomeStatus", "ContactKey", "DefinitionId"]
    assert list(event)[-10:] == [*names, "DefinitionInstanceId", "TransactionTime", "Message"]
    assert (event["ActivityKey"], event["TransactionTime"]) == ("M", "2026-01-02T00:00:00Z")


def test_5_6_events_of_an_hour_or_a_day(api: Api) -> None:
    run(api)
    first = kinds(api, "TransactionTime:2026-01-01T00*")
    later = ["ContactEvaluated", "ContactAccepted", "WaitQueued", "ContactRejected"]
    assert first == ["ContactEvaluated", "ContactAccepted", "WaitQueued"]
    assert kinds(api, "TransactionTime:2026-01-01T12*") == kinds(api, "transactiontime:2026-01-01t12\\:00*") == later
    assert kinds(api, "TransactionTime:2026-01-01*") == [*first, *later]
    assert kinds(api, 'TransactionTime:"2026-01-01T12:00:00Z" AND ContactKey:bob') == later
    assert kinds(api, "TransactionTime:2026-01-01T12* AND ContactKey:ann*") == []
    assert kinds(api, "TransactionTime:2026-01-02T00:00* AND EventType:Instance*") == ["InstanceEnded"]
    assert kinds(api, "TransactionTime:2026-01-01T00* OR TransactionTime:2026-01-01T12*") == [*first, *later]
    assert len(kinds(api, "NOT TransactionTime:2026-01-01*")) == len(kinds(api, "TransactionTime:2026-01-02*")) == 3
    assert len(kinds(api, "TransactionTime:2026*")) == len(kinds(api, "TransactionTime:*")) == 10
    for nonsense in ("2026-13-01*", "2026-01-01T99*", "yesterday-at-noon*", "9999-12-31T23:59:59.9999*"):
        assert kinds(api, f"TransactionTime:{nonsense}") == []


def query(text: object) -> dict[str, Any]:
    return {"filter": {"fquery": {"query": {"query_string": {"query": text}}}}}


@pytest.mark.parametrize("text", ["(a", "a)", 'a:"b', "AND", "a AND", "field:", "a:()", "(" * 30 + "a" + ")" * 30])
def test_a_query_that_cannot_be_read(light: Api, text: str) -> None:
    answer = light("POST", TRACE, query(text))
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10003)
    assert "query" in answer.json()["message"]


def test_what_cannot_be_asked(light: Api) -> None:
    for body, code in (
        ({"size": "x"}, 10001),
        ({"from": -1}, 10005),
        (query(5), 10001),
        ({"filter": {"fquery": []}}, 10001),
        ([], 10001),
    ):
        answer = light("POST", TRACE, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, code), body
    assert events(light, "a:b", size=5_000) == (0, [])
