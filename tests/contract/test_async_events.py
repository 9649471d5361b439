"""Many events at once over HTTP (api.md 7.2, 7.3, D-52, D-53; contract 15, 17, 39)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.event_bodies import CONTACTS, DEFINITIONS, OBJECTS, ROWS, definition, extension, stranger
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, POLLS, define_event, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.operations import fire_event, fire_many
from waystage.operations.fire_many import GivenMember
from waystage.store.sql import Tx

BATCH = "/interaction/v1/async/events"
STATUS = f"{BATCH}/status"


def member(key: str, **data: Any) -> dict[str, Any]:
    return {"contactKey": key, "data": {"Points": 1, **data}}


def post(api: Api, *members: Any, event: str = "signup") -> Any:
    answer = api("POST", BATCH, {"eventDefinitionKey": event, "members": list(members)})
    assert answer.status_code == 202, answer.text
    return answer.json()


def status(api: Api, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.done("GET", STATUS, params=query)["items"]
    return found


def test_7_2_good_and_bad_members_keep_their_order(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    answer = post(api, member("ann"), member("bob", Points="x"), member("ann", Name="Ann"))
    assert (answer["count"], answer["notQueuedCount"]) == (3, 1)
    first, bad, last = answer["members"]
    assert [list(one) for one in (first, last)] == [["contactKey", "eventInstanceId"]] * 2
    assert first["eventInstanceId"] != last["eventInstanceId"]
    assert (bad["contactKey"], bad["errorcode"], "eventInstanceId" in bad) == ("bob", 10001, False)
    assert "Points" in bad["message"]


BAD_MEMBERS: list[tuple[Any, int]] = [
    (5, 10001),
    ({}, 10002),
    ({"contactKey": ""}, 10002),
    ({"contactKey": 7, "data": {"Points": 1}}, 10001),
    ({"contactKey": "x" * 255, "data": {"Points": 1}}, 10005),
    ({"contactKey": "a\0b", "data": {"Points": 1}}, 10003),
    ({"contactKey": "a", "data": [1]}, 10001),
    ({"contactKey": "a", "data": {}}, 10002),
    ({"contactKey": "a", "CONTACTKEY": "b", "ContactKey": "c"}, 10002),
    ({"CONTACTKEY": "b", "ContactKey": "c"}, 10004),
]


def test_7_2_whatever_is_wrong_with_a_member_is_its_own_error(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    answer = post(api, *[sent for sent, _ in BAD_MEMBERS], {"ContactKey": "ann", "DATA": {"points": "2"}})
    assert [one.get("errorcode") for one in answer["members"]] == [*[code for _, code in BAD_MEMBERS], None]
    rows = status(api, requestId=answer["requestId"])
    assert [row["status"] for row in rows[:-1]] == ["Errored"] * len(BAD_MEMBERS)
    assert [row["contactKey"] for row in rows] == [*[None] * 6, "a", "a", "a", "b", "ann"]


REFUSED: list[tuple[Any, int]] = [
    ([], 10001),
    ({"members": [member("a")]}, 10002),
    ({"eventDefinitionKey": "signup"}, 10002),
    ({"eventDefinitionKey": 5, "members": [member("a")]}, 10001),
    ({"eventDefinitionKey": "signup", "members": {}}, 10001),
    ({"eventDefinitionKey": "signup", "members": []}, 10005),
    ({"eventDefinitionKey": "signup", "members": [member("a")] * 101}, 10005),
    ({"eventDefinitionKey": "unknown", "members": [member("a")]}, 10005),
]


def test_7_2_whole_batches_are_refused_and_nothing_is_kept(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    for body, code in REFUSED:
        answer = api("POST", BATCH, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, code), body
    counts = server.built.database.read(lambda tx: tx.one("SELECT count(*) FROM event_request")).result()
    assert counts == (0,)


def test_7_2_names_are_read_in_any_case(light: Api) -> None:
    light.done("POST", DEFINITIONS, definition())
    answer = light("POST", BATCH, {"EVENTDEFINITIONKEY": "SIGNUP", "Members": [member("ann")]})
    assert (answer.status_code, answer.json()["notQueuedCount"]) == (202, 0)
    assert status(light, contactKey="ann")[0]["eventDefinitionKey"] == "signup"


def test_7_2_a_full_batch_enters(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    keys = [f"c{place % 90}" for place in range(100)]
    answer = post(api, *[{"contactKey": key, "data": {"Total": place}} for place, key in enumerate(keys)])
    assert (answer["count"], answer["notQueuedCount"]) == (100, 0)
    assert [one["contactKey"] for one in answer["members"]] == keys
    settle(api)
    assert api.done("GET", f"{INTERACTIONS}/key:welcome?extras=all")["stats"]["currentPopulation"] == 100
    assert [row["status"] for row in status(api, requestId=answer["requestId"], **{"$pageSize": 100})] == (
        ["Processed"] * 100
    )


def test_7_2_many_members_take_as_many_statements_as_one(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    database, numbers = server.built.database, server.built.world.numbers
    form = database.read(lambda tx: fire_event.find_form(tx, 1, "signup", 0)).result()

    def statements(count: int) -> int:
        given = [GivenMember(f"c{place}", {"Points": place}) for place in range(count)]

        def write(tx: Tx) -> int:
            before = tx.statements
            fire_many.fire(tx, form, given, fire_many.accept(form, given), numbers, 0)
            return tx.statements - before

        return database.write(write).result()

    assert statements(1) == statements(100) <= 3


def test_7_2_rows_that_lie_by_their_key_are_written_with_the_batch(api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    api.done("POST", DEFINITIONS, {"type": "APIEvent", "name": "Order", "eventDefinitionKey": "order",
        "dataExtensionId": made["id"]})  # fmt: skip
    sent = [{"contactKey": who, "data": {"Id": "1", "Total": total}} for who, total in (("ann", 1), ("bob", 2))]
    assert post(api, *sent, event="order")["notQueuedCount"] == 0
    settle(api)
    row = api.done("PUT", f"{ROWS}/key:orders/rows/Id:1", {"values": {}})["values"]
    assert (row["Who"], row["Total"]) == ("bob", 2.0)


def test_7_2_batches_beside_each_other_lose_nothing(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: post(api, *[{"contactKey": f"c{n}-{m}"} for m in range(25)]), range(8)))
    settle(api)
    assert api.done("GET", f"{INTERACTIONS}/key:welcome?extras=all")["stats"]["currentPopulation"] == 200


def test_7_3_filters_and_paging(api: Api) -> None:
    for key in ("signup", "other"):
        api.done("POST", DEFINITIONS, definition(key))
    first = post(api, member("ann"), member("bob", Points=None))
    second = post(api, member("ann"), event="other")
    settle(api)
    (only,) = status(api, eventInstanceId=second["members"][0]["eventInstanceId"].upper())
    assert (only["requestId"], only["status"], only["eventDefinitionKey"]) == (
        second["requestId"], "Processed", "other")  # fmt: skip
    assert only["createdDate"] == only["modifiedDate"] == "2026-01-01T00:00:00"
    assert [row["requestId"] for row in status(api, contactKey="ann")] == [first["requestId"], second["requestId"]]
    assert [row["contactKey"] for row in status(api, eventDefinitionKey="SIGNUP")] == ["ann", "bob"]
    (refused,) = status(api, type="ERRORED")
    assert (refused["contactKey"], refused["errorcode"], refused["eventInstanceId"]) == ("bob", 10002, None)
    assert status(api, type="errored", contactKey="ann") == []
    assert status(api, contactKey="ANN") == []
    page = api.done("GET", STATUS, params={"type": "processed", "$page": 2, "$pageSize": 1})
    assert (page["count"], page["page"], page["pageSize"]) == (2, 2, 1)
    assert [row["requestId"] for row in page["items"]] == [second["requestId"]]


def test_7_3_dates_reach_back_thirty_days(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    post(api, member("ann"))
    api.done("POST", ADVANCE, {"by": "P20D"})
    post(api, member("ann"))
    assert len(status(api, contactKey="ann")) == 2
    assert len(status(api, contactKey="ann", startDate="2026-01-02")) == 1
    assert len(status(api, contactKey="ann", endDate="2026-01-02T00:00:00")) == 1
    api.done("POST", ADVANCE, {"by": "P20D"})
    assert len(status(api, contactKey="ann")) == 1


def test_7_3_after_thirty_days_rows_are_gone(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    post(api, member("ann"), member("bob", Points="x"))
    api.done("POST", ADVANCE, {"by": "P32D"})
    for _ in range(POLLS):
        settle(api)
        counts = server.built.database.read(
            lambda tx: [tx.one(f"SELECT count(*) FROM {table}") for table in ("event_request", "event_member")]
        ).result()
        if counts == [(0,), (0,)]:
            return
    raise AssertionError(f"{counts} are left after {POLLS} polls")


def test_7_3_the_order_is_that_of_the_last_change_where_it_is_asked_for(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    first = post(api, member("ann"))
    api.done("POST", ADVANCE, {"by": "PT1H"})
    second = post(api, member("ann"))
    found = status(api, contactKey="ann", **{"$orderBy": "modifiedDate DESC"})
    assert [row["requestId"] for row in found] == [second["requestId"], first["requestId"]]
    assert [row["requestId"] for row in status(api, contactKey="ann", **{"$orderBy": "ModifiedDate"})] == [
        first["requestId"], second["requestId"]]  # fmt: skip


BAD_QUERIES: list[tuple[dict[str, str], int]] = [
    ({}, 10002),
    ({"$page": "1"}, 10002),
    ({"type": "waiting"}, 10005),
    ({"requestId": "x"}, 10003),
    ({"eventInstanceId": "x"}, 10003),
    ({"contactKey": "ann", "startDate": "yesterday"}, 10003),
    ({"contactKey": "ann", "$orderBy": "createdDate"}, 10005),
    ({"contactKey": "ann", "$orderBy": "modifiedDate sideways"}, 10005),
    ({"type": "queued", "$orderBy": "modifiedDate"}, 10005),
    ({"type": "queued", "$page": "0"}, 10001),
]


@pytest.mark.parametrize(("query", "code"), BAD_QUERIES)
def test_7_3_bad_queries_are_refused(light: Api, query: dict[str, str], code: int) -> None:
    answer = light("GET", STATUS, params=query)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, code)


def test_7_3_unknown_ids_find_nothing(light: Api) -> None:
    guid = "00000000-0000-0000-0000-000000000000"
    assert status(light, requestId=guid) == status(light, eventInstanceId=guid) == status(light, contactKey="x") == []


def test_7_3_an_event_that_a_pause_holds_is_queued(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    pause = {"RetainContactInjectionWhileJourneyPaused": True}
    assert api("POST", f"{INTERACTIONS}/pause/key:welcome?versionNumber=1", pause).status_code == 202
    answer = post(api, {"contactKey": "ann"})
    settle(api)
    (row,) = status(api, requestId=answer["requestId"])
    assert (row["status"], row["modifiedDate"]) == ("Queued", "2026-01-01T00:00:00")
    api.done("POST", ADVANCE, {"by": "PT2H"})
    assert api("POST", f"{INTERACTIONS}/resume/key:welcome?versionNumber=1", {}).status_code == 202
    settle(api)
    (row,) = status(api, type="processed")
    assert (row["createdDate"], row["modifiedDate"]) == ("2026-01-01T00:00:00", "2026-01-01T02:00:00")


def test_7_3_a_deleted_contact_leaves_no_key(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    answer = post(api, member("ann"), member("ann", Points="secret"), member("bob"))
    body = {"values": ["ann"], "DeleteOperationType": "ContactAndAttributes"}
    assert api("POST", f"{CONTACTS}/actions/delete?type=keys", body).status_code == 202
    rows = status(api, requestId=answer["requestId"])
    assert [(row["contactKey"], row["message"]) for row in rows] == [(None, None), (None, ""), ("bob", None)]
    assert status(api, contactKey="ann") == []


def test_7_3_business_units_are_apart(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    answer = post(api, member("ann"))
    other = stranger(server, api)
    assert status(other, requestId=answer["requestId"]) == status(other, contactKey="ann") == []
    assert status(other, eventInstanceId=answer["members"][0]["eventInstanceId"]) == []
    assert other("POST", BATCH, {"eventDefinitionKey": "signup", "members": [member("a")]}).status_code == 400
    other.http.close()
