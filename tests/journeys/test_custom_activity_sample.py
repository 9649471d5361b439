"""Sample 05 as it was exported, run to its end with a custom activity that another process serves (journey-spec 6)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.invariants.checker import check
from tests.journeys import samples
from tests.journeys.running import J, Running, started

pytestmark = [pytest.mark.timeout(300), pytest.mark.spec("12", "6.1", "6.2", "6.3", "6.4")]

SECRET = "salt of this test, long enough for a signature"
W = "/waystage/v1"
WHO = [f"member-{number:02}" for number in range(30)]
REDEEMED, OTHERS = WHO[:12], WHO[12:]


@contextmanager
def coupons() -> Iterator[str]:
    """The address of the service."""
    environment = {**os.environ, "COUPON_SECRET": SECRET}
    command = [sys.executable, "-m", "tests.services.coupons"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Running]:
    """The program in a process of its own, which may call this machine."""
    settings = {"WAYSTAGE_ALLOW_PRIVATE_URLS": "true", "WAYSTAGE_SECRET_KEY": "operator"}
    with started(database_url, tmp_path / "log", **settings) as made:
        yield made


def _moved(journey: dict[str, Any], service: str) -> dict[str, Any]:
    """The journey with the service where it really is."""
    moved: dict[str, Any] = samples.replaced(journey, "https://activities.example.com", service)
    return moved


def test_a_coupon_is_asked_for_and_looked_after(running: Running) -> None:
    journey, (definition,) = samples.sample("05-custom-rest-activity")
    with coupons() as service:
        for email in samples.emails(journey):
            running.api.done("POST", "/asset/v1/content/assets", email)
        running.api.done("POST", f"{J}/eventDefinitions", definition)
        running.api.done("POST", "/data/v1/customobjects", samples.updated_extension(journey, "Coupons", "Text"))
        running.api.done("POST", f"{J}/interactions", _moved(journey, service))
        answer = running.api.http.put(f"{W}/keys/jb-salt-01", json={"secret": SECRET, "encoding": "utf8"})
        assert answer.status_code == 204
        running.publish(journey["key"])
        key = definition["eventDefinitionKey"]
        running.fire([
            {"ContactKey": who, "EventDefinitionKey": key, "Data": _data(who)} for who in WHO
        ])  # fmt: skip
        running.settle()
        httpx.get(f"{service}/redeem?{','.join(f'C-{who}' for who in REDEEMED)}")
        running.advance(by="P3D")
        log = httpx.get(f"{service}/log").json()
        stats = running.api.done("GET", f"{J}/interactions/key:{journey['key']}")["stats"]
        assert (stats["cumulativePopulation"], stats["currentPopulation"]) == (len(WHO), 0)
        assert sorted(one["contactKey"] for one in running.messages(journeyKey=journey["key"])) == OTHERS
        _expect_calls(log, journey)
        running.api.done("POST", f"{J}/interactions/stop/key:{journey['key']}?versionNumber=1")
        running.settle()
        log = httpx.get(f"{service}/log").json()
        assert [len(log[f"/{name}/stop"]) for name in ("coupon", "coupon-status")] == [1, 1]
    check(running.database_url)


def _data(who: str) -> dict[str, Any]:
    return {"MemberKey": who, "EmailAddress": f"{who}@example.com", "Points": 150, "TransactionId": f"t-{who}"}


def _expect_calls(log: dict[str, Any], journey: dict[str, Any]) -> None:
    for name in ("coupon", "coupon-status"):
        assert [len(log[f"/{name}/{word}"]) for word in ("save", "validate", "publish")] == [1, 1, 1]
        calls = log[f"/{name}/execute"]
        assert sorted(one["body"]["keyValue"] for one in calls) == WHO
        assert len({one["key"] for one in calls}) == len(WHO)
        assert all(one["key"] == one["body"]["activityInstanceId"] for one in calls)
    first = next(one["body"] for one in log["/coupon/execute"] if one["body"]["keyValue"] == WHO[0])
    assert first["inArguments"] == [
        {"contactKey": WHO[0]}, {"email": f"{WHO[0]}@example.com"}, {"points": 150}, {"discount": "15"},
    ]  # fmt: skip
    assert first["outArguments"] == [{"couponCode": ""}, {"expiresOn": ""}]
    rest = journey["activities"][0]
    assert (first["activityObjectID"], first["activityId"], first["mode"]) == (rest["id"], rest["id"], 0)
