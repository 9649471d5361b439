"""Bad bodies against every route while a journey runs: the documented 4xx, nothing half written, and life goes on."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.served import Api, Served
from tests.crash import bodies
from tests.journeys.hostile import BODIES, ODD, contents
from tests.journeys.running import published
from waystage.api.routes import ROUTES

J = "/interaction/v1"
W = "/waystage/v1"
UNKNOWN = "0d0dbb0c-0000-4000-8000-000000000000"
WITH_BODY = [route for route in ROUTES if route.verb in {"POST", "PUT", "PATCH"} and route.built]
PEOPLE = [f"contact-{number}" for number in range(12)]


class Scene:
    """A server with a published journey that contacts are inside of, and a draft."""

    def __init__(self, served: Served, api: Api) -> None:
        self.served, self.api = served, api
        for asset in bodies.assets():
            self.asset = api.done("POST", "/asset/v1/content/assets", asset)["id"]
        api.done("POST", f"{J}/eventDefinitions", bodies.order_definition())
        self.extension = api.done("POST", f"{J}/eventDefinitions", bodies.event_definition())["dataExtensionId"]
        api.done("POST", f"{J}/interactions", bodies.walked(self.extension))
        self.draft = api.done("POST", f"{J}/interactions", bodies.halted())
        asked = api.done("POST", f"{J}/interactions/publishAsync/key:{bodies.WALKED}?versionNumber=1")
        published(api, asked["statusUrl"])
        for contact in PEOPLE:
            api.done("POST", f"{J}/events", bodies.event(contact))
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is runnable."""
        self.api.done("POST", f"{W}/engine/settle", {})

    def contents(self) -> dict[str, list[str]]:
        """Everything that is stored."""
        return self.served.built.database.read(contents).result()

    def send(self, verb: str, path: str, raw: bytes) -> httpx.Response:
        """Send a body as it is; the answer must be an error in the envelope, and no fault of the server."""
        answer = self.api(verb, path, content=raw, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, (verb, path, raw[:60], answer.text)
        assert answer.json().keys() >= {"errorcode"} or "error" in answer.json(), answer.text
        return answer

    def finish(self) -> None:
        """Let the journey come to its end."""
        self.api.done("POST", f"{W}/clock/advance", {"by": "P30D"})
        stats = self.api.done("GET", f"{J}/interactions/key:{bodies.WALKED}")["stats"]
        assert (stats["currentPopulation"], stats["cumulativePopulation"]) == (0, len(PEOPLE))
        found = self.api.done("GET", f"{W}/messages?journeyKey={bodies.WALKED}&$pageSize=500")
        assert len({(one["contactKey"], one["activityKey"]) for one in found["items"]}) == found["count"] == 36


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """A journey that runs, on each kind of database."""
    with Served(database_url) as served:
        api = served.client()
        try:
            yield Scene(served, api)
        finally:
            api.http.close()


def _unknown(path: str) -> str:
    """A route's path with names that nothing has."""
    named = dict.fromkeys(("key", "row", "contactKey"), "none:none")
    return re.sub(r"\{(\w+)\}", lambda name: named.get(name[1], UNKNOWN), path)


def test_hostile_bodies_to_every_route(scene: Scene) -> None:
    before = scene.contents()
    for route in WITH_BODY:
        if route.path.endswith(APART):
            continue
        odd = {} if route.path.endswith(NEEDS_NOTHING) else ODD
        for raw in (BODIES | odd).values():
            scene.send(route.verb, _unknown(route.path), raw)
    for verb, path in _taken(scene):
        for raw in BODIES.values():
            scene.send(verb, path, raw)
    assert scene.contents() == before
    scene.finish()


#: Calls that have no member which they need, so any object is a good body.
NEEDS_NOTHING = (
    "/settle",
    "/journeyhistory/search",
    "/journeyhistory/estimate",
    "/traceevents/search",
    "/map",
    "/lint",
    "/unsubscribes",
)
#: They answer pages for people, and never look into the body (see test_tracking); or XML (see test_soap_reading).
APART = ("/track/unsubscribe/{token}", "/Service.asmx")
#: The calls that say of an unknown name that it is unknown, and mean it as an answer (api.md 11.5).
#: A pixel is one whatever its token is worth.
TELLS = (
    "/data/v1/async/{requestId}/status",
    "/data/v1/async/{requestId}/results",
    "/waystage/v1/track/open/{token}",
)
ODD_NAMES = ["a%00b", "%ff%fe", "%", "a" * 5_000, "%2e%2e%2f", "' OR 1=1", "\N{PILE OF POO}" * 100]


def test_odd_names_in_paths(scene: Scene) -> None:
    """Percent-encoded NUL, broken UTF-8 and endless names are unknown ones."""
    before = scene.contents()
    for route in ROUTES:
        for name in ODD_NAMES:
            path = re.sub(r"\{[^}]+\}", name, route.path)
            if route.built and route.path not in {path, *TELLS}:
                answer = scene.api.http.request(route.verb, path, content=b"{}")
                assert 400 <= answer.status_code < 500, (route.verb, path[:80], answer.text)
    assert scene.contents() == before


def _taken(scene: Scene) -> list[tuple[str, str]]:
    """Routes that read their body, with names of what exists."""
    return [
        ("PUT", f"{J}/interactions/key:{bodies.HALTED}"),
        ("PUT", f"{J}/interactions/{scene.draft['id']}"),
        ("PUT", f"{J}/eventDefinitions/key:{bodies.EVENT}"),
        ("PUT", f"/asset/v1/content/assets/{scene.asset}"),
        ("POST", f"/hub/v1/dataevents/key:{scene.extension}/rowset"),
        ("PUT", f"/hub/v1/dataevents/key:{scene.extension}/rows/ContactKey:contact-1"),
    ]


def _event(**more: Any) -> dict[str, Any]:
    return bodies.event("contact-99") | more


def _row(**values: Any) -> dict[str, Any]:
    return {"keys": {"ContactKey": "contact-98"}, "values": {"Mail": "a@example.com", "Points": 1, **values}}


def _cases(scene: Scene) -> list[tuple[str, str, Any, int, int]]:
    """(verb, path, body, status, errorcode) of well-formed requests that cannot be right."""
    stale = {name: scene.draft[name] for name in ("key", "name", "workflowApiVersion", "version")}
    journey, events, rows = f"{J}/interactions", f"{J}/events", f"/hub/v1/dataevents/key:{scene.extension}/rowset"
    data = _event()["Data"]
    return [
        ("PUT", journey, stale | {"modifiedDate": "2020-01-01T00:00:00.000"}, 409, 30000),
        ("PUT", journey, stale | {"modifiedDate": scene.draft["modifiedDate"], "key": "none"}, 404, 30003),
        ("POST", journey, bodies.halted(), 409, 30004),
        ("POST", f"{journey}/publishAsync/key:none?versionNumber=1", None, 404, 30003),
        ("POST", f"{journey}/publishAsync/key:{bodies.HALTED}?versionNumber=7", None, 404, 30003),
        ("POST", f"{journey}/publishAsync/{UNKNOWN}?versionNumber=1", None, 404, 30003),
        ("POST", f"{journey}/publishAsync/key:{bodies.WALKED}?versionNumber=1", None, 400, 10000),
        ("POST", f"{journey}/stop/key:none?versionNumber=1", None, 404, 30003),
        ("POST", events, _event(EventDefinitionKey="none"), 400, 10005),
        ("POST", events, _event(Data={**data, "Points": "many"}), 400, 10001),
        ("POST", events, _event(Data={**data, "Points": 2**70}), 400, 10005),
        ("POST", events, _event(Data={**data, "Points": [1]}), 400, 10001),
        ("POST", events, _event(Data={**data, "Mail": "nobody"}), 400, 10001),
        ("POST", events, _event(Data={"Points": 1}), 400, 10002),
        ("POST", events, _event(Data={**data, "FirstName": "x" * 41}), 400, 10005),
        ("POST", events, _event(ContactKey="a\0"), 400, 10003),
        ("POST", events, _event(ContactKey=7), 400, 10001),
        ("POST", rows, [_row(), _row(Points="many")], 400, 10006),
        ("POST", rows, [_row(), {"keys": {}, "values": {}}], 400, 10006),
        ("POST", f"{W}/clock/advance", {"by": "yesterday"}, 400, 10003),
        ("POST", f"{W}/clock/advance", {"to": "2020-01-01T00:00:00Z"}, 400, 10005),
        ("POST", f"{W}/engine/settle", {"timeoutSeconds": -1}, 400, 10005),
    ]


def test_bodies_that_cannot_be_right(scene: Scene) -> None:
    before = scene.contents()
    for verb, path, body, status, number in _cases(scene):
        answer = scene.api(verb, path, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (status, number), (path, body, answer.text)
    assert scene.contents() == before
    scene.finish()


TWICE = [
    b'{"ContactKey": "contact-50", "ContactKey": "contact-51", "EventDefinitionKey": "signup", "Data": %s}',
    b'{"ContactKey": "contact-50", "EventDefinitionKey": "none", "EventDefinitionKey": "signup", "Data": %s}',
    b'{"ContactKey": "contact-50", "EventDefinitionKey": "signup", "Data": %s, "Data": {}}',
    b'{"ContactKey": "contact-50", "EventDefinitionKey": "signup", "Data": {"Points": 1}, "Data": %s}',
    b'{"contactKey" : "contact-50", "contactKey": "contact-50", "eventDefinitionKey": "signup", "data": %s}',
    b'{"ContactKey": "contact-50", "ContactKey": "a:b", "EventDefinitionKey": "signup", "Data": %s}',
]
TWICE_IN_DATA = [
    b'"Points": 3',
    b'"FirstName": "a:b"',
    b'"FirstName" : "\\u003a"',
    b'"More": 1, "More": 1',
    b'"Mail": ""',
]


def test_a_property_that_stands_twice_in_an_event(scene: Scene) -> None:
    """The decoder of the hot path would take the last one."""
    data = json.dumps(_event()["Data"]).encode()
    before = scene.contents()
    inside = [b'{"ContactKey": "contact-50", "EventDefinitionKey": "signup", "Data": {%s, %s' for _ in TWICE_IN_DATA]
    bad = [raw % data for raw in TWICE]
    bad += [raw % (again, data[1:]) + b"}" for raw, again in zip(inside, TWICE_IN_DATA, strict=True)]
    for raw in bad:
        answer = scene.send("POST", f"{J}/events", raw)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, 10004), raw
    assert scene.contents() == before
    good = b'{"ContactKey" : "contact:50", "EventDefinitionKey":"signup", "Data": {"Points" : 1,'
    good += b' "Mail":"a@example.com", "FirstName": "\\u003a \\"Mail\\": :", "Other:": "::"}}'
    assert scene.api("POST", f"{J}/events", content=good).status_code == 201


def test_good_events_among_bad_ones(scene: Scene) -> None:
    """Bad bodies come all the time while good events are posted and the journey moves."""
    done = threading.Event()
    faults: list[BaseException] = []

    def disturb() -> None:
        api = scene.served.client()
        try:
            while not done.is_set():
                for raw in BODIES.values():
                    answer = api.http.post(f"{J}/events", content=raw)
                    assert 400 <= answer.status_code < 500, answer.text
        except BaseException as error:  # noqa: BLE001 - told to the test
            faults.append(error)
        finally:
            api.http.close()

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    late = [f"contact-{number}" for number in range(100, 200)]
    for contact in late:
        assert scene.api("POST", f"{J}/events", bodies.event(contact)).status_code == 201
    scene.api.done("POST", f"{W}/clock/advance", {"by": "P30D"})
    done.set()
    disturbing.join()
    assert faults == []
    stats = scene.api.done("GET", f"{J}/interactions/key:{bodies.WALKED}")["stats"]
    assert (stats["currentPopulation"], stats["cumulativePopulation"]) == (0, len(PEOPLE) + len(late))
