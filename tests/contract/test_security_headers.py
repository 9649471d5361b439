"""Headers that every answer has, whatever it is."""

import httpx
import pytest

from tests.contract.served import Served

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/metrics"),
        ("GET", "/interaction/v1/interactions"),
        ("GET", "/nowhere"),
        ("PATCH", "/interaction/v1/interactions"),
        ("POST", "/v2/token"),
        ("OPTIONS", "/interaction/v1/interactions"),
        ("HEAD", "/healthz"),
    ],
)
def test_every_answer_has_them_once(light_server: Served, verb: str, path: str) -> None:
    answer = httpx.request(verb, f"{light_server.address}{path}")
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value], name
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "strict-transport-security" not in answer.headers


def test_an_encrypted_address_asks_for_encryption(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_PUBLIC_URL="https://journeys.example.com") as served:
        answer = httpx.get(f"{served.address}/healthz")
        assert answer.headers["strict-transport-security"].startswith("max-age=")
