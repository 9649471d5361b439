"""Contact exit, its status, and membership over HTTP (api.md 8, D-54)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.event_bodies import codes as listed_codes
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, define_event, fire, mail, publish, settle, wait
from tests.contract.served import Api

pytestmark = pytest.mark.spec("8.7")

EXIT = f"{INTERACTIONS}/contactexit"
STATUS = f"{EXIT}/status"
MEMBERSHIP = f"{INTERACTIONS}/contactMembership"

RECEIVED = "Exit request received for processing"
COMPLETED = "Exit process Completed."
IGNORED = "Exit request Ignored - Invalid Interaction Name."


def one(contact: str, journey: str = "welcome", **more: Any) -> dict[str, Any]:
    return {"ContactKey": contact, "DefinitionKey": journey, **more}


def started(api: Api, *contacts: str) -> None:
    define_event(api)
    publish(api, [wait("W", "M"), mail("M")])
    for contact in contacts:
        fire(api, contact)
    settle(api)


def status(api: Api, contact: str, **more: Any) -> list[dict[str, Any]]:
    (found,) = api.done("POST", STATUS, [one(contact, **more)])
    assert (found["contactKey"], found["definitionKey"]) == (contact, "welcome")
    answer: list[dict[str, Any]] = found["status"]
    return answer


def members(api: Api, *contacts: str) -> Any:
    return api.done("POST", MEMBERSHIP, {"ContactKeyList": list(contacts)})["results"]


def test_a_contact_leaves_and_says_so(api: Api) -> None:
    started(api, "ann", "bob")
    answer = api("POST", EXIT, [one("ann")])
    assert (answer.status_code, answer.json()) == (202, {"errors": []})
    settle(api)
    (left,) = status(api, "ann")
    assert (left["version"], left["message"]) == (1, COMPLETED)
    assert len(left["definitionInstanceId"]) == 36
    assert status(api, "bob") == []
    assert members(api, "ann", "bob", "eve") == {
        "contactMemberships": [{"contactKey": "bob", "definitionKey": "welcome", "version": 1}],
        "contactsNotFound": ["eve"],
    }
    api.done("POST", ADVANCE, {"by": "P1D"})
    found = api.done("GET", "/waystage/v1/messages")["items"]
    assert [message["contactKey"] for message in found] == ["bob"]


def test_names_in_any_case_and_versions(api: Api) -> None:
    started(api, "ann")
    body = [{"contactKey": "ann", "definitionKEY": "WELCOME", "versions": [1]}]
    assert api("POST", EXIT, body).json() == {"errors": []}
    settle(api)
    assert [entry["version"] for entry in status(api, "ann", Versions=[1])] == [1]


def test_twice_and_of_a_contact_that_is_not_there(api: Api) -> None:
    started(api, "ann")
    for _ in range(2):
        assert api("POST", EXIT, [one("ann"), one("ann"), one("nobody")]).status_code == 202
        settle(api)
    assert len(status(api, "ann")) == 1
    assert status(api, "nobody") == [{"version": 1, "message": COMPLETED}]


def test_unknown_journeys_and_versions_are_ignored_by_name(api: Api) -> None:
    started(api, "ann")
    body = [one("ann", "nowhere"), one("ann", "nowhere", Versions=[2, 3]), one("ann", Versions=[7]), one("ann")]
    answer = api("POST", EXIT, body)
    assert answer.status_code == 202
    assert answer.json() == {
        "errors": [
            {"contactKey": "ann", "definitionKey": "nowhere", "status": [{"version": 0, "message": IGNORED}]},
            {
                "contactKey": "ann",
                "definitionKey": "nowhere",
                "status": [{"version": 2, "message": IGNORED}, {"version": 3, "message": IGNORED}],
            },
            {"contactKey": "ann", "definitionKey": "welcome", "status": [{"version": 7, "message": IGNORED}]},
        ]
    }
    settle(api)
    assert members(api, "ann")["contactMemberships"] == []
    (found,) = api.done("POST", STATUS, [one("ann", "nowhere")])
    assert found["status"] == [{"version": 0, "message": IGNORED}]


def test_a_deleted_journey_is_unknown(api: Api) -> None:
    started(api, "ann")
    api.done("POST", f"{INTERACTIONS}/stop/key:welcome?allVersions=true")
    api.done("DELETE", f"{INTERACTIONS}/key:welcome")
    assert len(api("POST", EXIT, [one("ann")]).json()["errors"]) == 1


def test_an_exit_that_waits_is_seen(api: Api, server: Any) -> None:
    started(api, "ann")
    server.built.engine.stop()
    api("POST", EXIT, [one("ann")])
    assert status(api, "ann") == [{"version": 1, "message": RECEIVED}]
    assert status(api, "ann", Versions=[1]) == [{"version": 1, "message": RECEIVED}]


def test_many_at_once(api: Api) -> None:
    contacts = [f"c{number}" for number in range(40)]
    started(api, *contacts)

    def leave(contact: str) -> int:
        return api("POST", EXIT, [one(contact), one("c0")]).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(leave, contacts[:30])) == {202}
    settle(api)
    left = {found["contactKey"] for found in members(api, *contacts)["contactMemberships"]}
    assert left == set(contacts[30:])


def codes(answer: httpx.Response) -> list[int]:
    """The error numbers of either envelope."""
    body = answer.json()
    return listed_codes(answer) if "validationErrors" in body else [body["errorcode"]]


BAD_EXITS: list[tuple[Any, list[int]]] = [
    ([], [10005]),
    ({}, [10005]),
    ([one(f"c{number}") for number in range(51)], [10005]),
    ({"ContactKey": "a"}, [10001]),
    ([5], [10001]),
    ([{}], [10002, 10002]),
    ([one("")], [10002]),
    ([one("a", "")], [10002]),
    ([one("x" * 255)], [10005]),
    ([{"ContactKey": 5, "DefinitionKey": []}], [10001, 10001]),
    ([one("a\0")], [10003]),
    ([one("a", Versions="1")], [10001]),
    ([one("a", Versions=["1"])], [10001]),
    ([one("a", Versions=[True])], [10001]),
    ([one("a", Versions=[1.5])], [10001]),
    ([one("a", Versions=[0])], [10005]),
    ([one("a", Versions=[2**40])], [10005]),
    ([one("a"), one("b", Versions={}), {"ContactKey": "c"}], [10001, 10002]),
]


@pytest.mark.parametrize("path", [EXIT, STATUS])
def test_bad_bodies(light: Api, path: str) -> None:
    for body, expected in BAD_EXITS:
        answer = light("POST", path, body)
        assert answer.status_code == 400, body
        assert codes(answer) == expected, body


def test_8_3_a_key_that_no_database_takes_is_refused(api: Api) -> None:
    answer = api("POST", MEMBERSHIP, {"ContactKeyList": ["ann", "a\0b"]})
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10003)


def test_bad_membership_bodies(light: Api) -> None:
    cases: list[tuple[Any, int]] = [
        ({}, 10002),
        ({"ContactKeyList": []}, 10005),
        ({"ContactKeyList": [f"c{number}" for number in range(51)]}, 10005),
        ({"ContactKeyList": "ann"}, 10001),
        ({"ContactKeyList": [5]}, 10001),
        ([], 10001),
    ]
    for body, code in cases:
        answer = light("POST", MEMBERSHIP, body)
        assert (answer.status_code, codes(answer)) == (400, [code]), body
    assert members(light, *(["nobody"] * 50)) == {"contactMemberships": [], "contactsNotFound": ["nobody"]}
