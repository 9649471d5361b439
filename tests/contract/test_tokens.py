"""Access tokens, API clients and business units (api.md 11.1, D-59, clients.md 2, contract)."""

from typing import Any

import httpx
import pytest

from tests.contract.journeys import INTERACTIONS, made
from tests.contract.served import CLIENT_ID, CLIENT_SECRET, Api, Served
from waystage.operations.clients import SCOPES

CLIENTS = "/waystage/v1/clients"
RIGHT = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def ask(server: Served, body: Any) -> httpx.Response:
    return httpx.post(f"{server.address}/v2/token", json=body)


def test_a_token_answer_has_what_clients_need(server: Served) -> None:
    answer = ask(server, RIGHT)
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 1079)
    assert set(body["scope"].split()) == set(SCOPES)
    assert len(body["access_token"]) <= 512
    assert body["rest_instance_url"] == body["soap_instance_url"] == f"{server.address}/"
    assert "refresh_token" not in body
    again = ask(server, RIGHT | {"scope": body["scope"], "account_id": 1})
    assert again.json()["scope"] == body["scope"]


def test_forms_and_all_spellings_of_the_account(light_server: Served) -> None:
    assert httpx.post(f"{light_server.address}/v2/token", data=RIGHT | {"account_id": "1"}).status_code == 200
    assert httpx.post(f"{light_server.address}//V2/Token/", data=RIGHT).status_code == 200
    for account in (1, "1", None, ""):
        assert ask(light_server, RIGHT | {"account_id": account}).status_code == 200
    assert ask(light_server, RIGHT | {"scope": ""}).json()["scope"] == ""
    assert ask(light_server, RIGHT | {"scope": "journeys_read  journeys_read"}).json()["scope"] == "journeys_read"


REFUSED: list[tuple[Any, int, str]] = [
    (RIGHT | {"client_secret": "wrong"}, 401, "invalid_client"),
    (RIGHT | {"client_id": "nobody"}, 401, "invalid_client"),
    (RIGHT | {"account_id": 2}, 401, "invalid_client"),
    (RIGHT | {"account_id": "x"}, 400, "invalid_request"),
    (RIGHT | {"account_id": [1]}, 400, "invalid_request"),
    (RIGHT | {"account_id": "²"}, 400, "invalid_request"),
    (RIGHT | {"grant_type": "password"}, 400, "unsupported_grant_type"),
    (RIGHT | {"scope": "nonsense"}, 400, "invalid_scope"),
    (RIGHT | {"scope": 5}, 400, "invalid_request"),
    (RIGHT | {"client_id": 5}, 400, "invalid_request"),
    (RIGHT | {"client_id": "a\0"}, 400, "invalid_request"),
    ({}, 400, "invalid_request"),
    ([], 400, "invalid_request"),
    (None, 400, "invalid_request"),
]


@pytest.mark.parametrize(("body", "status", "word"), REFUSED)
def test_refusals_have_the_oauth_envelope(light_server: Served, body: Any, status: int, word: str) -> None:
    answer = ask(light_server, body)
    assert (answer.status_code, answer.json()["error"]) == (status, word)
    assert answer.json()["error_description"]
    assert answer.json()["error_uri"].startswith("http")


def test_unreadable_token_requests(light_server: Served) -> None:
    url = f"{light_server.address}/v2/token"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, headers in ((b"{", {}), (b"\xff=%ff&" * 3, form), (b"grant_type=a&grant_type=b", form)):
        answer = httpx.post(url, content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_business_units_do_not_see_each_other(server: Served, api: Api) -> None:
    new = api.done(
        "POST", CLIENTS, {"name": "Second", "accountId": 2, "scopes": ["journeys_read"], "businessUnitName": "Two"}
    )
    assert {name: new[name] for name in ("name", "accountId", "scopes")} == {
        "name": "Second", "accountId": 2, "scopes": ["journeys_read"],
    }  # fmt: skip
    other = server.client(new["clientId"], new["clientSecret"], account_id="2")
    mine, theirs = made(api), made(other)
    assert mine["id"] != theirs["id"]
    assert other.done("GET", INTERACTIONS)["count"] == 1
    for verb in ("GET", "DELETE"):
        assert other(verb, f"{INTERACTIONS}/{mine['id']}").status_code == 404
    assert other("GET", f"{INTERACTIONS}?id={mine['id']}").json()["count"] == 0
    assert other("GET", CLIENTS).status_code == 403
    assert ask(server, RIGHT | {"account_id": 2}).status_code == 401
    other.http.close()


def test_a_revoked_client_is_out_at_once(server: Served, api: Api) -> None:
    new = api.done("POST", CLIENTS, {"name": "Third", "scopes": ["journeys_read"]})
    assert new["accountId"] == 1
    other = server.client(new["clientId"], new["clientSecret"])
    assert other("GET", INTERACTIONS).status_code == 200
    listed = api.done("GET", CLIENTS)
    assert [row["clientId"] for row in listed["items"]] == [CLIENT_ID, new["clientId"]]
    assert "clientSecret" not in listed["items"][1]
    assert api.done("DELETE", f"{CLIENTS}/{new['clientId']}") == {}
    assert other("GET", INTERACTIONS).status_code == 401
    assert ask(server, RIGHT | {"client_id": new["clientId"], "client_secret": new["clientSecret"]}).status_code == 401
    assert api("DELETE", f"{CLIENTS}/{new['clientId']}").json()["errorcode"] == 30003
    other.http.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"name": 5},
        {"scopes": None},
        {"scopes": "journeys_read"},
        {"scopes": ["x"]},
        {"scopes": [1]},
        {"accountId": 0},
        {"accountId": "x"},
    ],
)
def test_malformed_clients_are_refused(light: Api, wrong: dict[str, Any]) -> None:
    answer = light("POST", CLIENTS, {"name": "N", "scopes": ["journeys_read"]} | wrong)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10006)
    assert next(iter(wrong)) in answer.json()["validationErrors"][0]["message"]
    assert light.done("GET", CLIENTS)["count"] == 1


def test_secrets_and_tokens_are_stored_as_hashes_only(light_server: Served) -> None:
    token = light_server.token()
    stored = light_server.built.database.read(
        lambda tx: [*tx.rows("SELECT * FROM client"), *tx.rows("SELECT * FROM token")]
    ).result()
    assert stored
    assert token not in str(stored)
    assert CLIENT_SECRET not in str(stored)


def test_an_expired_token_changes_nothing(server: Served, api: Api) -> None:
    server.built.database.write(lambda tx: tx.run("UPDATE token SET expires = 1")).result()
    server.built.world.tokens.forget()
    answer = api("POST", INTERACTIONS, {"key": "k", "name": "n", "workflowApiVersion": 1})
    assert (answer.status_code, answer.json()["errorcode"]) == (401, 0)
    fresh = server.client()
    assert fresh.done("GET", INTERACTIONS)["count"] == 0
    fresh.http.close()
