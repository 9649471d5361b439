"""Whom a token stands for, and where the APIs are (api.md 11.2 to 11.4, D-60)."""

from typing import Any

import pytest

from tests.contract.event_bodies import stranger
from tests.contract.served import CLIENT_ID, Api, Served
from waystage.ground.clock import real_now


def test_11_2_userinfo(server: Served, api: Api) -> None:
    found = api.done("GET", "/V2/UserInfo")
    base = f"{server.address}/"
    assert list(found) == ["exp", "iss", "user", "organization", "rest", "application", "permissions"]
    assert 0 < found["exp"] - real_now() // 1000 <= 1200
    assert (found["iss"], found["rest"]) == (base, {"rest_instance_url": base, "soap_instance_url": base})
    user, organization = found["user"], found["organization"]
    assert list(user) == ["sub", "name", "preferred_username", "email", "locale", "zoneinfo", "timezone"]
    assert user["zoneinfo"] == organization["zoneinfo"] == "Etc/UTC"
    assert user["timezone"] == {"longName": "(GMT+00:00)", "shortName": "UTC", "offset": 0.0, "dst": False}
    assert (organization["member_id"], organization["enterprise_id"]) == (1, 1)
    application = found["application"]
    assert (application["id"], application["redirectUrl"]) == (CLIENT_ID, [])
    assert "journeys_read" in application["appScopes"]


def test_11_2_only_the_scopes_of_the_token_are_told(light_server: Served) -> None:
    narrow = light_server.client(scope="journeys_read")
    assert narrow.done("GET", "/v2/userinfo")["application"]["appScopes"] == ["journeys_read"]
    narrow.http.close()


@pytest.mark.parametrize(
    ("offset", "zone", "hours"),
    [
        ("-06:00", "Etc/GMT+6", -6.0),
        ("+14:00", "Etc/GMT-14", 14.0),
        ("+05:30", "+05:30", 5.5),
        ("-13:00", "-13:00", -13),
    ],
)
def test_11_2_the_zone_is_that_of_the_settings(sqlite_url: str, offset: str, zone: str, hours: float) -> None:
    with Served(sqlite_url, WAYSTAGE_UTC_OFFSET=offset) as served:
        client = served.client()
        user = client.done("GET", "/v2/userinfo")["user"]
        client.http.close()
    assert (user["zoneinfo"], user["timezone"]["offset"]) == (zone, hours)


def test_11_3_token_context(server: Served, api: Api) -> None:
    answer = api("GET", "/platform/v1/tokencontext")
    assert answer.status_code == 200
    assert {name: list(part) for name, part in answer.json().items()} == {
        "enterprise": ["id"], "organization": ["id"], "user": ["id"]}  # fmt: skip
    other = stranger(server, api)
    ids = other.done("GET", "/platform/v1/tokenContext")
    assert (ids["organization"], ids["enterprise"]) == ({"id": 2}, {"id": 2})
    assert ids["user"] != answer.json()["user"]
    other.http.close()


def test_11_4_endpoints(light_server: Served, light: Api) -> None:
    found = light.done("GET", "/platform/v1/endpoints")
    assert (found["page"], found["pageSize"], found["count"]) == (1, 50, 3)
    assert [item["type"] for item in found["items"]] == ["auth", "rest", "soap"]
    for item in found["items"]:
        assert light.done("GET", f"/platform/v1/endpoints/{item['type'].upper()}") == item
        assert item["url"] == f"{light_server.address}/{'Service.asmx' if item['type'] == 'soap' else ''}"
    page = light.done("GET", "/platform/v1/endpoints?$page=2&$pageSize=2")
    assert [item["type"] for item in page["items"]] == ["soap"]


def test_11_4_an_unknown_type_is_not_found(light: Api) -> None:
    answer = light("GET", "/platform/v1/endpoints/ftp")
    assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)


@pytest.mark.parametrize("path", ["/v2/userinfo", "/platform/v1/tokenContext", "/platform/v1/endpoints"])
def test_11_2_no_token_no_answer(light_server: Served, path: str) -> None:
    nobody = Api(light_server.address, None)
    answer: Any = nobody("GET", path)
    assert (answer.status_code, answer.json()["errorcode"]) == (401, 0)
    nobody.http.close()
