"""The shape of a row of the route table."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.shapes.call import Call, Parameter
from waystage.ground.errors import NotBuilt

Handler = Callable[[Request], Awaitable[Reply]]

READ = "journeys_read"
ADMIN = "waystage_admin"
#: A parameter of a path.
PARAMETER = re.compile(r"{([A-Za-z]+)}")
#: The verbs whose body is read, whether or not anybody looks at it.
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True, eq=False)
class Discovery:
    """An entry of the discovery document; `parameters` are the documented ones, not those of the path (api.md 2.1)."""

    name: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One resource: `scope` None means that no token is needed; `fine_scope` counts only with WAYSTAGE_FINE_SCOPES.

    `call` is what it takes, gives and refuses, for the documentation, and for the tests that hold every answer to it.
    """

    verb: str
    path: str
    function: Handler
    call: Call
    scope: str | None = READ
    discovery: Discovery | None = None
    summary: str = ""
    fine_scope: str | None = None
    or_scopes: frozenset[str] = frozenset()
    """Scopes of which each opens the door as `scope` does; the function looks more closely."""
    streamed: bool = False
    """Whether the function reads the body itself while it arrives, without the bound on requests."""

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        return self.summary or (self.discovery.description if self.discovery else "")

    @property
    def query(self) -> tuple[Parameter, ...]:
        """Its query parameters."""
        return self.call.query

    @property
    def accepts(self) -> tuple[str, ...]:
        """Media types of its body beside JSON."""
        return self.call.beside_json

    @property
    def built(self) -> bool:
        """Tell whether the resource exists in this version."""
        return self.function is not not_built


def seed(
    name: str,
    verb: str,
    path: str,
    function: Handler,
    call: Call,
    description: str,
    parameters: Mapping[str, str] | None = None,
    *,
    fine_scope: str | None = None,
) -> Route:
    """Make a row of the reference's discovery document."""
    entry = Discovery(name, description, parameters or {})
    return Route(verb, path, function, call, READ, entry, fine_scope=fine_scope)


def opened(path: str, function: Handler, call: Call, summary: str) -> Route:
    """Make a row that needs no token."""
    return Route("GET", path, function, call, None, summary=summary)


async def not_built(request: Request) -> Reply:
    """Answer 501: the resource is documented but belongs to a later version; the table shows which ones."""
    raise NotBuilt(f"This resource is not built yet: {', '.join(request.path) or 'no parameters'}.")
