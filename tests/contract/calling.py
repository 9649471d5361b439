"""A business unit whose journeys ask a service outside: what tests of custom activities post."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.contract.mailing import define_event, fire, mail, messages, publish, settle
from tests.contract.recalling import rows
from tests.contract.served import Api, Served
from tests.services.service import Service

ALLOWED = {"WAYSTAGE_ALLOW_PRIVATE_URLS": "true", "WAYSTAGE_SECRET_KEY": "a long text of the operator's"}
ACTIVITY_ID = "5f1c2d3e-0000-4000-8000-00000000abcd"


@contextmanager
def served(database_url: str, **settings: str) -> Iterator[tuple[Served, Api, Service]]:
    """A server that may call this machine, with an event; and a service."""
    with Service() as service, Served(database_url, **ALLOWED | settings) as server:
        api = server.client()
        define_event(api)
        yield server, api, service


def rest(service: Service, behaviour: str = "ok", following: str | None = "MAIL", **execute: Any) -> dict[str, Any]:
    """A custom activity of this service."""
    endpoint, declared = {"url": f"{service.address}/ok/publish"}, {"outArguments": [{"token": ""}]}
    return {
        "key": "CALL",
        "id": ACTIVITY_ID,
        "name": "Call",
        "type": "REST",
        "outcomes": [{"key": "on"} | ({"next": following} if following else {})],
        "arguments": {"execute": {"url": f"{service.address}/{behaviour}/execute"} | declared | execute},
        "configurationArguments": {"publish": endpoint},
    }


def run(api: Api, activity: dict[str, Any], *contacts: str, **more: Any) -> None:
    """Publish a journey of the activity and a mail, let contacts in and wait until all is done."""
    start(api, activity, *contacts or ("ann",), **more)
    assert settle(api)


def start(api: Api, activity: dict[str, Any], *contacts: str, **more: Any) -> None:
    """As `run`, without waiting."""
    publish(api, [activity, mail("MAIL", emailSubject="%%First Name%%: {{Interaction.CALL.token}}")], **more)
    for contact in contacts:
        fire(api, contact, **{"First Name": contact})


def ended(api: Api) -> dict[str, tuple[str, str]]:
    """Contact to (why its passage ended, what history has against the custom activity)."""
    found = rows(api)
    said = {row["contactKey"]: row["message"] for row in found if row["clientStatus"] in {"Failed", "Warning"}}
    stops = [row for row in found if row["activityType"] == "stopinteractionactivity"]
    return {row["contactKey"]: (row["result"]["outcome"], said.get(row["contactKey"], "")) for row in stops}


def subjects(api: Api) -> dict[str, str]:
    """Contact to the subject of its mail."""
    return {message["contactKey"]: message["subject"] for message in messages(api)}
