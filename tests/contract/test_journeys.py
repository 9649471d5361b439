"""Creating, reading, listing and deleting journeys (api.md 3.1, 3.2, 3.4 to 3.6)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.journeys import INTERACTIONS, change, made, minimal
from tests.contract.served import Api, Served
from tests.contract.test_update import publish
from waystage.api.journey_replies import FIELDS
from waystage.spec.document import SERVER_FIELDS

pytestmark = pytest.mark.spec("10.1")

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.journey.json"))
NEVER = "0001-01-01T00:00:00"


def test_a_minimal_journey_is_completed(api: Api) -> None:
    journey = made(api)
    assert list(journey) == [name for name in FIELDS if name not in {"stats", "healthStats", "tags", "campaigns"}]
    assert journey["id"] == journey["definitionId"]
    assert journey["id"] == journey["id"].lower()
    assert (journey["version"], journey["status"], journey["scheduledStatus"]) == (1, "Draft", "Draft")
    assert (journey["workflowApiVersion"], type(journey["workflowApiVersion"])) == (1, int)
    assert journey["createdDate"] == journey["modifiedDate"] == "2026-01-01T00:00:00"
    assert journey["lastPublishedDate"] == NEVER
    assert (journey["entryMode"], journey["definitionType"], journey["channel"]) == ("NotSet", "Multistep", "")
    assert (journey["defaults"], journey["executionMode"], journey["categoryId"]) == (
        {"properties": {}},
        "Production",
        1,
    )
    read = api.done("GET", f"{INTERACTIONS}/key:welcome")
    assert read == journey | {"stats": read["stats"]}
    assert set(read["stats"].values()) == {0}


REFUSED: list[tuple[dict[str, Any], list[int]]] = [
    ({"key": None}, [10002]),
    ({"key": ""}, [10002]),
    ({"key": "k" * 201}, [10005]),
    ({"name": None}, [10002]),
    ({"workflowApiVersion": None}, [10002]),
    ({"workflowApiVersion": "1.0"}, [10001]),
    ({"workflowApiVersion": 3}, [10005]),
    ({"key": None, "name": 5}, [10002, 10001]),
    ({"goals": "x"}, [10001]),
]


@pytest.mark.parametrize(("wrong", "codes"), REFUSED)
def test_malformed_journeys_are_refused_with_every_reason(light: Api, wrong: dict[str, Any], codes: list[int]) -> None:
    answer = light("POST", INTERACTIONS, {name: v for name, v in (minimal() | wrong).items() if v is not None})
    body = answer.json()
    assert (answer.status_code, body["errorcode"], body["message"]) == (400, 10006, "Validation Errors Occurred!")
    assert [item["errorcode"] for item in body["validationErrors"]] == codes
    assert light.done("GET", INTERACTIONS)["items"] == []


def test_only_objects_are_journeys(light: Api) -> None:
    for raw in (b"[]", b"7", b"null", b'"x"', b""):
        assert light("POST", INTERACTIONS, content=raw).json()["errorcode"] == 10006


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_whole_journeys_survive_a_round_trip(api: Api, path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    sample |= {"vendorThing": {"b": [1, {"z": 1, "a": 2.50}], "a": None}, "campaigns": [{"id": 3}]}
    sample["activities"][0]["vendor"] = {"y": 1, "x": [None]}
    posted = api.done("POST", INTERACTIONS, sample)
    read = api.done("GET", f"{INTERACTIONS}/key:{sample['key']}?extras=all")
    for name in set(sample) - SERVER_FIELDS - {"tags"}:
        assert contains(read.get(name), sample[name]), name
    assert [activity["key"] for activity in read["activities"]] == [
        activity["key"] for activity in sample["activities"]
    ]
    assert all(activity["id"] for activity in read["activities"])
    assert json.dumps(read["vendorThing"]) == json.dumps(sample["vendorThing"])
    answer = api("PUT", INTERACTIONS, {**sample, "version": 1, "modifiedDate": posted["modifiedDate"], "id": None})
    assert answer.status_code == 304


def contains(whole: Any, part: Any) -> bool:
    """Everything sent is there, in order, also where the server filled in more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(contains(whole.get(name), value) for name, value in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


def test_next_versions(server: Served, api: Api) -> None:
    first = made(api)
    answer = api("POST", INTERACTIONS, minimal("WELCOME"))
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)
    publish(server, first)
    second = api.done("POST", INTERACTIONS, minimal("WELCOME", id="ignored", version=9, status="Published"))
    assert (second["id"], second["key"], second["version"], second["status"]) == (first["id"], "welcome", 2, "Draft")
    assert second["definitionId"] != first["definitionId"]
    assert api.done("GET", f"{INTERACTIONS}/key:welcome")["version"] == 2
    assert api.done("GET", f"{INTERACTIONS}/{first['id']}?versionNumber=1")["status"] == "Published"
    assert api.done("GET", f"{INTERACTIONS}/{second['definitionId'].upper()}")["version"] == 2
    assert api.done("GET", f"{INTERACTIONS}/{second['definitionId']}?versionNumber=1")["version"] == 1
    rows = api.done("GET", f"{INTERACTIONS}?status=published")["items"]
    assert [(row["version"], row["lastPublishedDate"]) for row in rows] == [(1, "2026-01-01T00:00:00")]
    assert [row["version"] for row in api.done("GET", INTERACTIONS)["items"]] == [2]
    every = api.done("GET", f"{INTERACTIONS}/?id={first['id']}&mostRecentVersionOnly=false&$pageSize=500&$page=1")
    assert [row["version"] for row in every["items"]] == [2, 1]
    assert every["pageSize"] == 500
    assert [r["version"] for r in api.done("GET", f"{INTERACTIONS}?mostRecentVersionOrRunningOnly=true")["items"]] == [
        2,
        1,
    ]


def test_kinds_with_one_version(api: Api, server: Served) -> None:
    journey = made(api, definitionType="transactional", channel="email")
    assert journey["definitionType"] == "Transactional"
    publish(server, journey)
    assert api("POST", INTERACTIONS, minimal()).json()["errorcode"] == 30004
    read = api.done("GET", f"{INTERACTIONS}/key:welcome")
    assert "stats" not in read
    assert read["lastPublishedDate"] == NEVER


def test_deleting(server: Served, api: Api) -> None:
    journey = made(api)
    publish(server, journey)
    draft = made(api)
    for path in (f"{INTERACTIONS}/{journey['id']}", f"{INTERACTIONS}/key:welcome?versionNumber=1"):
        answer = api("DELETE", path)
        assert (answer.status_code, answer.json()["errorcode"]) == (409, 30002)
    assert api.done("GET", f"{INTERACTIONS}/key:welcome")["version"] == 2
    assert api.done("DELETE", f"{INTERACTIONS}/key:Welcome?versionNumber=2") == journey["id"]
    assert api("DELETE", f"{INTERACTIONS}/key:welcome?versionNumber=2").status_code == 404
    assert api.done("GET", f"{INTERACTIONS}/key:welcome")["version"] == 1
    assert api("GET", f"{INTERACTIONS}/{draft['definitionId']}").status_code == 404
    third = made(api)
    assert third["version"] == 3
    assert [row["version"] for row in api.done("GET", f"{INTERACTIONS}?status=Deleted")["items"]] == [2]


def test_a_deleted_key_is_free_and_its_numbers_go_on(api: Api) -> None:
    journey = made(api)
    assert api.done("DELETE", f"{INTERACTIONS}/{journey['id']}") == journey["id"]
    assert api("DELETE", f"{INTERACTIONS}/{journey['id']}").json()["errorcode"] == 30003
    assert api("GET", f"{INTERACTIONS}/{journey['id']}").status_code == 404
    assert api("GET", f"{INTERACTIONS}/key:welcome?versionNumber=1").status_code == 404
    assert api.done("GET", INTERACTIONS)["count"] == 0
    again = made(api, "Welcome")
    assert (again["version"], again["key"]) == (2, "Welcome")
    assert again["id"] not in {journey["id"], again["definitionId"]}


def test_extras_decide_what_rows_hold(api: Api) -> None:
    activity = {"key": "A", "type": "WAIT"}
    made(api, activities=[activity], tags=["red", {"name": "blue"}])
    plain = api.done("GET", INTERACTIONS)["items"][0]
    assert plain.keys().isdisjoint({"activities", "triggers", "tags", "campaigns", "healthStats"})
    assert {"goals", "exits", "notifiers", "stats"} <= plain.keys()
    assert "activities" in api.done("GET", f"{INTERACTIONS}?extras=activity,nonsense")["items"][0]
    whole = api.done("GET", f"{INTERACTIONS}?extras=all")
    assert whole["items"][0]["tags"] == [{"name": "red"}, {"name": "blue"}]
    assert whole["items"][0]["healthStats"]["currentlyInCount"] == 0
    assert whole["summary"]["totalInteractions"] == 1
    single = api.done("GET", f"{INTERACTIONS}/key:welcome?extras=tags&extras=campaigns")
    assert (single["tags"], single["campaigns"]) == ([{"name": "red"}, {"name": "blue"}], [])
    assert "tags" not in api.done("GET", f"{INTERACTIONS}/key:welcome?extras=")


def test_filters(api: Api) -> None:
    made(api, "one", description="Größe 100%", workflowApiVersion=0.5, tags=["red"])
    made(api, "two", definitionType="Quicksend", tags=[{"name": "blue"}])
    for query, keys in (
        ("nameOrDescription=journey%20ONE", ["one"]),
        ("nameOrDescription=GRÖSSE+100%25", ["one"]),
        ("nameOrDescription=_", []),
        ("name=JOURNEY+two", ["two"]),
        ("key=TWO", ["two"]),
        ("tag=red", ["one"]),
        ("tag=RED", []),
        ("specificApiVersionNumber=0.5", ["one"]),
        ("definitionType=quickSend", ["two"]),
        ("versionNumber=2", []),
        ("status=draft,Stopped&$orderBy=Name ASC", ["one", "two"]),
        ("status=Stopped", []),
        ("$orderBy=name desc", ["two", "one"]),
        ("status=ScheduledToSend", []),
    ):
        rows = api.done("GET", f"{INTERACTIONS}?{query}")
        assert [row["key"] for row in rows["items"]] == keys, query
        assert rows["count"] == len(keys), query


@pytest.mark.parametrize("order", ["ModifiedDate DESC", "Name ASC", "Performance ASC", "Performance DESC"])
def test_paging_visits_each_row_once(api: Api, order: str) -> None:
    keys = {made(api, f"k{number}", name="same")["key"] for number in range(7)}
    seen: list[str] = []
    for page in range(1, 5):
        answer = api.done("GET", INTERACTIONS, params={"$page": page, "$pageSize": 2, "$orderBy": order})
        assert (answer["count"], answer["page"], answer["pageSize"], answer["links"]) == (7, page, 2, {})
        seen += [row["key"] for row in answer["items"]]
    assert (len(seen), set(seen)) == (7, keys)
    after = api.done("GET", f"{INTERACTIONS}?$page=5&$pageSize=2")
    assert (after["items"], after["page"], after["count"]) == ([], 5, 7)
    assert api.done("GET", f"{INTERACTIONS}?$pageSize=100000")["pageSize"] == 500


def test_saving_notes_which_event_definitions_are_listened_to(api: Api) -> None:
    schema = {
        "fields": [
            {"name": "ContactKey", "dataType": "Text", "maxLength": 50, "isPrimaryKey": True, "isNullable": False}
        ]
    }
    body = {"eventDefinitionKey": "signup", "name": "Signup", "type": "APIEvent", "schema": schema}
    answer = api("POST", "/interaction/v1/eventDefinitions", body)
    assert answer.status_code == 200, answer.text
    path = "/interaction/v1/eventDefinitions/key:signup"
    journey = made(api, triggers=[{"key": "T", "type": "APIEvent", "metaData": {"eventDefinitionKey": "SIGNUP"}}])
    assert api.done("GET", path)["interactionCount"] == 1
    api.done("PUT", INTERACTIONS, change(journey, triggers=[]))
    assert api.done("GET", path)["interactionCount"] == 0
