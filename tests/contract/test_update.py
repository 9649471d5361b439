"""PUT of a journey: the reference's table of answers, row by row (api.md 3.3, D-20 to D-28)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.journeys import INTERACTIONS, change, made, minimal
from tests.contract.served import Api, Served
from waystage.store import versions

pytestmark = pytest.mark.spec("10.1")

ACTIVITY = {"key": "WAIT-1", "type": "WAIT", "name": "Wait", "outcomes": [{"key": "o1", "next": "nowhere"}]}


def test_a_change_is_saved_and_moves_the_date(api: Api) -> None:
    journey = made(api, description="old")
    for path in (
        INTERACTIONS,
        f"{INTERACTIONS}/{journey['id'].upper()}",
        f"{INTERACTIONS}/key:WELCOME",
        f"{INTERACTIONS}/",
    ):
        saved = api.done("PUT", path, change(journey, description=f"by {path}"))
        assert saved["description"] == f"by {path}"
        assert saved["modifiedDate"] > journey["modifiedDate"]
        assert saved["createdDate"] == journey["createdDate"]
        assert saved["stats"]["currentPopulation"] == 0
        assert api.done("GET", f"{INTERACTIONS}/{journey['id']}") == saved
        assert api.done("GET", INTERACTIONS)["items"][0]["modifiedDate"] == saved["modifiedDate"]
        journey = saved


def test_nothing_changed_is_a_bodiless_304_on_a_usable_connection(api: Api) -> None:
    journey = made(api, activities=[ACTIVITY], tags=["a"])
    whole = {name: value for name, value in journey.items() if name != "stats"}
    for body in (change(journey), whole, change(journey, workflowApiVersion=1), change(journey, goals=None)):
        answer = api("PUT", INTERACTIONS, body)
        assert (answer.status_code, answer.content) == (304, b"")
        assert "content-type" not in answer.headers
        assert "content-length" not in answer.headers
        assert api.done("GET", f"{INTERACTIONS}/key:welcome")["modifiedDate"] == journey["modifiedDate"]


def test_no_change_can_be_answered_with_the_journey(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_NO_CHANGE_STATUS="200") as server:
        api = server.client()
        journey = made(api)
        assert api.done("PUT", INTERACTIONS, change(journey))["modifiedDate"] == journey["modifiedDate"]
        api.http.close()


def test_trailing_zeros_and_other_forms_of_the_same_instant_are_equal(api: Api) -> None:
    journey = made(api)
    for date in ("2026-01-01T00:00:00.000", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"):
        assert api("PUT", INTERACTIONS, change(journey, modifiedDate=date)).status_code == 304


REFUSED: list[tuple[str, dict[str, Any], list[int]]] = [
    ("no name", {"name": None}, [10002]),
    ("blank name", {"name": "  "}, [10002]),
    ("name of a wrong type", {"name": 7}, [10001]),
    ("no workflowApiVersion", {"workflowApiVersion": None}, [10002]),
    ("workflowApiVersion of another value", {"workflowApiVersion": 2}, [10005]),
    ("no version", {"version": None}, [10002]),
    ("version as text", {"version": "1"}, [10001]),
    ("no modifiedDate", {"modifiedDate": None}, [10002]),
    ("modifiedDate unreadable", {"modifiedDate": "yesterday"}, [10003]),
    ("another key", {"key": "other"}, [10005]),
    ("another id", {"id": "00000000-0000-4000-8000-000000000000"}, [10005]),
    ("id of a wrong type", {"id": 5}, [10001]),
    ("activities no array", {"activities": {}}, [10001]),
    ("two activities with one key", {"activities": [ACTIVITY, ACTIVITY]}, [10005]),
    ("unknown entry mode", {"entryMode": "Whenever"}, [10005]),
    ("another type of journey", {"definitionType": "Transactional"}, [10005]),
    ("several at once", {"name": None, "entryMode": 3}, [10002, 10001]),
]


def test_malformed_updates_name_every_field(api: Api) -> None:
    journey = made(api)
    for case, wrong, codes in REFUSED:
        body = {name: value for name, value in change(journey, **wrong).items() if value is not None}
        answer = api("PUT", f"{INTERACTIONS}/key:welcome", body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, 400), case
        assert answer.json()["documentation"] == "", case
        items = answer.json()["validationErrors"]
        assert [item["errorcode"] for item in items] == codes, case
        named = next(iter(wrong))
        assert any(named in item["message"] for item in items), (case, items)
    for raw in (b"{", b"[]", b'"x"', b'{"a":1,"a":2}', b"\xff", b"{" * 101 + b"}" * 101):
        answer = api("PUT", INTERACTIONS, content=raw)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, 400), raw
        assert answer.json()["validationErrors"], raw
    assert (
        api("PUT", f"{INTERACTIONS}?versionNumber=2", change(journey)).json()["validationErrors"][0]["errorcode"]
        == 10005
    )
    assert (
        api("PUT", f"{INTERACTIONS}?versionNumber=x", change(journey)).json()["validationErrors"][0]["errorcode"]
        == 10001
    )
    assert api.done("GET", f"{INTERACTIONS}/key:welcome")["modifiedDate"] == journey["modifiedDate"]


def test_unknown_journeys_and_versions_are_not_found(api: Api) -> None:
    journey = made(api)
    for path, wrong in (
        (INTERACTIONS, {"key": "other", "id": journey["id"]}),
        (INTERACTIONS, {"version": 2}),
        (INTERACTIONS, {"version": 2**62}),
        (f"{INTERACTIONS}/00000000-0000-4000-8000-000000000000", {}),
        (f"{INTERACTIONS}/no-guid", {}),
    ):
        answer = api("PUT", path, change(journey, **wrong))
        assert answer.status_code == 404
        assert answer.json() == {"message": "Interaction not found.", "errorcode": 30003, "documentation": ""}


def test_a_stale_date_is_a_conflict_of_its_own(api: Api) -> None:
    journey = made(api)
    api.done("PUT", INTERACTIONS, change(journey, description="first"))
    answer = api("PUT", INTERACTIONS, change(journey, description="second"))
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30000)
    fresh = api.done("GET", f"{INTERACTIONS}/key:welcome")
    assert fresh["description"] == "first"
    api.done("PUT", INTERACTIONS, change(fresh, description="second"))


def test_a_version_that_is_no_draft_refuses_changes_only(server: Served, api: Api) -> None:
    journey = made(api)
    publish(server, journey)
    assert api("PUT", INTERACTIONS, change(journey)).status_code == 304
    answer = api("PUT", INTERACTIONS, change(journey, description="new"))
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 409)
    stale = api("PUT", INTERACTIONS, change(journey, description="new", modifiedDate="2020-01-01T00:00:00"))
    assert stale.json()["errorcode"] == 30000


def test_left_out_properties_stay_and_present_ones_replace(api: Api) -> None:
    journey = made(api, activities=[ACTIVITY], metaData={"a": 1}, vendor={"x": [1, 2.5]}, description="kept")
    saved = api.done("PUT", INTERACTIONS, change(journey, metaData={"b": 2}))
    assert saved["metaData"] == {"b": 2}
    assert saved["description"] == "kept"
    assert saved["vendor"] == {"x": [1, 2.5]}
    assert saved["activities"] == journey["activities"]
    emptied = api.done("PUT", INTERACTIONS, change(saved, activities=None, metaData=None))
    assert (emptied["activities"], emptied["metaData"]) == ([], {})


def test_the_date_may_be_left_out_when_the_setting_says_so(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_REQUIRE_MODIFIED_DATE="false") as server:
        api = server.client()
        body = change(made(api), description="new")
        del body["modifiedDate"]
        assert api.done("PUT", INTERACTIONS, body)["description"] == "new"
        api.http.close()


def test_of_two_writers_exactly_one_wins(server: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        clients = [server.client() for _ in range(8)]
        journey = made(clients[0])
        answers = list(
            pool.map(lambda n: clients[n]("PUT", INTERACTIONS, change(journey, description=f"by {n}")), range(8))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        assert {answer.json()["errorcode"] for answer in answers if answer.status_code == 409} == {30000}
        posts = list(pool.map(lambda n: clients[n]("POST", INTERACTIONS, minimal("raced")), range(8)))
        assert sorted(answer.status_code for answer in posts) == [200] + [409] * 7
        for client in clients:
            client.http.close()


@pytest.mark.parametrize("offset", ["-06:00", "+05:30"])
def test_dates_are_written_and_read_in_the_configured_offset(sqlite_url: str, offset: str) -> None:
    with Served(sqlite_url, WAYSTAGE_UTC_OFFSET=offset) as server:
        api = server.client()
        journey = made(api)
        assert journey["createdDate"] == {"-06:00": "2025-12-31T18:00:00", "+05:30": "2026-01-01T05:30:00"}[offset]
        assert api("PUT", INTERACTIONS, change(journey)).status_code == 304
        assert api("PUT", INTERACTIONS, change(journey, modifiedDate="2026-01-01T00:00:00Z")).status_code == 304
        api.http.close()


def publish(server: Served, journey: dict[str, Any]) -> None:
    """Make a version running without the engine."""
    named = versions.Selector("id", journey["definitionId"])

    def job(tx: Any) -> None:
        version = versions.find(tx, 1, named, journey["version"])
        assert version is not None
        versions.set_published(tx, version.number, version.modified)

    server.built.database.write(job).result()
