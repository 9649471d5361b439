"""What a stateful client relies on: the eighteen checks of api.md 13, one function each."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.conformance.bodies import (
    BATCH,
    EVENTS,
    NOBODY,
    E,
    I,
    J,
    fired,
    journey,
    member,
    running,
    update,
)
from tests.contract.conformance.cases import NO_CHANGE, Case, ok, refused
from tests.contract.conformance.place import Configured, Place
from tests.contract.conformance.shapes import GUID, Only, containing
from tests.contract.conformance.stage import Stage

SEED = json.loads((Path(__file__).parent.parent / "discovery_seed.json").read_text(encoding="utf-8"))["methods"]
V1 = "?versionNumber=1"


def _population(stage: Stage, path: str) -> int:
    return int(stage.done("GET", path)["stats"]["cumulativePopulation"])


def _rows(stage: Stage) -> list[dict[str, Any]]:
    """The rows of the data extension of the stage's event."""
    found: list[dict[str, Any]] = stage.done("GET", "/data/v1/customobjectdata/<event.dataExtensionId>/rowset")["items"]
    return found


def _entered(stage: Stage, key: str, journey_key: str) -> None:
    """Wait until a contact is inside a journey."""
    found = {"results": {"contactMemberships": containing({"definitionKey": journey_key})}}
    stage.until(f"{I}/contactMembership", found, {"ContactKeyList": [key]})


def test_13_01_what_was_created_is_read_by_its_key(stage: Stage) -> None:
    made = stage.done("POST", I, journey())
    read = stage.done("GET", f"{I}/key:<fresh>")
    assert (read["id"], read["version"], read["status"]) == (made["id"], 1, "Draft")


def test_13_02_of_two_writers_the_first_wins(stage: Stage) -> None:
    mine, theirs = (stage.done("GET", f"{I}/<draft.id>") for _ in range(2))
    stage.done("PUT", I, mine | {"description": "first"})
    Case("the second", f"PUT {I}", refused(409, 30000), body=theirs | {"description": "second"}).hold(stage)
    again = stage.done("GET", f"{I}/<draft.id>")
    assert again["description"] == "first"
    saved = stage.done("PUT", I, again | {"description": "second"})
    assert saved["description"] == "second"


def test_13_03_an_unchanged_update_has_no_body_and_leaves_the_connection_usable(stage: Stage) -> None:
    draft = stage.draft
    bounds = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    with httpx.Client(base_url=stage.address, headers=stage.api.http.headers, limits=bounds) as pool:
        ports = set()
        for _ in range(3):
            answer = pool.put(I, json=stage.fill(update()))
            assert (answer.status_code, answer.content) == (304, b"")
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            read = pool.get(f"{I}/{draft['id']}")
            assert read.json()["modifiedDate"] == draft["modifiedDate"]
            ports.add(read.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(ports) == 1


def test_13_04_trailing_zeros_of_a_date_do_not_count(stage: Stage) -> None:
    seconds, _, fraction = stage.draft["modifiedDate"].partition(".")
    padded = f"{seconds}.{fraction:0<3}"
    Case("padded", f"PUT {I}", NO_CHANGE, body=update(modifiedDate=padded)).hold(stage)


def test_13_05_a_published_version_is_not_changed_but_followed(stage: Stage) -> None:
    Case("change", f"PUT {I}", refused(409, 409), body=update("published", description="new")).hold(stage)
    second = stage.done("POST", I, running())
    assert (second["id"], second["version"], second["status"]) == (stage.published["id"], 2, "Draft")
    assert second["definitionId"] != stage.published["definitionId"]


def test_13_06_publication_is_followed_by_its_address(stage: Stage) -> None:
    stage.done("PUT", I, update("runnable", description="new"))
    stage.publish(stage.runnable)
    second = stage.publish(stage.done("POST", I, running()))
    assert (second["version"], second["status"]) == (2, "Published")
    assert stage.version(stage.runnable)["status"] == "Unpublished"
    entries = stage.done("GET", f"{I}/<runnable.id>/audit/all?versionNumber=1")["items"]
    assert [one["action"] for one in entries][::-1][:4] == ["Create", "Modify", "Publish", "Publish"]


def test_13_07_what_runs_is_not_published_again_and_nothing_is_not_published(stage: Stage) -> None:
    Case("again", f"POST {I}/publishAsync/<published.id>{V1}", refused(400, 10000)).hold(stage)
    empty = stage.done("POST", I, journey(key="<other>"))
    job = stage.done("POST", f"{I}/publishAsync/{empty['id']}{V1}")
    assert stage.until(job["statusUrl"], {"status": "Error"})["errors"]
    assert stage.version(empty)["status"] == "Draft"


@pytest.mark.parametrize("retained", [True, False], ids=["retained", "refused"])
def test_13_08_a_pause_holds_or_refuses_events(retained: bool, stage: Stage) -> None:
    Case("a Draft", f"POST {I}/pause/<draft.id>{V1}", refused(400, 10000)).hold(stage)
    stage = Stage(stage.place)
    path = f"{I}/{stage.published['id']}"
    stage.done("POST", f"{I}/pause/<published.id>{V1}", {"RetainContactInjectionWhileJourneyPaused": retained})
    stage.done("POST", EVENTS, fired("<fresh>"))
    stage.until("/data/v1/customobjectdata/<event.dataExtensionId>/rowset", {"count": 1})
    assert _population(stage, path) == 0
    stage.done("POST", f"{I}/resume/<published.id>{V1}")
    assert stage.version(stage.published)["status"] == "Published"
    stage.done("POST", EVENTS, fired("<other>"))
    for key in ("<fresh>", "<other>") if retained else ("<other>",):
        _entered(stage, key, stage.published["key"])
    assert _population(stage, path) == (2 if retained else 1)


def test_13_09_what_is_stopped_stays_so_and_can_be_deleted(stage: Stage) -> None:
    path = f"{I}/{stage.stopped['id']}"
    assert stage.stopped["status"] == "Stopped"
    stage.done("POST", EVENTS, fired("<fresh>"))
    stage.until("/data/v1/customobjectdata/<event.dataExtensionId>/rowset", {"count": 1})
    assert _population(stage, path) == 0
    for call in ("resume", "publishAsync", "pause", "stop"):
        Case(call, f"POST {I}/{call}/<stopped.id>{V1}", refused(400, 10000)).hold(stage)
    second = stage.done("POST", I, running())
    Case("delete", f"DELETE {path}{V1}", ok(200, "<stopped.id>")).hold(stage)
    assert stage.done("GET", path)["version"] == second["version"] == 2
    Case("delete the rest", f"DELETE {path}", ok()).hold(stage)
    Case("none left", f"GET {path}", refused(404, 30003)).hold(stage)


def test_13_10_the_running_version_is_found_behind_a_newer_draft(stage: Stage) -> None:
    key = stage.redrafted["key"]
    (row,) = stage.done("GET", f"{I}?status=Published&nameOrDescription={key}")["items"]
    assert (row["key"], row["version"]) == (key, 1)


def test_13_11_pages_visit_each_journey_once(stage: Stage) -> None:
    for letter in "abcde":
        stage.done("POST", I, journey(key=f"<fresh>-{letter}", name="<fresh>"))
    pages = [stage.done("GET", f"{I}?name=<fresh>&$pageSize=2&$page={page}") for page in range(1, 5)]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert [page["count"] for page in pages] == [5] * 4
    keys = [row["key"] for page in pages for row in page["items"]]
    assert sorted(keys) == [f"{stage.fresh}-{letter}" for letter in "abcde"]


def test_13_12_an_event_fills_a_row_of_the_data_extension_of_its_schema(stage: Stage) -> None:
    Case("event", f"POST {EVENTS}", ok(201, Only(eventInstanceId=GUID)), body=fired("<fresh>", Name="Ann")).hold(stage)
    row = {"keys": {"contactkey": "<fresh>"}, "values": {"points": 1, "name": "Ann"}}
    stage.until("/data/v1/customobjectdata/<event.dataExtensionId>/rowset", {"items": (row,)})


def test_13_13_data_of_a_wrong_type_leaves_nothing_behind(stage: Stage) -> None:
    path = f"{I}/{stage.published['id']}"
    Case("event", f"POST {EVENTS}", refused(400, 10001, "Points"), body=fired("<other>", Points="many")).hold(stage)
    stage.done("POST", EVENTS, fired("<fresh>"))
    _entered(stage, stage.fresh, stage.published["key"])
    assert [row["keys"]["contactkey"] for row in _rows(stage)] == [stage.fresh]
    assert _population(stage, path) == 1


def test_13_14_a_bad_member_does_not_fail_its_batch(stage: Stage) -> None:
    members = [member("b"), member("a", Points="x"), member("c")]
    body = {"eventDefinitionKey": "<event.eventDefinitionKey>", "members": members}
    good, bad = {"eventInstanceId": GUID}, {"errorcode": int, "message": str, "contactKey": "a"}
    rows = (good | {"contactKey": "b"}, bad, good | {"contactKey": "c"})
    Case("batch", f"POST {BATCH}", ok(202, {"notQueuedCount": 1, "members": rows}), body=body).hold(stage)
    assert [row.get("eventInstanceId") is None for row in stage.answer["members"]] == [False, True, False]


def test_13_15_an_expired_token_changes_nothing_and_a_fresh_one_does(configured: Configured) -> None:
    place: Place = configured(WAYSTAGE_LANES="2")
    served = place.ours()
    stage = Stage(place)
    before = stage.draft["modifiedDate"]
    served.built.database.write(lambda tx: tx.run("UPDATE token SET expires = 1")).result()
    served.built.world.tokens.forget()
    body = stage.fill(update(description="new"))
    answer = place.api("PUT", I, body)
    assert (answer.status_code, answer.json()["errorcode"]) == (401, 0)
    place.api.http.headers["Authorization"] = f"Bearer {place.token()}"
    assert stage.version(stage.draft)["modifiedDate"] == before
    assert place.api("PUT", I, body).status_code == 200


def test_13_16_every_path_of_the_discovery_document_is_routed(stage: Stage) -> None:
    methods = stage.done("GET", f"{J}/rest")["methods"]
    assert {name: methods[name] for name in SEED} == SEED
    for name, entry in methods.items():
        path = "/".join(NOBODY if part.startswith("{") else part for part in entry["path"].split("/"))
        path = path.replace("key:{key}", "key:x")
        answer = stage.api.http.request(entry["httpMethod"].upper(), f"{J}/{path}")
        assert answer.status_code not in {405, 500, 501}, name
        assert answer.status_code != 404 or answer.json()["errorcode"] != 404, name


def test_13_17_paths_in_any_case_are_the_same(stage: Stage) -> None:
    assert stage.event["id"]
    query = "?$page=1&$pageSize=5"
    assert stage.done("GET", f"/INTERACTION/V1/EventDefinitions/{query}") == stage.done("GET", f"{E}{query}")


def test_13_18_contacts_leave_journeys_that_exist(stage: Stage) -> None:
    ask = {"ContactKey": "<fresh>", "DefinitionKey": "<inside.key>"}
    unknown = Only(errors=({"contactKey": "<fresh>", "definitionKey": "<other>"},))
    Case("unknown", f"POST {I}/contactexit", ok(202, unknown), body=[ask | {"DefinitionKey": "<other>"}]).hold(stage)
    Case("exit", f"POST {I}/contactexit", ok(202, Only(errors=())), body=[ask]).hold(stage)
    out = {"results": {"contactMemberships": ()}}
    stage.until(f"{I}/contactMembership", out, {"ContactKeyList": ["<fresh>"]})
    assert stage.version(stage.inside)["stats"]["currentPopulation"] == 0
