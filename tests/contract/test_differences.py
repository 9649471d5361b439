"""Two versions compared over HTTP (contract, our own resources)."""

import pytest

from tests.contract.journeys import INTERACTIONS, change, made
from tests.contract.served import Api
from tests.contract.test_publication import published, runnable

DIFF = "/waystage/v1/journeys/welcome/diff"


def test_the_newest_version_with_the_one_before(api: Api) -> None:
    first = runnable(api)
    published(api, first)
    second = api.done("PUT", INTERACTIONS, change(runnable(api), name="Renamed"))
    assert second["version"] == 2
    found = api.done("GET", DIFF)
    assert (found["journeyKey"], found["from"], found["to"]) == ("welcome", 1, 2)
    assert [one for one in found["reconfigured"] if one["path"] == "name"] == [
        {"part": "journey", "key": "", "path": "name", "from": first["name"], "to": "Renamed"}
    ]
    assert f"~ journey, name: {first['name']!r} -> 'Renamed'" in found["text"]
    assert found["added"] == found["removed"] == found["rerouted"] == []
    back = api.done("GET", f"{DIFF}?from=2&to=1")
    assert [(one["from"], one["to"]) for one in back["reconfigured"] if one["path"] == "name"] == [
        ("Renamed", first["name"])
    ]
    api.done("PUT", INTERACTIONS, change(second, name=first["name"]))
    assert api.done("GET", DIFF)["text"] == []


def test_the_same_as_text(api: Api) -> None:
    first = runnable(api)
    published(api, first)
    api.done("PUT", INTERACTIONS, change(runnable(api), name="Renamed"))
    lines = api.done("GET", DIFF)["text"]
    for asked, headers in ((f"{DIFF}?format=TEXT", {}), (DIFF, {"accept": "text/plain"})):
        answer = api.http.get(asked, headers=headers)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text.splitlines() == lines != []
    assert api.http.get(f"{DIFF}?format=json", headers={"accept": "text/plain"}).json()["text"] == lines
    assert api.http.get(f"{DIFF}?from=1&to=1&format=text").text == ""


def test_one_version_differs_in_nothing_from_itself(light: Api) -> None:
    made(light)
    found = light.done("GET", DIFF.upper().replace("WAYSTAGE/V1", "waystage/v1"))
    assert (found["from"], found["to"], found["text"]) == (1, 1, [])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{DIFF}?from=2", 404),
        (f"{DIFF}?to=0", 404),
        (f"{DIFF}?from=one", 400),
        (f"{DIFF}?format=xml", 400),
        ("/waystage/v1/journeys/nothing/diff", 404),
    ],
)
def test_refusals(light: Api, path: str, status: int) -> None:
    made(light)
    assert light("GET", path).status_code == status
