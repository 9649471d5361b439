"""Rows of data extensions written after the answer (api.md 11.5)."""

from typing import Any

import pytest

from tests.contract.event_bodies import CONTACTS, DEFINITIONS, OBJECTS, ROWS, extension, stranger
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import POLLS, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.operations import load_rows

ASYNC = "/data/v1/async"
#: The instant at which the clock of these servers stands.
NOW = 1_767_225_600_000
BY_KEY = f"{ASYNC}/dataextensions/key:orders/rows"


def row(key: str, **values: Any) -> dict[str, Any]:
    return {"Id": key, "Who": "ann", **values}


def send(api: Api, *items: Any, verb: str = "POST", path: str = BY_KEY) -> str:
    answer = api(verb, path, {"items": list(items)})
    assert (answer.status_code, list(answer.json())) == (202, ["requestId", "resultMessages"]), answer.text
    assert answer.json()["resultMessages"] == []
    return str(answer.json()["requestId"])


def finished(api: Api, guid: str) -> dict[str, Any]:
    """The status of a request that is over."""
    for _ in range(POLLS):
        status: dict[str, Any] = api.done("GET", f"{ASYNC}/{guid}/status")["status"]
        if status["requestStatus"] != "Pending":
            return status
    raise AssertionError(f"no end after {POLLS} polls")


def results(api: Api, guid: str, **query: Any) -> list[dict[str, Any]]:
    params = {f"${name}": value for name, value in query.items()}
    found: list[dict[str, Any]] = api.done("GET", f"{ASYNC}/{guid}/results", params=params)["items"]
    return found


def stored(api: Api, key: str) -> Any:
    return api.done("PUT", f"{ROWS}/key:orders/rows/Id:{key}", {"values": {}})["values"]


def count(server: Served, table: str = "row") -> int:
    found: int = server.built.database.read(lambda tx: tx.rows(f"SELECT count(*) FROM {table}")[0][0]).result()
    return found


def test_11_5_rows_are_inserted_and_the_request_can_be_followed(api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    guid = send(api, row("1", Total="12.345"), row("2", who="bob", PAID=True))
    assert finished(api, guid) == {
        "callDateTime": "2026-01-01T00:00:00",
        "completionDateTime": "2026-01-01T00:00:00",
        "hasErrors": False,
        "pickupDateTime": "2026-01-01T00:00:00",
        "requestStatus": "Complete",
        "resultStatus": "OK",
        "requestId": guid,
    }
    assert api.done("GET", f"{ASYNC}/{guid.upper()}/results") == {
        "page": 1, "pageSize": 50, "count": 2, "requestId": guid,
        "items": [{"errorCode": "", "message": "", "status": "OK"}] * 2,
    }  # fmt: skip
    assert stored(api, "1") == {"Who": "ann", "Total": 12.35, "Paid": False}
    by_id = f"{ASYNC}/dataextensions/{made['id']}/rows"
    assert finished(api, send(api, row("3"), path=by_id))["hasErrors"] is False


def test_11_5_an_insert_refuses_keys_that_exist_and_stores_the_rest(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    finished(api, send(api, row("1", Total=1)))
    guid = send(api, row("1", Total=2), row("2"), row("2", Total=3), row("3"))
    status = finished(api, guid)
    assert (status["requestStatus"], status["hasErrors"], status["resultStatus"]) == ("Complete", True, "Error")
    assert [one["errorCode"] for one in results(api, guid)] == ["30004", "", "30004", ""]
    assert (stored(api, "1")["Total"], stored(api, "2")["Total"]) == (1.0, None)


def test_11_5_an_upsert_changes_what_exists(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    finished(api, send(api, row("1", Total=1, Paid=True)))
    guid = send(api, {"Id": "1", "Total": 2}, row("2"), {"Id": "2", "Total": 5}, {"Id": "3", "Total": 6}, verb="PUT")
    assert finished(api, guid)["hasErrors"] is True
    assert [one["errorCode"] for one in results(api, guid)] == ["", "", "", "10002"]
    assert stored(api, "1") == {"Who": "ann", "Total": 2.0, "Paid": True}
    assert stored(api, "2")["Total"] == 5.0


BAD_ROWS: list[tuple[Any, str]] = [
    (5, "10001"),
    ({}, "10002"),
    (row("1", Total="x"), "10001"),
    (row("1", Nope=1), "10005"),
    ({"Who": "ann"}, "10002"),
    (row("x" * 21), "10005"),
    (row("1", Who=""), "10005"),
    (row("1", Who=["a"]), "10001"),
]


def test_11_5_bad_rows_are_reported_one_by_one(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    guid = send(api, row("good"), *[sent for sent, _ in BAD_ROWS], row("last"))
    assert finished(api, guid)["hasErrors"] is True
    found = results(api, guid)
    assert [one["errorCode"] for one in found] == ["", *[code for _, code in BAD_ROWS], ""]
    assert all(one["message"] for one in found[1:-1])
    assert count(server) == 2


REFUSED: list[tuple[Any, int]] = [
    ([], 10001),
    ({}, 10002),
    ({"items": {}}, 10001),
    ({"items": []}, 10005),
    ({"items": [{}] * 32_001}, 10005),
]


def test_11_5_requests_of_a_wrong_shape_are_refused(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    for body, code in REFUSED:
        answer = api("POST", BY_KEY, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, code), str(body)[:50]
    assert api("PUT", f"{ASYNC}/dataextensions/key:nope/rows", {"items": [{}]}).status_code == 404
    assert count(server, "row_request") == 0


def test_11_5_a_large_request_goes_in_pieces_and_its_results_in_pages(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    total = 2 * load_rows.PIECE + 10
    guid = send(api, *[row(str(place), Who=f"c{place % 40}") for place in range(total)], row("0"))
    assert finished(api, guid)["hasErrors"] is True
    assert (count(server), count(server, "row_request_piece")) == (total, 0)
    page = api.done("GET", f"{ASYNC}/{guid}/results?$page=3&$pageSize={load_rows.PIECE}")
    assert (page["count"], page["page"], len(page["items"])) == (total + 1, 3, 11)
    assert [one["status"] for one in page["items"]] == ["OK"] * 10 + ["Error"]
    assert results(api, guid, page=99) == []


def test_11_5_a_data_extension_without_a_primary_key_takes_every_row(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, {"name": "log", "key": "orders", "fields": [{"name": "Text"}]})
    for verb in ("POST", "PUT"):
        assert finished(api, send(api, {"Text": "a"}, {"Text": "a"}, verb=verb))["hasErrors"] is False
    assert count(server) == 4


def test_11_5_each_row_that_is_stored_fires_its_contact_events(api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    api.done("POST", DEFINITIONS, {"type": "ContactEvent", "name": "Ordered", "eventDefinitionKey": "ordered",
        "dataExtensionId": made["id"]})  # fmt: skip
    trigger = {"key": "TRIGGER", "type": "ContactEvent", "metaData": {"eventDefinitionKey": "ordered"}}
    publish(api, [wait("W")], event="ordered", triggers=[trigger], defaults={})
    finished(api, send(api, row("1"), row("2", Who="bob"), row("3", Total="x", Who="eve")))
    settle(api)
    assert api.done("GET", f"{INTERACTIONS}/key:welcome?extras=all")["stats"]["currentPopulation"] == 2


def test_11_5_a_request_survives_the_end_of_the_process(database_url: str) -> None:
    with Served(database_url) as served:
        api = served.client()
        api.done("POST", OBJECTS, extension())
        items = [row(str(place)) for place in range(load_rows.PIECE + 5)]
        guid = served.built.database.write(
            lambda tx: load_rows.request(
                tx, 1, {"key": "orders"}, load_rows.INSERT, len(items), load_rows.pieces_of(items), NOW
            )
        ).result()
        pending = api.done("GET", f"{ASYNC}/{guid}/status")["status"]
        assert (pending["requestStatus"], pending["completionDateTime"]) == ("Pending", None)
        assert results(api, guid) == []
        api.http.close()
    with Served(database_url) as again:
        api = again.client()
        assert finished(api, guid)["hasErrors"] is False
        assert count(again) == len(items)
        api.http.close()


def test_11_5_rows_of_a_data_extension_that_is_gone_are_refused(database_url: str) -> None:
    with Served(database_url) as served:
        api = served.client()
        api.done("POST", OBJECTS, extension())
        guid = served.built.database.write(
            lambda tx: load_rows.request(tx, 1, {"key": "orders"}, "upsert", 1, load_rows.pieces_of([row("1")]), NOW)
        ).result()
        api.done("DELETE", f"{OBJECTS}/{api.done('GET', OBJECTS)['items'][0]['id']}")
        served.built.world.loader.start(guid)
        status = finished(api, guid)
        assert (status["requestStatus"], status["hasErrors"]) == ("Error", True)
        assert [one["errorCode"] for one in results(api, guid)] == ["30003"]
        api.http.close()


def test_11_5_an_unknown_request_is_told_in_the_answer(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    guid = send(api, row("1"))
    finished(api, guid)
    other = stranger(server, api)
    for client, wanted in ((api, "00000000-0000-0000-0000-000000000000"), (api, "x"), (other, guid)):
        for part in ("status", "results"):
            body = client.done("GET", f"{ASYNC}/{wanted}/{part}")
            assert list(body) == ["requestId", "resultMessages"]
            (message,) = body["resultMessages"]
            assert list(message) == ["resultType", "resultClass", "resultCode", "message"]
            assert (message["resultCode"], wanted in message["message"]) == ("AsyncRequestStatusNotFound", True)
    assert other("POST", BY_KEY, {"items": [row("1")]}).status_code == 404
    other.http.close()


def test_11_5_results_quote_nothing_of_a_deleted_contact(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    guid = send(api, row("1", Total="secret"), row("2", Total="secret", Who="bob"))
    finished(api, guid)
    body = {"values": ["ann"], "DeleteOperationType": "ContactAndAttributes"}
    assert api("POST", f"{CONTACTS}/actions/delete?type=keys", body).status_code == 202
    first, second = results(api, guid)
    assert (first["errorCode"], first["message"]) == ("10001", "")
    assert "secret" in second["message"]


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_11_5_writing_needs_its_scope(light_server: Served, verb: str) -> None:
    narrow = light_server.client(scope="data_extensions_read")
    assert narrow(verb, BY_KEY, {"items": [{}]}).status_code == 403
    narrow.http.close()
