"""A client that is generated from the served document, by a generator that others use, can run a journey."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.contract.served import CLIENT_ID, CLIENT_SECRET, Served

PACKAGE = "generated_waystage_client"
#: The generator writes code only for bodies of one media type, so it is told to look away from the form of a token
#: request, and to send a file as CSV; of SOAP it makes nothing. Formatting what nobody reads takes long.
CONFIGURATION = """
content_type_overrides: {text/csv: application/octet-stream, application/x-www-form-urlencoded: none/none}
post_hooks: []
"""
#: And for addresses in messages, which mail programs call and nobody else.
MANY_MEDIA = ("/waystage/v1/imports", "/v2/token", "/waystage/v1/track/", "/Service.asmx")
POLLS = 50_000

Load = Callable[[str], ModuleType]


@pytest.fixture
def load(light_server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Generates the client, in a folder that is gone afterwards, and imports its modules by name."""
    configuration = tmp_path / "configuration.yaml"
    configuration.write_text(CONFIGURATION, encoding="utf-8")
    options = ["--url", f"{light_server.address}/openapi.json", "--config", str(configuration)]
    command = [sys.executable, "-m", "openapi_python_client", "generate", *options, "--meta", "none"]
    made = subprocess.run(
        [*command, "--output-path", str(tmp_path / PACKAGE)], capture_output=True, text=True, check=True
    )
    said = [line for line in (made.stdout + made.stderr).splitlines() if line.startswith("WARNING")]
    assert all(any(path in line for path in MANY_MEDIA) for line in said), made.stdout
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def shape(load: Load, module: str, **values: Any) -> Any:
    """A body of a generated type, from its names on the wire."""
    name = "".join(word.capitalize() for word in module.split("_"))
    return getattr(load(f"models.{module}"), name).from_dict(values)


def test_a_generated_client_runs_a_journey(light_server: Served, load: Load) -> None:
    anybody = load("client").Client(base_url=light_server.address)
    with anybody as client:
        asked = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        token = load("api.tokens.auth_token").sync(client=client, body=shape(load, "token_request", **asked))
    with load("client").AuthenticatedClient(base_url=light_server.address, token=token.access_token) as client:
        run(client, load)


def run(client: Any, load: Load) -> None:
    def call(place: str, *path: Any, **given: Any) -> Any:
        answer = load(f"api.{place}").sync_detailed(*path, client=client, **given)
        assert answer.status_code < 300, answer.content
        return answer.parsed

    fields = [
        {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
        {"name": "Points", "dataType": "Number"},
    ]
    schema = {"fields": fields, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    event = {"type": "APIEvent", "name": "Sign-up", "eventDefinitionKey": "signup", "schema": schema}
    definition = call("event_definitions.post_event_definition", body=shape(load, "new_event_definition", **event))
    journey = {
        "key": "welcome",
        "name": "Welcome",
        "workflowApiVersion": 1.0,
        "entryMode": "MultipleEntries",
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}],
        "activities": [
            {
                "key": "WAIT-1",
                "type": "WAIT",
                "configurationArguments": {"waitDuration": 1, "waitUnit": "DAYS"},
                "outcomes": [{"key": "on"}],
            }
        ],
    }
    made = call("journeys.post_interaction", body=shape(load, "new_journey", **journey))
    assert (made.key, made.version, made.status.value, made.activities[0].type_) == ("welcome", 1, "Draft", "WAIT")
    job = call("running_journeys.publish_interaction_by_id", made.id, version_number=made.version)
    status = ""
    for _ in range(POLLS):
        status = call("running_journeys.publish_status", job.status_id).status.value
        if status != "PublishInProcess":
            break
    assert status == "PublishCompleted"
    fired = shape(load, "event", ContactKey="ann", EventDefinitionKey="signup", Data={"Points": 3})
    assert call("events.post_interactions_events", body=fired).event_instance_id
    call("time_and_engine.control_settle", body=shape(load, "settle"))
    history = call("history.search_journey_history", body=shape(load, "history_filter", contactKeys=["ann"]))
    assert {row.contact_key for row in history.items} == {"ann"}
    assert history.items[0].transaction_time.year == 2026
    file = load("types").File(payload=BytesIO(b"ContactKey,Points\nbob,5\ncid,x\n"))
    loaded = call("imports.imports_load", body=file, target=f"dataExtension:{definition.data_extension_id}")
    assert (loaded.status.value, loaded.rows_stored, loaded.rows_refused) == ("CompleteWithErrors", 1, 1)
    refused = call("imports.imports_refused", loaded.id)
    assert [row.row for row in refused.items] == [2]


def test_a_generated_client_knows_the_refusals(light_server: Served, load: Load) -> None:
    token = light_server.token()
    with load("client").AuthenticatedClient(base_url=light_server.address, token=token) as client:
        unknown = load("api.journeys.get_interaction_by_key").sync(client=client, key="nobody")
        body = shape(load, "new_journey", key="a", name="", workflowApiVersion=7)
        wrong = load("api.journeys.post_interaction").sync(client=client, body=body)
    assert (unknown.errorcode, unknown.message) == (30003, "Interaction not found.")
    assert sorted(one.errorcode for one in wrong.validation_errors) == [10002, 10005]
