"""OpenAPI 3.1 and a readable page, both from the route table and the catalogue of errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from waystage import __version__
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.route import Route
from waystage.ground.errors import WaystageError, catalogue

HTML = "text/html; charset=utf-8"
PARAMETER = re.compile(r"{([A-Za-z]+)}")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2430}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d5dbe3;vertical-align:top}"
    "code{font-size:.9em}.later{color:#5d6673}"
)


async def specification(request: Request) -> Reply:
    """GET openapi.json."""
    return Reply(body=openapi(request.routes, request.world.settings.public_url))


async def docs(request: Request) -> Reply:
    """GET docs: the same table for people, with the errors; no outside scripts."""
    return Reply(body=docs_page(request.routes), content_type=HTML)


def openapi(routes: Sequence[Route], base: str) -> dict[str, Any]:
    """Give the OpenAPI document of the table."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.verb.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Waystage", "version": __version__},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"schemas": {"Error": _ERROR}, "securitySchemes": {"bearer": _BEARER}},
    }


_TEXT = {"type": "string"}
_FLAT = {"message": _TEXT, "errorcode": {"type": "integer"}, "documentation": _TEXT}
_ERROR = {
    "type": "object",
    "properties": {**_FLAT, "validationErrors": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}},
    "required": list(_FLAT),
}
_BEARER = {"type": "http", "scheme": "bearer", "description": "An access token from POST /v2/token."}


def _operation(route: Route) -> dict[str, Any]:
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": _summary(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {"2XX": {"description": "Done"}, "default": {"description": "Refused", "content": refusal}},
        "security": [] if route.scope is None else [{"bearer": [route.scope]}],
    }
    if not route.built:
        operation["x-not-built"] = True
        operation["responses"] = {"501": {"description": "Not built yet", "content": refusal}}
    return operation


def _operation_id(route: Route) -> str:
    if route.discovery is not None:
        return route.discovery.name
    words = re.findall(r"[A-Za-z0-9]+", route.path)
    return route.verb.lower() + "".join(word[0].upper() + word[1:] for word in words)


def _summary(route: Route) -> str:
    return route.summary or (route.discovery.description if route.discovery else "")


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = PARAMETER.findall(route.path)
    return [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": _TEXT} for name in route.query]


def docs_page(routes: Sequence[Route]) -> str:
    """Give the page: resources, then errors."""
    rows = "".join(_route_row(route) for route in routes)
    errors = "".join(_error_row(error) for error in catalogue())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Waystage API</title><style>{STYLE}</style><h1>Waystage API</h1>"
        "<p>The same as a machine reads it: <a href=/openapi.json>openapi.json</a>. "
        "Get a token with POST /v2/token and send it as <code>Authorization: Bearer …</code>.</p>"
        "<h2 id=resources>Resources</h2><table><tr><th>Call<th>Does<th>Query<th>Scope</tr>" + rows + "</table>"
        "<h2 id=errors>Errors</h2><table><tr><th>Status<th>Code<th>When<th>What to do</tr>" + errors + "</table></html>"
    )


def _route_row(route: Route) -> str:
    later = "" if route.built else " <span class=later>(not built yet)</span>"
    return (
        f"<tr><td><code>{route.verb} {escape(route.path)}</code><td>{escape(_summary(route))}{later}"
        f"<td><code>{escape(', '.join(route.query))}</code><td>{escape(route.scope or 'none')}</tr>"
    )


def _error_row(error: type[WaystageError]) -> str:
    code = getattr(error, "oauth", str(error.errorcode))
    return f"<tr><td>{error.http}<td>{escape(code)}<td>{escape(error.when)}<td>{escape(error.remedy)}</tr>"
