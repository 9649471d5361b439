"""Statistics over HTTP, and the law that they, the history, the trace, the messages and the counters agree."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, publish, settle, wait
from tests.contract.recalling import GOALS, TRIGGERS, WAITS, Law, event_id, of_trigger
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("9.4")
NOBODY = "00000000-0000-4000-8000-000000000000"


def holds(field: str, operator: str, value: str) -> str:
    """A criteria on a field of the event."""
    return (
        '<FilterDefinition><ConditionSet Operator="AND" ConditionSetName="Grouping">'
        f'<Condition IsEphemeralAttribute="true" Key="Event.signup.{field}" Operator="{operator}">'
        f"<Value>{value}</Value></Condition></ConditionSet></FilterDefinition>"
    )


def goal(criteria: str, target: str, unit: str, *, ends: bool = False) -> list[dict[str, Any]]:
    """The goal of a journey."""
    meta = {"conversionValue": target, "conversionUnit": unit, "isExitCriteria": ends}
    arguments = {"criteria": criteria}
    return [
        {"key": "G", "name": "Bought", "type": "ContactEvent", "configurationArguments": arguments, "metaData": meta}
    ]


def exits(criteria: str) -> list[dict[str, Any]]:
    """The exit criteria of a journey."""
    return [{"key": "X", "name": "Gone", "type": "ContactEvent", "configurationArguments": {"criteria": criteria}}]


def paid(key: str, yes: str, no: str) -> dict[str, Any]:
    """A decision on the event's Paid."""
    criteria = holds("Paid", "Equal", "true")
    return {
        "key": key,
        "name": key,
        "type": "MULTICRITERIADECISION",
        "outcomes": [{"key": "yes", "next": yes}, {"key": "remainder_path", "next": no}],
        "configurationArguments": {"criteria": {"yes": criteria}},
    }


def halves(key: str, one: str, other: str) -> dict[str, Any]:
    """A random split."""
    outcomes = [
        {"key": f"half-{place}", "next": ahead, "arguments": {"percentage": "50"}}
        for place, ahead in enumerate((one, other))
    ]
    return {"key": key, "name": key, "type": "RANDOMSPLIT", "outcomes": outcomes}


MAIN = [wait("W", "D"), paid("D", "M", "V"), mail("M", "V"), wait("V", "M2", 2), mail("M2")]
ENTRY: dict[str, Any] = {
    "entryMode": "SingleEntryAcrossAllVersions",
    "goals": goal(holds("Total", "GreaterThan", "5"), "50", "percentage"),
    "exits": exits(holds("Total", "Equal", "3")),
}
ENDING: dict[str, Any] = {"goals": goal(holds("Total", "GreaterThan", "1"), "4", "wholenumber", ends=True)}
SIDE = [halves("S", "A", "B"), mail("A"), wait("B", "A", 36, "HOURS")]


def some(api: Api, *contacts: str) -> None:
    """Events whose values follow from the last digit of the contact."""
    for contact in contacts:
        fire(api, contact, Paid=int(contact[-1]) % 2 == 0, Total=int(contact[-1]))


def stop(api: Api, key: str, version: int) -> None:
    api.done("POST", f"{INTERACTIONS}/stop/key:{key}?versionNumber={version}")


def advance(api: Api, by: str) -> None:
    api.done("POST", ADVANCE, {"by": by})


def everything_agrees(server: Served, api: Api) -> None:
    """Two journeys on one event, refusals, suppressed messages, a second version, a stop; after every step."""
    law = Law(server, api, ("main", "side"))
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    steps: list[Callable[[], object]] = [
        lambda: publish(api, MAIN, "main", **ENTRY),
        lambda: publish(api, SIDE, "side", **ENDING),
        lambda: some(api, *(f"c{n}" for n in range(10))),
        lambda: fire(api, "nomail", Mail="", Paid=True),
        lambda: some(api, "c0", "c1"),
        lambda: advance(api, "PT12H"),
        lambda: advance(api, "PT12H"),
        lambda: fire(api, "late", Paid=True),
        lambda: advance(api, "P1DT1H"),
        lambda: publish(api, MAIN, "main", **ENTRY),
        lambda: some(api, "c2", "new7"),
        lambda: stop(api, "main", 1),
        lambda: fire(api, "c3"),
        lambda: advance(api, "P2D"),
        lambda: stop(api, "side", 1),
        lambda: fire(api, "c4"),
        lambda: advance(api, "P9D"),
    ]
    for step in steps:
        step()
        settle(api)
        law.holds()


@pytest.mark.spec("9", "9.1", "9.2", "9.3", "9.4", "8.5")
def test_history_and_statistics_agree_at_every_instant(server: Served, api: Api) -> None:
    everything_agrees(server, api)


def test_a_trigger_of_the_last_thirty_days(api: Api) -> None:
    begun(api)
    trigger = event_id(api)
    fire(api, "ann")
    settle(api)
    counts = {"MetCriteria": 1, "ContactAttempted": 2, "Failed": 1, "ContactsWaiting": 1}
    assert of_trigger(api, trigger) == counts
    told = api.done("GET", f"{TRIGGERS}/{trigger}")
    assert told["statuses"][0] == {"eventType": "MetCriteria", "category": "success", "count": 1}
    assert [one["category"] for one in told["statuses"]] == ["success", "information", "failure", "information"]
    version = api.done("GET", f"{INTERACTIONS}/key:welcome")["definitionId"]
    assert of_trigger(api, trigger.upper(), version.upper()) == counts
    advance(api, "P29D")
    assert of_trigger(api, trigger) == {**counts, "ContactsWaiting": 0}
    advance(api, "P1D")
    assert of_trigger(api, trigger) == dict.fromkeys(counts, 0)
    for path in (NOBODY, f"{NOBODY}/{version}", f"{trigger}/{NOBODY}", "x"):
        answer = api("GET", f"{TRIGGERS}/{path}")
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003), path


@pytest.mark.spec("8.10")
def test_tests_are_counted_apart(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")], executionMode="Test")
    fire(api, "ann")
    settle(api)
    assert of_trigger(api, event_id(api))["MetCriteria"] == 0
    version = api.done("GET", f"{INTERACTIONS}/key:welcome")["definitionId"]
    assert of_trigger(api, event_id(api), version)["MetCriteria"] == 1


def begun(api: Api, **more: Any) -> dict[str, Any]:
    """One contact that waits for a day; the published journey."""
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [wait("W", "M"), mail("M")], **{"entryMode": "SingleEntryAcrossAllVersions", **more})
    fire(api, "ann", Total=9)
    settle(api)
    journey: dict[str, Any] = api.done("GET", f"{INTERACTIONS}/key:welcome")
    return journey


def test_waits(api: Api) -> None:
    journey = begun(api)
    activity = journey["activities"][0]
    expected = {
        "activityId": activity["id"],
        "activityKey": "W",
        "name": "W",
        "type": "WAIT",
        "count": 1,
        "nextReleaseDate": "2026-01-02T00:00:00",
    }
    whole = {"id": journey["id"], "version": 1, "activities": [expected]}
    assert api.done("GET", f"{WAITS}/{journey['id']}") == whole
    assert api.done("GET", f"{WAITS}/{journey['definitionId']}", params={"versionNumber": 1}) == whole
    api.done("POST", INTERACTIONS, minimal(activities=[wait("N"), mail("M")]))
    assert api.done("GET", f"{WAITS}/{journey['id']}") == whole  # the running version, not the newest
    (draft,) = api.done("GET", f"{WAITS}/{journey['id']}?versionNumber=2")["activities"]
    assert (draft["activityKey"], draft["count"], draft["nextReleaseDate"]) == ("N", 0, None)
    stop(api, "welcome", 1)
    none = {**expected, "count": 0, "nextReleaseDate": None}
    assert api.done("GET", f"{WAITS}/{journey['id']}?versionNumber=1")["activities"] == [none]
    assert api("GET", f"{WAITS}/{journey['id']}?versionNumber=3").json()["errorcode"] == 30003
    assert api("GET", f"{WAITS}/{NOBODY}").status_code == 404
    assert api("GET", f"{WAITS}/{journey['id']}?versionNumber=x").json()["errorcode"] == 10001


@pytest.mark.spec("7.1")
def test_goals_by_day_and_clearing_them(api: Api) -> None:
    journey = begun(api, goals=goal(holds("Total", "GreaterThan", "5"), "50", "percentage"))
    path, clear = f"{GOALS}/{journey['id']}", f"{GOALS}/clear/{journey['id']}"
    (day,) = api.done("GET", path)["days"]
    assert (day["date"], day["cumulativePopulation"], day["metGoal"]) == ("2026-01-01T00:00:00", 1, 0)
    assert [(one["activityKey"], one["cumulativePopulationForDay"]) for one in day["activities"]] == [
        ("W", 1),
        ("M", 0),
    ]
    assert api.done("POST", clear, {"whatever": 1}) == {}
    advance(api, "P1D")
    told = api.done("GET", path)
    assert (told["id"], told["version"], [one["metGoal"] for one in told["days"]]) == (journey["id"], 1, [0, 1])
    assert told["days"][1]["goalPerformance"] == 100
    assert stats(api)["goalPerformance"] == 100
    for _ in range(2):
        assert api.done("POST", f"{clear}?versionNumber=1") == {}
        cleared = stats(api)
        assert (cleared["metGoal"], cleared["goalPerformance"], cleared["cumulativePopulation"]) == (0, 0, 1)
        assert [one["metGoal"] for one in api.done("GET", path)["days"]] == [0, 0]
    fire(api, "bob", Total=9)
    fire(api, "cid", Total=1)
    settle(api)
    advance(api, "P1D")
    after = stats(api)
    assert (after["metGoal"], after["goalPerformance"]) == (1, 33.33)
    assert [one["metGoal"] for one in api.done("GET", path)["days"]] == [0, 0, 1]
    for verb, target in (("GET", f"{GOALS}/{NOBODY}"), ("POST", f"{GOALS}/clear/{NOBODY}")):
        answer = api(verb, target)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)


def stats(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.done("GET", f"{INTERACTIONS}/key:welcome")["stats"]
    return found


def test_days_are_those_of_the_account(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_UTC_OFFSET="-06:00") as server:
        api = server.client()
        journey = begun(api)
        (day,) = api.done("GET", f"{GOALS}/{journey['id']}")["days"]
        assert day["date"] == "2025-12-31T00:00:00"
        api.http.close()


def test_statuses_of_versions(light: Api) -> None:
    journey = begun(light)
    light.done("POST", INTERACTIONS, minimal(activities=[wait("N"), wait("O"), mail("M")]))
    base = f"{INTERACTIONS}/status"
    first = {"id": journey["id"], "status": "Published", "versionNumber": 1}
    second = {"id": journey["id"], "status": "Draft", "versionNumber": 2}
    for name in (journey["id"], "key:Welcome"):
        assert light.done("GET", f"{base}/{name}?AllVersions=true") == [second, first]
        assert light.done("GET", f"{base}/{name}?VersionNumber=1") == [first]
        assert light.done("GET", f"{base}/{name}?VersionNumber=7") == []
        answer = light("GET", f"{base}/{name}")
        assert (answer.status_code, answer.json()["errorcode"]) == (400, 10005)
        assert answer.json()["message"] == "AllVersions=true or VersionNumber required."
    assert light("GET", f"{base}/{NOBODY}?AllVersions=true").json()["errorcode"] == 30003
    summary = {"id": journey["id"], "activities": [{"type": "WAIT", "count": 2}, {"type": "EMAILV2", "count": 1}]}
    assert light.done("GET", f"{INTERACTIONS}/{journey['id']}/summary") == summary
    assert light("GET", f"{INTERACTIONS}/{NOBODY}/summary").status_code == 404
