"""The discovery document, from the route table (D-14)."""

from __future__ import annotations

from collections.abc import Sequence

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.route import Route

PREFIX = "/interaction/v1/"


async def discover(request: Request) -> Reply:
    """GET rest."""
    return Reply(body=document(request.routes))


def document(routes: Sequence[Route]) -> dict[str, object]:
    """Give every row with a discovery entry, in the order of the table."""
    return {"methods": {route.discovery.name: _entry(route) for route in routes if route.discovery is not None}}


def _entry(route: Route) -> dict[str, object]:
    entry = route.discovery
    return {
        "path": route.path.removeprefix(PREFIX),
        "httpMethod": route.verb.lower(),
        "description": entry.description if entry else "",
        "parameters": dict(entry.parameters) if entry else {},
    }
