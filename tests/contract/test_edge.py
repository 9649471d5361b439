"""What every call has in common: paths, tokens, scopes, media types, sizes, bodies (api.md 1, D-01 to D-13)."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.journeys import INTERACTIONS, change, made, minimal
from tests.contract.served import Api, Served

LIMIT = 5 * 1024 * 1024


def flat(answer: httpx.Response) -> tuple[int, int]:
    body = answer.json()
    assert list(body)[:3] == ["message", "errorcode", "documentation"]
    assert body["message"]
    return answer.status_code, body["errorcode"]


@pytest.mark.parametrize(
    "path",
    [
        "/INTERACTION/V1/Interactions",
        "/interaction/v1/interactions/",
        "//interaction/v1/interactions",
        "/interaction//v1/interactions//",
        "/interaction/v1/%69nteractions",
        "/interaction/v1/interactions/key:A%20b%2Fc",
        "/interaction/v1/interactions/key%3Aa%20B%2Fc",
        "/interaction/v1/Interactions/KEY:a+b%2Fc?VERSIONNUMBER=1",
    ],
)
def test_paths_match_in_any_case_with_stray_slashes_and_encoded_keys(light: Api, path: str) -> None:
    made(light, "A b/c")
    made(light, "A+b/c")
    raw = http.client.HTTPConnection(light.http.base_url.host, light.http.base_url.port)
    raw.request("GET", path, headers={"Authorization": light.http.headers["Authorization"]})
    answer = raw.getresponse()
    assert (answer.status, bool(json.loads(answer.read()))) == (200, True)
    raw.close()


def test_unknown_paths_and_methods(light: Api) -> None:
    answer = light("GET", "/interaction/v1/nothing", headers={"Authorization": "none"})
    assert flat(answer) == (404, 404)
    assert answer.json()["message"] == "Not Found"
    assert answer.json()["documentation"].startswith("http")
    answer = light("PATCH", INTERACTIONS, headers={"Authorization": "none"})
    assert flat(answer) == (405, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST, PUT"
    assert flat(light("GET", f"{INTERACTIONS}/key:")) == (400, 10000)
    for path in (f"{INTERACTIONS}/key:%00", f"{INTERACTIONS}/key:%FF", f"{INTERACTIONS}/%ff"):
        assert light("GET", path).status_code == 404


def test_head_and_options(light: Api) -> None:
    head = light("HEAD", "/healthz")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    options = light("OPTIONS", INTERACTIONS)
    assert options.headers["allow"] == "GET, HEAD, OPTIONS, POST, PUT"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer " + "x" * 5000, "Bearer ü"])
def test_a_bad_token_is_refused_before_anything_else(light: Api, header: str) -> None:
    answer = light(
        "POST", INTERACTIONS, content=b"{", headers={"Authorization": header.encode(), "Content-Type": "text/plain"}
    )
    assert flat(answer) == (401, 0)
    assert answer.json()["message"] == "Not Authorized"
    assert answer.headers["www-authenticate"] == 'Bearer realm="waystage", error="invalid_token"'
    assert light.done("GET", INTERACTIONS)["count"] == 0


def test_a_missing_scope_is_refused_before_the_resource_and_the_body(light_server: Served) -> None:
    bare = light_server.client(scope="")
    for verb, path in (("GET", f"{INTERACTIONS}/none"), ("POST", INTERACTIONS), ("GET", "/waystage/v1/clients")):
        answer = bare(verb, path)
        assert flat(answer) == (403, 20002)
    reader = light_server.client(scope="journeys_read")
    assert reader("POST", INTERACTIONS, minimal()).status_code == 200
    assert flat(reader("GET", "/waystage/v1/clients")) == (403, 20002)
    bare.http.close()
    reader.http.close()


def test_fine_scopes_ask_for_more(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_FINE_SCOPES="true") as server:
        reader = server.client(scope="journeys_read")
        assert reader("GET", INTERACTIONS).status_code == 200
        assert flat(reader("POST", f"{INTERACTIONS}/stop/x?versionNumber=1")) == (403, 20002)
        assert flat(reader("POST", "/interaction/v1/events", {})) == (403, 20002)
        reader.http.close()


def test_media_types(light: Api) -> None:
    body = json.dumps(minimal()).encode()
    for media in ("text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"):
        assert flat(light("POST", INTERACTIONS, content=body, headers={"Content-Type": media})) == (415, 415)
    assert flat(light("POST", INTERACTIONS, content=body, headers={"Content-Encoding": "gzip"})) == (415, 415)
    for number, media in enumerate(
        ("application/json; charset=UTF-8", "application/merge-patch+json", "APPLICATION/JSON")
    ):
        body = json.dumps(minimal(f"k{number}")).encode()
        assert light("POST", INTERACTIONS, content=body, headers={"Content-Type": media}).status_code == 200
    assert light("GET", INTERACTIONS, headers={"Content-Type": "text/plain"}).status_code == 200
    assert light("POST", INTERACTIONS, content=json.dumps(minimal("bare")).encode()).status_code == 200


def chunks(size: int) -> Any:
    for _ in range(size // 65536):
        yield b" " * 65536


def test_bodies_up_to_the_limit_and_not_beyond(light: Api) -> None:
    body = json.dumps(minimal(description="x" * (LIMIT - 200))).encode()
    assert len(body) < LIMIT
    assert light("POST", INTERACTIONS, content=body).status_code == 200
    assert flat(light("POST", INTERACTIONS, content=b" " * (LIMIT + 1))) == (413, 413)
    assert flat(light("POST", INTERACTIONS, content=chunks(LIMIT + 2 * 65536))) == (413, 413)
    assert light.done("GET", INTERACTIONS)["count"] == 1


BROKEN = [
    b"{",
    b'{"key": }',
    b'{"key": "a"} x',
    b"\xff\xfe{}",
    b'{"key": "\xe9"}',
    b'{"key": "a", "key": "b"}',
    b'{"key": "a", "x": {"y": 1, "y": 2}}',
    b'{"x": NaN}',
    b'{"x": Infinity}',
    b'{"x": 1e999}',
    b'{"x": "\\ud800"}',
    b'{"x": ' + b"9" * 5000 + b"}",
    b"[" * 101 + b"]" * 101,
    b'{"a":' * 200_000,
    b'"' + b'\\"' * 2_000_000,
    b'{"x": "\t"}',
]


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_broken_json_is_refused(light: Api, raw: bytes) -> None:
    assert flat(light("POST", INTERACTIONS, content=raw)) == (400, 10004)
    assert light.done("GET", INTERACTIONS)["count"] == 0


def test_strange_but_valid_json_is_kept(light: Api) -> None:
    vendor: Any = {"big": 10**40, "nul": "a\0b", "deep": [], "": None, "ключ": "\U0001f600", "tiny": 1e-300}
    for _ in range(90):
        vendor["deep"] = [vendor["deep"]]
    journey = made(light, description="a\0b", vendor=vendor, tags=["t\0"])
    assert light.done("GET", f"{INTERACTIONS}/{journey['id']}")["vendor"] == vendor


WRONG: list[Any] = [
    *(None, 7, -1.5, True, "x", "", 10**30),
    *([], [7], ["x"], {}, {"x": 1}, [[]], [{}], [{"outcomes": 7}]),
]


def test_wrong_types_in_every_known_place_are_no_faults_of_the_server(light: Api) -> None:
    names = list(light.done("POST", INTERACTIONS, minimal("base")))
    for name in (*names, "tags", "campaigns"):
        for wrong in WRONG:
            body = minimal("probe") | {name: wrong}
            answer = light("POST", INTERACTIONS, body)
            assert answer.status_code in {200, 400}, (name, wrong, answer.text)
            if answer.status_code == 200:
                journey = answer.json()
                update = change(journey) | {"description": "new", name: wrong}
                answer = light("PUT", f"{INTERACTIONS}/{journey['id']}", update)
                assert answer.status_code in {200, 304, 400, 404, 409}, (name, wrong, answer.text)
                assert light("DELETE", f"{INTERACTIONS}/{journey['id']}").status_code == 200


def test_query_parameters_of_wrong_types(light: Api) -> None:
    for query in (
        *("$page=0", "$page=x", "$pageSize=0", "$pagesize=1.5", "%24page=-1", "$page=", "$page=99999999999999999999"),
        *("versionNumber=a", "mostRecentVersionOnly=maybe", "specificApiVersionNumber=x"),
    ):
        assert flat(light("GET", f"{INTERACTIONS}?{query}")) == (400, 10001), query
    for query in ("status=Running", "$orderBy=Size", "$orderBy=Name+UP", "$orderBy=Name%20ASC%20x", "definitionType=x"):
        assert flat(light("GET", f"{INTERACTIONS}?{query}")) == (400, 10005), query
    for query in (
        "unknown=1",
        "status=",
        "extras=",
        "$orderBy=name+desc",
        "name=%00",
        "$page=9007199254740992",
        "tag=%00x",
    ):
        assert light("GET", f"{INTERACTIONS}?{query}").status_code in {200, 400}, query
    for number in (0, -1, 2**40, 2**53):
        assert light("GET", f"{INTERACTIONS}?versionNumber={number}").status_code == 200


def test_health_and_metrics_need_no_token(server: Served) -> None:
    with httpx.Client(base_url=server.address) as http:
        assert http.get("/healthz").json()["status"] == "alive"
        ready = http.get("/readyz")
        assert (ready.status_code, ready.json()["schema"]) == (200, "current")
        metrics = http.get("/metrics").text
        assert 'waystage_requests_total{route="/readyz",status="200",verb="GET"} 1.0' in metrics
        assert "waystage_engine_lag_seconds 0.0" in metrics


def test_many_clients_at_once(server: Served, api: Api) -> None:
    headers = dict(api.http.headers)

    def post(number: int) -> int:
        return httpx.post(f"{server.address}{INTERACTIONS}", json=minimal(f"k{number}"), headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(post, range(64))) == {200}
    assert api.done("GET", INTERACTIONS)["count"] == 64
