"""The law of the contract: every answer that a test sees is one that the OpenAPI document describes.

The test client (`served.py`) holds each answer to it, so that a shape and what is really answered cannot drift apart:
status, content type, body, and for refusals one of the errors that the resource says it has. Of a request that was
accepted the body must be one that the document describes.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

import httpx
import jsonschema_rs
import msgspec

from waystage.api.openapi import component, openapi
from waystage.api.requests import read_json, recased
from waystage.api.route import Route
from waystage.api.router import Router
from waystage.api.routes import ROUTES
from waystage.ground.errors import MethodNotAllowed, RouteNotFound
from waystage.ground.settings import load

#: Where the tests are pointed at another server, its own document is not known here.
IS_ELSEWHERE = bool(os.environ.get("WAYSTAGE_TEST_ADDRESS"))
JSON = "application/json"
BODILESS = {204, 304}
ROUTER: Router[Route] = Router(ROUTES)
EMPTY_KEY = re.compile("key(:|%3a)(?=/|$)", re.IGNORECASE)

Found = list[str]


class Law:
    """One OpenAPI document, with its validators made when they are first needed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._lenient = _in_any_case(document["components"])
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def broken_by(self, answer: httpx.Response) -> Found:
        """What is undocumented about an answer; its body must have been read."""
        request = answer.request
        if request.method == "OPTIONS" and answer.is_success:
            return [] if "allow" in answer.headers else ["the header allow is missing"]
        route = routed(request)
        if isinstance(route, type):
            return self._referred(f"#/components/responses/{route.__name__}", answer)
        call = self._document["paths"][route.path][route.verb.lower()]
        response = call["responses"].get(str(answer.status_code))
        if response is None:
            return [f"{answer.status_code} is undocumented"]
        if "$ref" in response:
            return self._referred(response["$ref"], answer)
        found = self._held_to(response, f"{route.verb} {route.path} {answer.status_code}", answer)
        return found or (self._sent(call, route, answer) if answer.is_success else [])

    def _referred(self, name: str, answer: httpx.Response) -> Found:
        """The answer must be this error, with all its headers."""
        response = component(self._document, name)
        absent = [one for one in response.get("headers", {}) if one not in answer.headers]
        return [*self._held_to(response, name, answer), *(f"the header {one} is missing" for one in absent)]

    def _held_to(self, response: Mapping[str, Any], name: str, answer: httpx.Response) -> Found:
        content = response.get("content", {})
        if answer.status_code in BODILESS or answer.request.method == "HEAD":
            return ["there is a body"] if answer.content else []
        media = answer.headers.get("content-type", "").partition(";")[0]
        if media not in content:
            return [f"{media} is none of {', '.join(content)}"]
        if media != JSON:
            return []
        return [*self._validated(content[media]["schema"], name, answer.json()), *self._code(content[media], answer)]

    def _code(self, media: Mapping[str, Any], answer: httpx.Response) -> Found:
        """A refusal must be one of the errors that the resource says it has."""
        body = answer.json()
        if answer.is_success or not isinstance(body, dict) or not {"errorcode", "error"} & body.keys():
            return []
        examples = [component(self._document, one["$ref"])["value"] for one in media.get("examples", {}).values()]
        known = {one.get("errorcode", one.get("error")) for one in examples}
        code = body.get("errorcode", body.get("error"))
        return [] if code in known else [f"the error {code} is none of {known}"]

    def _sent(self, call: Mapping[str, Any], route: Route, answer: httpx.Response) -> Found:
        """The body that was accepted, its names and words in any letter case (D-03)."""
        request = answer.request
        media = request.headers.get("content-type", JSON).partition(";")[0]
        content = call.get("requestBody", {}).get("content", {})
        if JSON not in content or not (media == JSON or media.endswith("+json")) or not request.content.strip():
            return []
        schema = content[JSON]["schema"]
        body = _respelled(read_json(request.content), self._resolved(schema))
        name = f"{route.verb} {route.path} body"
        found = self._validated(_in_any_case(schema), name, body, self._lenient)
        return [f"the accepted body: {one}" for one in found]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = component(self._document, schema["$ref"]) if "$ref" in schema else schema
        return found

    def _validated(
        self, schema: Mapping[str, Any], name: str, body: Any, components: Mapping[str, Any] | None = None
    ) -> Found:
        validator = self._validators.get(name)
        if validator is None:
            whole = {"components": components or self._document["components"], **schema}
            validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
            self._validators[name] = validator
        return [f"{'.'.join(map(str, one.instance_path))}: {one.message[:500]}" for one in validator.iter_errors(body)]


def routed(request: httpx.Request) -> Route | type[RouteNotFound] | type[MethodNotAllowed]:
    """The row that a request leads to, or why it leads nowhere."""
    raw = request.url.raw_path.decode("ascii").partition("?")[0]
    try:
        return ROUTER.find(request.method, EMPTY_KEY.sub("key:x", raw))[0]
    except RouteNotFound:
        return RouteNotFound
    except MethodNotAllowed:
        return MethodNotAllowed


def _respelled(body: Any, schema: Mapping[str, Any]) -> Any:
    """A body whose names are spelled as the document spells them."""
    if isinstance(body, list) and "items" in schema:
        return [_respelled(one, component(DOCUMENT, schema["items"]["$ref"])) for one in body]
    return recased(body, tuple(schema.get("properties", ()))) if isinstance(body, dict) else body


def _in_any_case(schema: Any) -> Any:
    """A schema whose words may be written in any letter case."""
    if isinstance(schema, dict):
        known = schema.get("enum")
        if known and all(isinstance(word, str) for word in known):
            return {"pattern": f"(?i)^({'|'.join(map(re.escape, known))})$"}
        return {name: _in_any_case(value) for name, value in schema.items()}
    return [_in_any_case(one) for one in schema] if isinstance(schema, list) else schema


#: What a server with the settings of the tests describes.
DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(openapi(ROUTES, load({}))))
LAW = Law(DOCUMENT)


class LawfulClient(httpx.Client):
    """A client that fails with whatever it gets that is not documented; streams are their readers' business."""

    def send(self, request: httpx.Request, *, stream: bool = False, **more: Any) -> httpx.Response:
        """Send a request and hold its answer to the law."""
        answer = super().send(request, stream=stream, **more)
        if not stream and not IS_ELSEWHERE:
            hold(answer)
        return answer


def hold(answer: httpx.Response) -> None:
    """Fail if an answer is not documented, by the document of the server itself where its settings make another."""
    if LAW.broken_by(answer):
        document = httpx.get(answer.request.url.join("/openapi.json")).json()
        broken = Law(document).broken_by(answer)
        request = answer.request
        said = f"{request.method} {request.url} {request.content[:2000]!r}\n{answer.status_code} {answer.text[:2000]}"
        assert not broken, "\n".join([*broken, said])
