"""The demo's business unit: its documents lie beside this module as JSON and are loaded through the public API."""

from __future__ import annotations

from importlib import resources
from threading import Event
from typing import Any

import msgspec

from waystage.demo.calls import Api, CallRefused

INTERACTIONS = "/interaction/v1/interactions"
JOURNEYS = ("welcome-series", "spring-campaign", "order-follow-up")
NOT_FOUND = 404
EXISTS = 409
#: Real seconds between two looks at a publish job.
GLANCE = 0.05


class LoadFailed(Exception):
    """The demo's journeys could not be published; the text has the findings."""


def document(name: str) -> Any:
    """One of the demo's documents."""
    return msgspec.json.decode((resources.files(__package__) / f"{name}.json").read_bytes())


def load(api: Api, stop: Event) -> None:
    """Make everything that is not there yet and publish every journey that does not run; may be repeated."""
    for path, name in (
        ("/data/v1/customobjects", "data-extensions"),
        ("/interaction/v1/eventDefinitions", "event-definitions"),
        ("/asset/v1/content/assets", "emails"),
    ):
        for body in document(name):
            _make(api, path, body)
    for name in JOURNEYS:
        _run(api, document(f"journey-{name}"), stop)


def _make(api: Api, path: str, body: object) -> None:
    try:
        api("POST", path, body)
    except CallRefused as refused:
        if refused.status != EXISTS:
            raise


def _run(api: Api, body: dict[str, Any], stop: Event) -> None:
    try:
        journey = api("GET", f"{INTERACTIONS}/key:{body['key']}")
    except CallRefused as refused:
        if refused.status != NOT_FOUND:
            raise
        journey = api("POST", INTERACTIONS, body)
    if journey["status"] == "Draft":
        _publish(api, journey, stop)


def _publish(api: Api, journey: dict[str, Any], stop: Event) -> None:
    path = f"{INTERACTIONS}/publishAsync/{journey['id']}?versionNumber={journey['version']}"
    asked = api("POST", path)
    while (found := api("GET", asked["statusUrl"]))["status"] == "PublishInProcess" and not stop.wait(GLANCE):
        pass
    if found["errors"]:
        reasons = " ".join(str(finding["errorDetail"]) for finding in found["errors"])
        raise LoadFailed(f"The journey {journey['name']} was not published: {reasons}")
