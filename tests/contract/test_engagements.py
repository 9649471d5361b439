"""What people did with messages, and who decides a contest of paths, over HTTP (contract; journey-spec 3.8)."""

from typing import Any

import httpx
import pytest

from tests.contract.event_bodies import codes as listed_codes
from tests.contract.event_bodies import stranger
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.ground import ids

pytestmark = pytest.mark.spec("3.8")

ENGAGEMENTS = "/waystage/v1/engagements"
WINNER = "/waystage/v1/journeys/{}/winners/{}"


def codes(answer: httpx.Response) -> list[int]:
    """The error numbers of either envelope."""
    body = answer.json()
    return listed_codes(answer) if "validationErrors" in body else [body["errorcode"]]


def optimizer(**settings: Any) -> dict[str, Any]:
    outcomes = [{"key": key, "next": key.upper(), "arguments": {"percentage": "50"}} for key in ("a", "b")]
    return {"key": "T", "name": "T", "type": "ABNTEST", "outcomes": outcomes, "configurationArguments": settings}


def contest(api: Api, **settings: Any) -> None:
    define_event(api)
    stop = {"key": "S", "name": "S", "type": "ABNTESTSTOP", "outcomes": [{"key": "on", "next": "W"}]}
    activities = [optimizer(**settings), mail("A", "S"), mail("B", "S"), stop, wait("W", None, 30)]
    publish(api, activities)


def facts(server: Served) -> list[tuple[Any, ...]]:
    def read(tx: Any) -> Any:
        return tx.rows("SELECT activity, kind, link FROM engagement ORDER BY activity, kind, link")

    return [tuple(row) for row in server.built.database.read(read).result()]


def sent(api: Api) -> dict[str, Any]:
    """A journey of one message, and that message."""
    define_event(api)
    publish(api, [mail("M")])
    fire(api, "ann")
    settle(api)
    (found,) = messages(api)
    return found


def test_every_fact_once(server: Served, api: Api) -> None:
    message = sent(api)
    told = [
        {"type": "open"},
        {"type": "OPEN", "url": "https://example.com/ignored"},
        {"type": "click", "url": "https://example.com/a?x=1#top"},
        {"type": "click", "url": "https://example.com/a?x=2"},
        {"type": "click", "url": "https://example.com/b"},
        {"type": "click"},
        {"type": "bounce"},
        {"type": "unsubscribe"},
    ]
    for body in told:
        answer = api("POST", ENGAGEMENTS, {"requestId": message["requestId"].upper(), **body})
        assert answer.status_code == 202, answer.text
    assert facts(server) == [
        (1, "bounce", ""),
        (1, "click", ""),
        (1, "click", "https://example.com/a"),
        (1, "click", "https://example.com/b"),
        (1, "open", ""),
        (1, "unsubscribe", ""),
    ]


def test_what_is_refused(server: Served, api: Api) -> None:
    good = sent(api)["requestId"]
    cases: list[tuple[Any, list[int]]] = [
        ({}, [10002, 10002]),
        ({"requestId": good}, [10002]),
        ({"type": "open"}, [10002]),
        ({"requestId": good, "type": "smile"}, [10005]),
        ({"requestId": 5, "type": 5}, [10001, 10001]),
        ({"requestId": [], "type": {}}, [10001, 10001]),
        ({"requestId": "no guid", "type": "open"}, [10003]),
        ({"requestId": good, "type": "click", "url": 5}, [10001]),
        ({"requestId": good, "type": "click", "url": "x" * 2001}, [10005]),
        ({"requestId": ids.NIL_GUID, "type": "open"}, [10005]),
        ({"requestId": ids.guid_of("request", 1, 2**60), "type": "open"}, [10005]),
        ({"requestId": ids.guid_of("request", 4000, 1), "type": "open"}, [10005]),
        ({"requestId": ids.guid_of("instance", 1, 1), "type": "open"}, [10005]),
        ([], [10001]),
    ]
    for body, expected in cases:
        answer = api("POST", ENGAGEMENTS, body)
        assert (answer.status_code, codes(answer)) == (400, expected), body
    other = stranger(server, api)
    assert codes(other("POST", ENGAGEMENTS, {"requestId": good, "type": "open"})) == [10005]
    assert facts(server) == []
    other.http.close()


def test_nobody_can_open_what_was_suppressed(api: Api) -> None:
    define_event(api)
    publish(api, [mail("M")])
    fire(api, "ann", Mail="nobody")
    settle(api)
    (message,) = messages(api, status="suppressed")
    assert codes(api("POST", ENGAGEMENTS, {"requestId": message["requestId"], "type": "open"})) == [10005]


def test_the_clock_decides_by_what_was_told(api: Api) -> None:
    contest(
        api, engagementPeriod=1, engagementPeriodUnits="DAYS", engagementWinnerMetric="Opens", holdBackPercentage=50
    )
    for number in range(40):
        fire(api, f"c{number}")
    settle(api)
    found = [message for message in messages(api) if message["activityKey"] == "B"]
    assert 0 < len(found) < 40
    api.done("POST", ENGAGEMENTS, {"requestId": found[0]["requestId"], "type": "open"})
    before = {message["contactKey"] for message in messages(api)}
    api.done("POST", ADVANCE, {"by": "P1D"})
    after = {message["contactKey"]: message["activityKey"] for message in messages(api)}
    assert len(after) == 40
    assert {after[key] for key in after.keys() - before} == {"B"}


def test_somebody_decides(api: Api) -> None:
    contest(api, winnerEvaluationType="Manual", holdBackPercentage=99)
    for number in range(10):
        fire(api, f"c{number}")
    settle(api)
    tested = len(messages(api))
    assert tested < 10
    body = {"VersionNumber": 1, "OutcomeKey": "b"}
    decided = api.done("PUT", WINNER.format("WELCOME", "T"), body)
    assert decided == {"journeyKey": "WELCOME", "versionNumber": 1, "activityKey": "T", "outcomeKey": "b"}
    settle(api)
    assert len(messages(api, activityKey="B")) >= 10 - tested


def test_decisions_that_cannot_be_made(api: Api) -> None:
    contest(api, winnerEvaluationType="Manual")
    good = {"versionNumber": 1, "outcomeKey": "a"}
    cases: list[tuple[str, str, Any, int, list[int]]] = [
        ("nowhere", "T", good, 404, [30003]),
        ("welcome", "A", good, 404, [30003]),
        ("welcome", "nothing", good, 404, [30003]),
        ("welcome", "T", {**good, "versionNumber": 2}, 404, [30003]),
        ("welcome", "T", {**good, "outcomeKey": "c"}, 400, [10005]),
        ("welcome", "T", {}, 400, [10002, 10002]),
        ("welcome", "T", {"versionNumber": [], "outcomeKey": 5}, 400, [10001, 10001]),
        ("welcome", "T", {**good, "versionNumber": 0}, 400, [10005]),
    ]
    for journey, key, body, http, expected in cases:
        answer = api("PUT", WINNER.format(journey, key), body)
        assert answer.status_code == http, (body, answer.text)
        assert codes(answer) == expected, body
    api.done("POST", f"{INTERACTIONS}/stop/key:welcome?allVersions=true")
    answer = api("PUT", WINNER.format("welcome", "T"), good)
    assert (answer.status_code, codes(answer)) == (409, [30002])


@pytest.mark.spec("3.10", "10.2")
def test_an_old_email_is_a_warning(api: Api) -> None:
    """Six calendar months to the day are not old, a day more is."""
    define_event(api)
    asset(api, 7, subjectline="old", text="old")
    api.done("POST", ADVANCE, {"to": "2026-07-01T00:00:00Z"})
    asset(api, 8, subjectline="new", text="new")
    assert publish(api, [mail("M", "N"), mail("N", emailId=8)], key="one")["warnings"] == []
    api.done("POST", ADVANCE, {"by": "P1D"})
    (found,) = publish(api, [mail("M", "N"), mail("N", emailId=8)], key="two")["warnings"]
    assert (found["errorCode"], found["additionalInfo"]["activityKey"]) == ("121546", "M")
