"""The OpenAPI document and the page made from it: complete, valid, and its examples work."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.contract.law import DOCUMENT, LAW
from tests.contract.served import Api
from waystage.api.openapi import component
from waystage.api.routes import ROUTES
from waystage.ground.errors import NoChange, catalogue

CALLS = [
    (verb.upper(), path, call)
    for path, verbs in DOCUMENT["paths"].items()
    for verb, call in verbs.items()
]  # fmt: skip
BUILT = [(verb, path, call) for verb, path, call in CALLS if "x-not-built" not in call]
#: Examples that work on an empty server, in an order in which later ones find what they name.
MAKING = (
    ("POST", "/interaction/v1/interactions"),
    ("POST", "/interaction/v1/eventDefinitions"),
    ("POST", "/interaction/v1/events"),
    ("POST", "/interaction/v1/async/events"),
    ("POST", "/interaction/v1/map"),
    ("POST", "/interaction/v1/interactions/contactexit"),
    ("POST", "/interaction/v1/interactions/contactexit/status"),
    ("POST", "/interaction/v1/interactions/contactMembership"),
    ("POST", "/interaction/v1/interactions/journeyhistory/search"),
    ("POST", "/interaction/v1/interactions/journeyhistory/estimate"),
    ("POST", "/interaction/v1/interactions/traceevents/search"),
    ("POST", "/contacts/v1/contacts"),
    ("PATCH", "/contacts/v1/contacts"),
    ("POST", "/contacts/v1/contacts/actions/delete"),
    ("POST", "/asset/v1/content/assets"),
    ("PUT", "/asset/v1/content/assets/{id}"),
    ("POST", "/asset/v1/content/assets/query"),
    ("POST", "/data/v1/customobjects"),
    ("POST", "/hub/v1/dataevents/key:{key}/rowset"),
    ("PUT", "/hub/v1/dataevents/key:{key}/rows/{row}"),
    ("POST", "/data/v1/async/dataextensions/key:{key}/rows"),
    ("POST", "/waystage/v1/clock/advance"),
    ("POST", "/waystage/v1/engine/settle"),
    ("POST", "/waystage/v1/clients"),
    ("PUT", "/waystage/v1/keys/{customerKey}"),
)
NAMES = {"id": "1", "key": "orders", "row": "Id:1", "customerKey": "mine"}


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


@pytest.mark.parametrize(("verb", "path", "call"), CALLS, ids=[f"{verb} {path}" for verb, path, _ in CALLS])
def test_every_call_is_described(verb: str, path: str, call: dict[str, Any]) -> None:
    assert call["summary"]
    assert call["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert all(one["description"] and one["schema"] for one in call.get("parameters", []))
    assert set(re.findall("{(.+?)}", path)) == {
        one["name"] for one in call.get("parameters", []) if one["in"] == "path"
    }
    if "x-not-built" not in call:
        assert any(status.startswith(("2", "3")) for status in call["responses"])
    refused = call["responses"].get("401", {}).get("$ref", "")
    assert bool(call["security"]) is refused.endswith("/NotAuthorized")


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example of a JSON body, with its schema."""
    for verb, path, call in CALLS:
        content = call.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            yield f"{verb} {path}", content["schema"], content.get("example")
    for name, response in DOCUMENT["components"]["responses"].items():
        if "content" in response:
            example = DOCUMENT["components"]["examples"][name]["value"]
            yield name, response["content"]["application/json"]["schema"], example


@pytest.mark.parametrize(("schema", "example"), [row[1:] for row in examples()], ids=[row[0] for row in examples()])
def test_every_example_has_its_shape(schema: dict[str, Any], example: Any) -> None:
    assert example is not None
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    assert [error.message for error in validator.iter_errors(example)] == []


def test_examples_work(light: Api) -> None:
    for verb, path in MAKING:
        body = DOCUMENT["paths"][path][verb.lower()]["requestBody"]["content"]["application/json"]["example"]
        query = "?type=keys" if path.endswith("actions/delete") else ""
        if path.endswith("dataevents/key:{key}/rows/{row}"):
            body = {"values": body["values"]}
        answer = light.http.request(verb, path.format(**NAMES) + query, json=body)
        assert answer.is_success, (verb, path, answer.text)
    file = DOCUMENT["paths"]["/waystage/v1/imports"]["post"]["requestBody"]["content"]["text/csv"]["example"]
    headers = {"Content-Type": "text/csv"}
    answer = light.http.post("/waystage/v1/imports?target=contacts", content=file, headers=headers)
    assert answer.json()["status"] == "Complete"


def test_every_error_has_an_example() -> None:
    for error in catalogue():
        response = component(DOCUMENT, f"#/components/responses/{error.__name__}")
        assert error.when in response["description"]
        assert ("content" in response) is (error is not NoChange)


def test_errors_that_no_call_has_are_those_of_the_door() -> None:
    used = {
        reference["$ref"].rpartition("/")[2]
        for *_, call in CALLS
        for response in call["responses"].values()
        for reference in (response, *_examples(response))
        if "$ref" in reference
    }
    assert {error.__name__ for error in catalogue()} - used == {"MethodNotAllowed", "NotBuilt"}


def _examples(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for media in response.get("content", {}).values():
        yield from media.get("examples", {}).values()


def test_the_page_shows_everything_and_its_links_lead_somewhere(light: Api) -> None:
    page = light.http.get("/docs").text
    ids = re.findall(r" id=([\w-]+)", page)
    assert len(ids) == len(set(ids))
    assert {call["operationId"] for *_, call in CALLS} <= set(ids)
    assert {f"error-{error.__name__}" for error in catalogue()} | {"errors", "shapes"} <= set(ids)
    assert {f"shape-{name}" for name in DOCUMENT["components"]["schemas"]} <= set(ids)
    assert set(re.findall(r"href=#([\w-]+)", page)) <= set(ids)


def test_the_law_would_see_what_is_undocumented(light: Api) -> None:
    answer = light("GET", "/waystage/v1/clock")
    assert LAW.broken_by(answer) == []
    answer._content = answer.content.replace(b'"mode"', b'"mood"')
    assert len(LAW.broken_by(answer)) == 2
    answer.status_code = 418
    assert LAW.broken_by(answer) == ["418 is undocumented"]
    assert len(ROUTES) == len(CALLS)
