"""No business unit sees or moves what belongs to another: every route is called with a foreign token.

The foreign caller knows every key, id and number of the other unit, and sends them wherever one could stand. What it
must never see are the *values*: each holds the word SECRET, which it never sends. Afterwards the other unit reads
exactly what it read before.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.everything import SECRET, Unit, populated
from tests.contract.journeys import INTERACTIONS
from tests.contract.served import Api, Served
from waystage.api.route import ADMIN, Route
from waystage.api.routes import ROUTES

PARAMETER = re.compile(r"{(\w+)}")
#: Clients are the server's, not a unit's: whoever may make units sees them all (contract, our resources).
GLOBAL = {"/waystage/v1/clients", "/waystage/v1/clients/{clientId}"}
#: The clock is one for the whole server.
SHARED = {"/waystage/v1/clock/advance"}


def _bodies(names: list[str]) -> Iterator[Any]:
    """Nothing, an object with every name wherever a name is read, the same in an array, and a list of one kind."""
    guids = [name for name in names if len(name) == 36]
    yield {}
    for key, guid in itertools.zip_longest(("signup", "shelf", "welcome", "draft"), guids[:12], fillvalue="welcome"):
        one = {
            "key": key, "name": "theirs", "id": guid, "definitionId": guid, "DefinitionKey": key, "objectId": guid,
            "version": 1, "workflowApiVersion": 1.0, "modifiedDate": "2026-01-01T00:00:00",
            "ContactKey": "ann", "contactKey": "ann", "EventDefinitionKey": key, "eventDefinitionKey": key,
            "ContactKeyList": ["ann", "bob"], "values": ["ann", "bob"], "requestId": guid, "type": "open",
            "definitionIds": guids, "definitionInstanceIds": guids, "contactKeys": ["ann", "bob"], "to": "m",
            "dataExtensionId": guid, "members": [{"contactKey": "ann"}], "items": [{"Id": "one", "Note": "x"}],
            "contacts": [{"contactKey": "ann", "data": {}}], "journeyKey": key,
            "outcome": "o", "secret": "x", "encoding": "utf8", "parentId": 1002, "parentCatId": 1001,
        }  # fmt: skip
        yield one
        yield [{**one, "keys": {"Id": "one"}, "values": {"Note": "x"}}]


@pytest.fixture
def server(database_url: str) -> Iterator[Served]:
    """A server on each kind of database that can store signing keys."""
    with Served(database_url, WAYSTAGE_SECRET_KEY="a key of the tests") as served:
        yield served


@pytest.fixture
def units(server: Served) -> tuple[Unit, Api]:
    """The unit that is looked for, and a caller of another one that may do everything there."""
    ours = populated(server.client())
    scopes = sorted(frozenset({"journeys_aspr", "journeys_write"}).union(*map(_scopes, ROUTES)))
    asked = {"name": "stranger", "accountId": 2, "scopes": scopes}
    made = ours.api.done("POST", "/waystage/v1/clients", asked)
    stranger = server.client(made["clientId"], made["clientSecret"])
    return ours, stranger


def _paths(path: str, names: list[str]) -> Iterator[str]:
    """The path with every name in every place; two places get the same name, or the first one a journey's key."""
    places = PARAMETER.findall(path)
    if not places:
        yield path
    elif len(places) == 1:
        yield from (PARAMETER.sub(name, path) for name in names)
    else:
        for name in names:
            yield PARAMETER.sub(name, path)
            yield PARAMETER.sub(lambda match, name=name: "welcome" if match[1] == places[0] else name, path)  # type: ignore[misc]


def test_a_stranger_sees_and_moves_nothing(units: tuple[Unit, Api]) -> None:
    ours, stranger = units
    names = sorted(name for name in ours.names if name and not name.startswith("http"))
    before = ours.state()
    assert all(status == 200 for _, status, _ in before), before
    assert SECRET in str(before)
    bodies = list(_bodies(names))
    seen: dict[int, int] = {}
    for route in ROUTES:
        if route.path in GLOBAL | SHARED or route.scope is None:
            continue
        for path in _paths(route.path, names):
            sent: list[Any] = (
                bodies if route.verb in {"POST", "PUT", "PATCH"} and not PARAMETER.search(route.path) else [None]
            )
            if route.verb in {"POST", "PUT"} and PARAMETER.search(route.path):
                sent = [{}, bodies[1], bodies[2]]
            for body in sent:
                query = {"versionNumber": "1", "type": "keys", "target": "dataExtension:shelf", "action": "all"}
                answer = stranger.http.request(route.verb, path, json=body, params=query)
                assert SECRET not in answer.text, (route.verb, path, answer.text)
                assert answer.status_code < 500 or answer.status_code == 501, (route.verb, path, body, answer.text)
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
    assert {200, 404} <= seen.keys()
    assert ours.state() == before


def _scopes(route: Route) -> frozenset[str]:
    """The scopes of which a route asks for one."""
    return frozenset(one for one in (route.scope, *route.or_scopes) if one)


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[frozenset[str], Api]]]:
    """A server, and for each route's scopes a caller who has every scope but those."""
    url = f"sqlite:///{tmp_path_factory.mktemp('scopes')}/scopes.db"
    every = frozenset().union(*map(_scopes, ROUTES))
    with Served(url) as served:
        callers = {one: served.client(scope=" ".join(sorted(every - one))) for one in set(map(_scopes, ROUTES))}
        yield served, callers


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scope], ids=lambda one: f"{one.verb} {one.path}")
def test_d_07_every_route_asks_for_its_scope(everybody: tuple[Served, dict[frozenset[str], Api]], route: Route) -> None:
    """A token with every scope but the one is refused, before anything is looked up or read."""
    served, callers = everybody
    path = PARAMETER.sub("no-such-thing", route.path)
    answer = callers[_scopes(route)].http.request(route.verb, path, content=b"{")
    assert answer.status_code == 403, answer.text
    assert answer.json()["errorcode"] == 20002
    nobody = httpx.request(route.verb, f"{served.address}{path}", content=b"{")
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Bearer")


def test_what_needs_no_token_is_a_short_list() -> None:
    """Everything else is refused by the test above."""
    open_paths = {route.path for route in ROUTES if route.scope is None}
    pages = {"/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/v2/token", "/Service.asmx"}
    signed = {f"/waystage/v1/track/{kind}/{{token}}" for kind in ("open", "click", "unsubscribe", "feedback")}
    assert open_paths == pages | signed


def test_the_admin_scope_is_no_key_to_journeys(light_server: Served) -> None:
    admin = light_server.client(scope=ADMIN)
    assert admin("GET", INTERACTIONS).status_code == 403
    assert admin("GET", "/waystage/v1/clients").status_code == 200
