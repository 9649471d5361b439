"""Pause and resume over HTTP (api.md 4.5, D-37, D-38, contract 7)."""

from typing import Any

import pytest

from tests.contract.journeys import INTERACTIONS
from tests.contract.served import Api
from tests.contract.test_publication import published, runnable, statuses

pytestmark = pytest.mark.spec("8.6")


def _running(api: Api) -> dict[str, Any]:
    journey = runnable(api)
    assert published(api, journey)["status"] == "PublishCompleted"
    return journey


def _post(api: Api, call: str, journey: dict[str, Any], body: Any = None, query: str = "versionNumber=1") -> Any:
    return api("POST", f"{INTERACTIONS}/{call}/{journey['id']}?{query}", body)


@pytest.mark.parametrize(
    "body", [None, {}, {"ExtendWaitEndDates": True, "PausedDays": 15, "GuardrailAction": "Resume"}]
)
def test_a_version_is_paused_and_resumed(api: Api, body: Any) -> None:
    journey = _running(api)
    answer = _post(api, "pause", journey, body)
    assert (answer.status_code, answer.json()) == (202, {"status": "Accepted"})
    assert statuses(api, journey) == [(1, "Paused")]
    answer = api("POST", f"{INTERACTIONS}/resume/key:WELCOME?allVersions=1", {})
    assert (answer.status_code, answer.json()) == (202, {"status": "Accepted"})
    assert statuses(api, journey) == [(1, "Published")]


def test_names_are_read_in_any_case(api: Api) -> None:
    journey = _running(api)
    body = {"extendWaitEndDates": "true", "pausedDays": "3", "guardrailaction": "STOP", "id": "x", "version": 1}
    assert _post(api, "pause", journey, body).status_code == 202
    api.done("POST", "/waystage/v1/clock/advance", {"by": "P3D"})
    assert statuses(api, journey) == [(1, "Stopped")]


def test_every_running_version_at_once(api: Api) -> None:
    first = _running(api)
    assert published(api, runnable(api))["status"] == "PublishCompleted"
    assert _post(api, "pause", first, query="allVersions=true").status_code == 202
    assert statuses(api, first) == [(2, "Paused"), (1, "Paused")]
    assert _post(api, "resume", first, query="allVersions=true").status_code == 202
    assert statuses(api, first) == [(2, "Published"), (1, "Unpublished")]


def test_the_wrong_status_is_named(api: Api) -> None:
    journey = runnable(api)
    answer = _post(api, "pause", journey)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10000)
    assert answer.json()["message"] == "An interaction must be in published or unpublished status to be paused."
    answer = _post(api, "resume", journey)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10000)
    assert answer.json()["message"] == "An interaction must be in paused status to be resumed."


def test_which_version_must_be_said(api: Api) -> None:
    answer = _post(api, "pause", _running(api), query="")
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10005)
    assert answer.json()["message"] == "AllVersions=true or VersionNumber required."


def test_an_unknown_journey_is_404(api: Api) -> None:
    assert _post(api, "pause", {"id": "11111111-1111-1111-1111-111111111111"}).status_code == 404
    assert api("POST", f"{INTERACTIONS}/resume/key:nothing?versionNumber=1").status_code == 404


WRONG: list[Any] = [
    {"PausedDays": 0},
    {"PausedDays": "many"},
    {"PausedDays": True},
    {"PausedDays": 1.5},
    {"GuardrailAction": "explode"},
    {"GuardrailAction": 1},
    {"ExtendWaitEndDates": "maybe"},
    {"RetainContactInjectionWhileJourneyPaused": 1},
    [],
]


@pytest.mark.parametrize("body", WRONG)
def test_a_wrong_body_changes_nothing(light: Api, body: Any) -> None:
    journey = _running(light)
    answer = _post(light, "pause", journey, body)
    assert answer.status_code == 400, answer.text
    assert not isinstance(body, dict) or next(iter(body)) in answer.json()["message"]
    assert statuses(light, journey) == [(1, "Published")]
