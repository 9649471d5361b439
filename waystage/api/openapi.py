"""The OpenAPI 3.1 document, from the route table, its shapes and the catalogue of errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from waystage import __version__
from waystage.api.openapi_parts import JSON_MEDIA, Components, headers_of
from waystage.api.refusals import Refusal, refusal, refusals
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.route import PARAMETER, Route
from waystage.api.shapes.call import Answer, Body, Parameter
from waystage.api.shapes.parameters import PATH
from waystage.api.shapes.schema import TEXT, Schema
from waystage.ground.errors import catalogue
from waystage.ground.settings import Settings
from waystage.spec.check import SELECTING

_BEARER = {"type": "http", "scheme": "bearer", "description": "An access token from POST /v2/token."}
_ABOUT = (
    "Journeys over HTTP. Paths and names of query parameters are read in any letter case, unknown query parameters are"
    " ignored. A GET resource answers HEAD too; every path answers OPTIONS; what has no such method is a 405 and what"
    " has no such path a 404."
)


async def specification(request: Request) -> Reply:
    """GET openapi.json."""
    return Reply(body=_written(request.routes, request.world.settings))


@lru_cache(maxsize=1)
def _written(routes: Sequence[Route], settings: Settings) -> bytes:
    """Made once: who may ask for it needs no token, so it must not cost much."""
    return msgspec.json.encode(openapi(routes, settings))


def openapi(routes: Sequence[Route], settings: Settings) -> dict[str, Any]:
    """Give the OpenAPI document of the table, as the settings have it."""
    parts = Components()
    for error in catalogue():
        parts.add_refusal(refusal(error, settings))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.verb.lower()] = _operation(route, parts, settings)
    if not settings.require_modified_date:
        for name in SELECTING:
            parts.relax("ChangedJourney", name)
    families = {route.call.family.name: route.call.family for route in routes}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Waystage", "version": __version__, "description": _ABOUT},
        "servers": [{"url": settings.public_url}],
        "tags": [{"name": one.name, "description": one.text} for one in families.values()],
        "paths": paths,
        "components": {**parts.rendered(), "securitySchemes": {"bearer": _BEARER}},
    }


def _operation(route: Route, parts: Components, settings: Settings) -> dict[str, Any]:
    call = route.call
    found: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [call.family.name],
        "summary": route.title,
        "description": call.text,
        "parameters": [_parameter(one, parts) for one in (*path_parameters(route), *call.query, *call.headers)],
        "requestBody": _body(call.takes, parts) if call.takes is not None else None,
        "responses": _responses(route, parts, settings),
        "security": [{"bearer": [scope]} for scope in scopes(route)],
        "x-fine-scope": route.fine_scope,
        "x-not-built": not route.built or None,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def operation_id(route: Route) -> str:
    """Give the name of the reference's discovery document, or that of the function."""
    if route.discovery is not None:
        return route.discovery.name
    function = route.function
    named = f"{function.__module__.rpartition('.')[2]} {function.__name__}" if route.built else route.path
    words = [str(word) for word in re.findall(r"[A-Za-z0-9]+", named.replace("_", " "))]
    by_key = "ByKey" if re.search("key[:/]{key}", route.path) else ""
    return words[0] + "".join(word[0].upper() + word[1:] for word in words[1:]) + by_key


def scopes(route: Route) -> list[str]:
    """Give the scopes of which each opens the door."""
    return sorted({*((route.scope,) if route.scope else ()), *route.or_scopes})


def path_parameters(route: Route) -> list[Parameter]:
    """Give the parameters of the path, in its order."""
    names = PARAMETER.findall(route.path)
    return [route.call.path.get(name) or PATH[name] for name in names]


def _parameter(one: Parameter, parts: Components) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": one.name,
        "in": one.place,
        "required": one.required,
        "description": one.text,
        "schema": parts.schema(one.schema),
    }
    if one.schema.get("type") == "array":
        found |= {"style": "form", "explode": one.repeated}
    return found


def _body(takes: Body, parts: Components) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": parts.schema(takes.schema)}
    if takes.example is not None:
        content["example"] = takes.example
    found: dict[str, Any] = {"required": takes.required, "content": dict.fromkeys(takes.media, content)}
    return found | ({"description": takes.text} if takes.text else {})


def _responses(route: Route, parts: Components, settings: Settings) -> dict[str, Any]:
    refused: dict[int, list[Refusal]] = {}
    for error in refusals(route):
        one = refusal(error, settings)
        refused.setdefault(one.status, []).append(one)
    given = route.call.gives if route.built else {}
    statuses = sorted({*given, *refused})
    return {str(status): _response(given.get(status), refused.get(status, []), parts) for status in statuses}


def _response(given: Answer | None, refused: Sequence[Refusal], parts: Components) -> dict[str, Any]:
    if given is None and len(refused) == 1:
        return {"$ref": f"#/components/responses/{refused[0].name}"}
    schemas: list[Schema] = [given.schema] if given is not None and given.schema is not None else []
    content = {media.partition(";")[0]: {"schema": TEXT} for media in (given.files if given is not None else ())}
    texts = [given.text] if given is not None else []
    json = parts.content(schemas, refused)
    found: dict[str, Any] = {"description": " ".join([*texts, *_when(refused)])}
    if content or json:
        found["content"] = ({JSON_MEDIA: json} if json else {}) | content
    headers = {name for one in refused for name, _ in one.reply.headers}
    return found | ({"headers": headers_of(headers)} if headers else {})


def _when(refused: Iterable[Refusal]) -> list[str]:
    return [one.error.when for one in refused]


def component(document: Mapping[str, Any], reference: str) -> Any:
    """Give what a `#/…` reference of the document points to."""
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found
