"""The journey map of a business unit (api.md 5.5, D-42)."""

from typing import Any

import pytest

from tests.contract.mailing import ADVANCE
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("5.5")

MAP = "/interaction/v1/map"


def test_5_5_nothing_was_ever_set(api: Api) -> None:
    assert api.done("GET", MAP) == {}


def test_5_5_a_map_is_replaced_as_a_whole(api: Api) -> None:
    first = {"name": "Année 😀", "stages": [{"x": 1.5, "y": None}], "Name": True}
    made = api.done("POST", MAP, first)
    assert {name: made[name] for name in first} == first
    assert made["createdDate"] == made["modifiedDate"]
    assert api.done("GET", MAP) == made
    api.done("POST", ADVANCE, {"by": "P1D"})
    assert api.done("POST", MAP, first) == made
    second = api.done("POST", MAP, {"stages": []})
    assert sorted(second) == ["createdDate", "modifiedDate", "stages"]
    assert second["createdDate"] == made["createdDate"] < second["modifiedDate"]
    assert api.done("GET", MAP) == second


def test_5_5_dates_belong_to_the_server(api: Api) -> None:
    made = api.done("POST", MAP, {"createdDate": "1999", "ModifiedDate": "x", "a": 1})
    assert made == api.done("POST", MAP, {"a": 1})
    assert made["createdDate"].startswith("2026-01-01T")


def test_5_5_an_empty_body_is_an_empty_map(api: Api) -> None:
    api.done("POST", MAP, {"a": 1})
    emptied = api.http.post(MAP).json()
    assert sorted(emptied) == ["createdDate", "modifiedDate"]


@pytest.mark.parametrize("body", [[], "text", 5, [{"a": 1}], True])
def test_5_5_only_an_object_is_a_map(api: Api, body: Any) -> None:
    before = api.done("POST", MAP, {"a": 1})
    refused = api("POST", MAP, body)
    assert (refused.status_code, refused.json()["errorcode"]) == (400, 10004)
    assert api.http.post(MAP, content=b"{").json()["errorcode"] == 10004
    assert api.http.post(MAP, content=b"null").json()["errorcode"] == 10004
    assert api.done("GET", MAP) == before


def test_5_5_each_business_unit_has_its_own(api: Api, server: Served) -> None:
    mine = api.done("POST", MAP, {"mine": 1})
    made = api.done("POST", "/waystage/v1/clients", {"name": "other", "accountId": 77, "scopes": ["journeys_read"]})
    other = server.client(made["clientId"], made["clientSecret"])
    assert other.done("GET", MAP) == {}
    other.done("POST", MAP, {"theirs": 2})
    assert api.done("GET", MAP) == mine
    other.http.close()
