"""docs/reference/api.md from the route table."""

from __future__ import annotations

from collections.abc import Iterable

from waystage.api.route import Route
from waystage.api.routes import BEYOND_THE_SEED, OURS, ROUTES, SEED
from waystage.docs import markdown

OPENING = """A running server shows the same at `/docs`, for machines at `/openapi.json`, and the reference's part as
the discovery document `GET /interaction/v1/rest`. Get a token with `POST /v2/token` and send it as
`Authorization: Bearer …`; *scope* is what the token must carry."""
COVERAGE = "Resources that are documented but not built yet. They answer 501 with errorcode 501 and change nothing."


def page() -> str:
    """The page."""
    missing = [route for route in ROUTES if not route.built]
    built = len(ROUTES) - len(missing)
    return markdown.page(
        "API",
        "waystage/api/routes.py",
        OPENING,
        f"{built} of {len(ROUTES)} resources are built; [the others](#not-built-yet) are listed at the end.",
        "## The reference's discovery document\n\n" + _table(SEED),
        "## More of the reference\n\n" + _table(BEYOND_THE_SEED),
        "## Our own\n\n" + _table(OURS),
        f"## Not built yet\n\n{COVERAGE}\n\n" + _list(missing),
    )


def _table(routes: Iterable[Route]) -> str:
    return markdown.table(("Call", "Does", "Query", "Scope", "State"), map(_row, routes))


def _row(route: Route) -> tuple[str, ...]:
    state = "built" if route.built else "501"
    return (_call(route), route.title, markdown.codes(one.name for one in route.query), _scope(route), state)


def _list(routes: Iterable[Route]) -> str:
    return "\n".join(f"- {_call(route)}: {route.title}" for route in routes)


def _call(route: Route) -> str:
    return f"{route.verb} `{route.path}`"


def _scope(route: Route) -> str:
    fine = f" ({markdown.code(route.fine_scope)} with `WAYSTAGE_FINE_SCOPES`)" if route.fine_scope else ""
    return markdown.code(route.scope or "") + fine or "no token"
