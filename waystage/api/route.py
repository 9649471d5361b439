"""The shape of a row of the route table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.ground.errors import NotBuilt

Handler = Callable[[Request], Awaitable[Reply]]

READ = "journeys_read"
ADMIN = "waystage_admin"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Discovery:
    """An entry of the discovery document; `parameters` are the documented ones, not those of the path (api.md 2.1)."""

    name: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One resource: `scope` None means that no token is needed; `fine_scope` counts only with WAYSTAGE_FINE_SCOPES.

    `query` are the query parameters that the generated documentation lists, `accepts` media types beside JSON.
    """

    verb: str
    path: str
    function: Handler
    scope: str | None = READ
    discovery: Discovery | None = None
    summary: str = ""
    fine_scope: str | None = None
    query: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()

    @property
    def built(self) -> bool:
        """Tell whether the resource exists in this version."""
        return self.function is not not_built


async def not_built(request: Request) -> Reply:
    """Answer 501: the resource is documented but belongs to a later version; the table shows which ones."""
    raise NotBuilt(f"This resource is not built yet: {', '.join(request.path) or 'no parameters'}.")
