"""The published Python FuelSDK: its REST objects with GET, POST and DELETE, its SOAP objects through its WSDL.

Runs in the clients' own environment. It has no PUT, and calls nothing but 200 a success, also where 201 and 202 say so.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from FuelSDK import ET_Client, ET_DataExtension  # type: ignore[import-not-found]
from FuelSDK.rest import ET_CUDSupportRest, ET_GetSupportRest  # type: ignore[import-not-found]

TASK = json.loads(os.environ["WAYSTAGE_TASK"])
J = "/interaction/v1"
W = "/waystage/v1"


class Resource(ET_CUDSupportRest):  # type: ignore[misc]
    """Any path of the server."""

    urlProps = ()  # noqa: N815 - the package's name
    urlPropsRequired = ()  # noqa: N815 - the package's name

    def __init__(self, client: Any, path: str, props: Any = None) -> None:
        super().__init__()
        self.auth_stub, self.path, self.props = client, path, props


def answered(reply: Any, status: int) -> Any:
    """The body of an answer of this status; the package calls only 200 good."""
    assert reply.code == status, (reply.code, reply.results)
    assert reply.status is (status == 200)
    return reply.results


def connected() -> Any:
    """The SDK's client, which asks for a token at once."""
    return ET_Client(False, False, {
        "clientid": TASK["clientId"],
        "clientsecret": TASK["clientSecret"],
        "authenticationurl": TASK["address"],
        "useOAuth2Authentication": "True",
        "accountId": str(TASK["accountId"]),
        "wsdl_file_local_loc": str(Path(__file__).with_name("etframework.wsdl")),
    })  # fmt: skip


def main() -> None:
    """A journey's life without an update."""
    client = connected()
    journey, definition = TASK["journey"], TASK["definition"]
    event = answered(Resource(client, f"{J}/eventDefinitions", definition).post(), 200)
    made = answered(Resource(client, f"{J}/interactions", journey).post(), 200)
    listed = Resource(client, f"{J}/interactions", {"key": journey["key"]})
    found = answered(listed.get(), 200)
    assert [one["id"] for one in found["items"]] == [made["id"]]
    told("create an event definition and a journey, find them")
    publish(client, made)
    walk(client, journey, definition)
    answered(Resource(client, f"{J}/interactions/stop/{made['id']}?versionNumber=1", {}).post(), 200)
    soap(client, event)
    assert answered(Resource(client, f"{J}/interactions/{made['id']}").delete(), 200) == made["id"]
    answered(Resource(client, f"{J}/eventDefinitions/{event['id']}").delete(), 200)
    assert answered(listed.get(), 200)["count"] == 0
    told("stop, delete")
    missing = Resource(client, f"{J}/interactions/key:nobody").get()
    assert (missing.code, bool(missing.results["message"])) == (404, True)
    told("errors")


def publish(client: Any, journey: dict[str, Any]) -> None:
    """Publish and ask until it is done."""
    path = f"{J}/interactions/publishAsync/{journey['id']}?versionNumber=1"
    asked = answered(Resource(client, path, {}).post(), 200)
    for _ in range(1_000):
        job = answered(Resource(client, asked["statusUrl"]).get(), 200)
        if job["status"] != "PublishInProcess":
            break
    assert job["status"] == "PublishCompleted", job
    told("publish")


def walk(client: Any, journey: dict[str, Any], definition: dict[str, Any]) -> None:
    """An event, the wait, the message."""
    who = TASK["contactKey"]
    body = {"ContactKey": who, "EventDefinitionKey": definition["eventDefinitionKey"], "Data": TASK["data"]}
    answered(Resource(client, f"{J}/events", body).post(), 201)
    answered(Resource(client, f"{W}/engine/settle", {"timeoutSeconds": 30}).post(), 200)
    answered(Resource(client, f"{W}/clock/advance", {"by": "P1DT1H"}).post(), 200)
    messages = ET_GetSupportRest()
    messages.auth_stub, messages.path, messages.props = client, f"{W}/messages", {"contactKey": who, "$pageSize": 1}
    messages.urlProps = messages.urlPropsRequired = ()
    sent = messages.get()
    assert (sent.status, sent.more_results, sent.results["count"]) == (True, False, 1)
    assert sent.results["items"][0]["activityKey"] == "MAIL"
    assert sent.results["items"][0]["journeyKey"] == journey["key"]
    told("an event, the wait, the message")


def soap(client: Any, event: dict[str, Any]) -> None:
    """The data extension of the event definition, as the package's SOAP object sees it."""
    extension = ET_DataExtension()
    extension.auth_stub = client
    extension.props = ["ObjectID", "CustomerKey", "Name"]
    extension.search_filter = {"Property": "ObjectID", "SimpleOperator": "equals", "Value": event["dataExtensionId"]}
    got = extension.get()
    assert (got.status, got.message) == (True, "OK"), (got.code, got.message, got.results)
    assert [one.ObjectID for one in got.results] == [event["dataExtensionId"]]
    told("a data extension over SOAP")


def told(what: str) -> None:
    """One line for the driver."""
    sys.stdout.write(f"done: {what}\n")


if __name__ == "__main__":
    main()
