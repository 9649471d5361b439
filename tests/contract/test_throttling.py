"""Throttling: a setting, off by default, with the documented answer (api.md 1.8.1 E5, 1.9; D-13)."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.served import CLIENT_ID, Api, Served

JOURNEYS = "/interaction/v1/interactions"


@pytest.fixture
def slow(sqlite_url: str) -> Iterator[Served]:
    with Served(sqlite_url, WAYSTAGE_THROTTLE="5") as served:
        yield served


def test_1_8_the_call_beyond_the_rate_is_refused_as_documented(slow: Served) -> None:
    api = slow.client()
    assert [api("GET", JOURNEYS).status_code for _ in range(5)] == [200] * 5
    refused = api("POST", JOURNEYS, {"key": "k", "name": "n", "workflowApiVersion": 1})
    assert refused.status_code == 429
    body = refused.json()
    assert (body["message"], body["errorcode"]) == ("Rate limit exceeded", 50100)
    assert body["documentation"] == ""
    assert body["retryAfter"] == int(refused.headers["retry-after"])
    assert 1 <= body["retryAfter"] <= 60 / 5


def test_1_8_each_client_has_a_rate_of_its_own(slow: Served) -> None:
    api = slow.client()
    made = api.done("POST", "/waystage/v1/clients", {"name": "other", "accountId": 1, "scopes": ["journeys_read"]})
    while api("GET", JOURNEYS).status_code == 200:
        pass
    other = slow.client(made["clientId"], made["clientSecret"])
    assert other("GET", JOURNEYS).status_code == 200


def test_d_13_the_token_counts_before_the_rate_and_the_rate_before_the_scope(slow: Served) -> None:
    reader = slow.client(scope="journeys_read")
    for _ in range(5):
        assert reader("GET", "/waystage/v1/clients").status_code == 403
    assert reader("GET", "/waystage/v1/clients").status_code == 429
    nobody = httpx.get(f"{slow.address}{JOURNEYS}", headers={"Authorization": "Bearer nonsense"})
    assert nobody.status_code == 401


def test_11_1_secrets_cannot_be_guessed_faster_than_the_rate(slow: Served) -> None:
    body = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": "wrong"}
    answers = [httpx.post(f"{slow.address}/v2/token", json=body) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert httpx.get(f"{slow.address}/healthz").status_code == 200


def test_nothing_is_throttled_by_default(light: Api) -> None:
    assert {light("GET", JOURNEYS, params={"$pageSize": 1}).status_code for _ in range(60)} == {200}
