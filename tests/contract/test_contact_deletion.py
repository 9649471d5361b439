"""Deleting contacts over HTTP (contract 17, 39)."""

from typing import Any

import httpx
import pytest

from tests.contract.event_bodies import CONTACTS, OBJECTS, ROWS, extension
from tests.contract.event_bodies import codes as listed_codes
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("8.7")

DELETE = "/contacts/v1/contacts/actions/delete"


def delete(api: Api, *keys: str) -> Any:
    body = {"values": list(keys), "DeleteOperationType": "ContactAndAttributes"}
    answer = api("POST", DELETE, body, params={"type": "keys"})
    assert answer.status_code == 202, answer.text
    return answer.json()


def members(api: Api, *contacts: str) -> Any:
    return api.done("POST", f"{INTERACTIONS}/contactMembership", {"ContactKeyList": list(contacts)})["results"]


def current(api: Api) -> Any:
    return api.done("GET", f"{INTERACTIONS}/key:welcome?extras=all")["stats"]["currentPopulation"]


def test_a_contact_is_gone(api: Api) -> None:
    define_event(api)
    publish(api, [mail("M", "W"), wait("W", "M2"), mail("M2")])
    for contact in ("ann", "bob"):
        fire(api, contact, **{"First Name": contact})
    settle(api)
    answer = delete(api, "ann", "unknown")
    assert (answer["operationInitiated"], answer["hasErrors"], answer["resultMessages"]) == (True, False, [])
    assert api("PATCH", CONTACTS, {"contactKey": "ann"}).status_code == 404
    settle(api)
    assert members(api, "ann", "bob", "unknown")["contactsNotFound"] == ["ann", "unknown"]
    assert current(api) == 1
    api.done("POST", ADVANCE, {"by": "P1D"})
    assert [one["contactKey"] for one in messages(api)] == ["bob", "bob", "ann"]
    (kept,) = messages(api, contactKey="ann")
    assert (kept["to"], kept["status"]) == (None, "captured")


def test_it_is_refused_until_it_is_made_anew(server: Served, api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")], entryMode="OnceAndDone")
    publish(api, [wait("W")], key="other")
    fire(api, "ann")
    settle(api)
    delete(api, "ann")
    fire(api, "ann")
    settle(api)
    assert members(api, "ann") == {"contactMemberships": [], "contactsNotFound": ["ann"]}
    refused = server.built.database.read(lambda tx: tx.rows("SELECT status FROM remark")).result()
    assert refused == [("ContactIsDeleted",), ("ContactIsDeleted",)]
    assert api.done("POST", CONTACTS, {"contactKey": "ann"})["isNewContactKey"] is True
    fire(api, "ann")
    settle(api)
    found = members(api, "ann")["contactMemberships"]
    assert [(one["definitionKey"], one["version"]) for one in found] == [("other", 1)]


def test_its_rows_go_and_the_key_is_free(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    api.done("POST", f"{ROWS}/key:orders/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "ann", "Total": 3}}])
    delete(api, "ann")
    settle(api)
    saved = api.done("PUT", f"{ROWS}/key:orders/rows/Id:1", {"values": {"Who": "bob"}})
    assert saved["values"].get("Total") is None


def test_twice_is_the_same(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    fire(api, "ann")
    settle(api)
    for _ in range(2):
        delete(api, "ann", "ann")
        settle(api)
    assert current(api) == 0


def codes(answer: httpx.Response) -> list[int]:
    """The error numbers of either envelope."""
    body = answer.json()
    return listed_codes(answer) if "validationErrors" in body else [body["errorcode"]]


BAD: list[tuple[Any, list[int]]] = [
    ({}, [10002]),
    ({"values": []}, [10005]),
    ({"values": "ann"}, [10001]),
    ({"values": [5, None, "ann", " "]}, [10001, 10001, 10002]),
    ({"values": ["x" * 255, "a\0"]}, [10005, 10003]),
    ({"values": [f"c{number}" for number in range(1001)]}, [10005]),
    ({"values": ["ann"], "DeleteOperationType": "AttributesOnly"}, [10005]),
    ({"values": ["ann"], "DeleteOperationType": 5}, [10001]),
    ([], [10001]),
]


def test_bad_bodies(light: Api) -> None:
    for body, expected in BAD:
        answer = light("POST", DELETE, body, params={"type": "keys"})
        assert (answer.status_code, codes(answer)) == (400, expected), body


def test_the_type_is_required_and_only_keys(light: Api) -> None:
    body = {"values": ["ann"]}
    assert codes(light("POST", DELETE, body)) == [10002]
    assert codes(light("POST", DELETE, body, params={"type": "ids"})) == [10005]
    assert light("POST", DELETE, body, params={"type": "Keys"}).status_code == 202
    assert light(
        "POST", DELETE, {"Values": [f"c{number}" for number in range(1000)]}, params={"type": "keys"}
    ).is_success
