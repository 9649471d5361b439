"""Every request has a name: the client's, or one of our own; it comes back with the answer."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.served import Served

OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]+")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all: nothing is stored."""
    with Served(f"sqlite:///{tmp_path_factory.mktemp('names') / 'waystage.db'}") as served:
        yield served


@pytest.mark.parametrize("given", ["a", "7e57", "1-67891233-abcdef012345678912345678", "a.b:c=d/e~f+g_h-i", "x" * 128])
def test_a_plain_name_comes_back(server: Served, given: str) -> None:
    answer = httpx.get(f"{server.address}/healthz", headers={"X-Request-Id": given})
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a\tb", "<script>", "ä", '"quoted"', "-begins", "a;b", "ann@example.com"]
)
def test_any_other_is_replaced(server: Served, given: str) -> None:
    answer = httpx.get(f"{server.address}/healthz", headers={b"X-Request-Id": given.encode()})
    (name,) = answer.headers.get_list("x-request-id")
    assert OURS.fullmatch(name)


def test_our_names_differ(server: Served) -> None:
    with httpx.Client(base_url=server.address) as http:
        names = [http.get("/healthz").headers["x-request-id"] for _ in range(20)]
    assert len(set(names)) == 20


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("GET", "/nothing", 404), ("OPTIONS", "/healthz", 200), ("HEAD", "/healthz", 200), ("POST", "/v2/token", 400)],
)
def test_refusals_have_one_too(server: Served, verb: str, path: str, status: int) -> None:
    answer = httpx.request(verb, f"{server.address}{path}", headers={"X-Request-Id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, "mine")
