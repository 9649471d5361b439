"""The ASGI application: route, token, scope, media type, size, then the row's function; one place for errors (D-13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from waystage.api.bodies import ClientGone, read_body
from waystage.api.caller import Caller
from waystage.api.error_replies import fault, render
from waystage.api.replies import Reply
from waystage.api.requests import Query, Request
from waystage.api.route import Route
from waystage.api.router import Router
from waystage.api.world import World
from waystage.ground.errors import Forbidden, WaystageError
from waystage.ground.log import logger

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NOBODY = Caller(0, "", frozenset(), 0)
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
BODILESS = frozenset({204, 304})

log = logger("api")


class Application:
    """One route table over one world."""

    def __init__(self, world: World, routes: Sequence[Route]) -> None:
        """Build the router; ValueError when two rows collide."""
        self._world = world
        self._routes = tuple(routes)
        self._router: Router[Route] = Router(self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and end."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except WaystageError as error:
            reply = render(error, self._world.settings)
        except ClientGone:
            return
        except Exception:
            log.exception("request failed", verb=scope["method"], path=scope["path"])
            reply = fault(self._world.settings)
        self._world.answered[reply.status] += 1
        await _send(send, reply, head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        verb, raw_path = scope["method"], _raw_path(scope)
        if verb == "OPTIONS":
            return Reply(headers=(("allow", ", ".join(self._router.allowed(raw_path))),))
        route, path = self._router.find(verb, raw_path)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        caller = await self._caller(route, headers)
        body = b""
        if verb in WITH_BODY:
            body = await read_body(headers, receive, self._world.settings.max_request_bytes, route.accepts)
        query = Query(scope["query_string"].decode("latin-1"))
        now = self._world.clock.now()
        return await route.function(Request(self._world, caller, now, path, query, self._routes, headers, body))

    async def _caller(self, route: Route, headers: Mapping[bytes, bytes]) -> Caller:
        """Give the caller, its scopes checked before anything is looked up (D-07); NotAuthorized, Forbidden."""
        if route.scope is None:
            return NOBODY
        authorization = headers.get(b"authorization", b"")
        tokens = self._world.tokens
        caller = tokens.known(authorization) or await tokens.look_up(authorization, self._world.database)
        if route.scope not in caller.scopes:
            raise Forbidden
        if self._world.settings.fine_scopes and route.fine_scope and route.fine_scope not in caller.scopes:
            raise Forbidden
        return caller


def _raw_path(scope: Scope) -> str:
    """Give the path still percent-encoded, as the router wants it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


async def _send(send: Send, reply: Reply, *, head: bool) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    payload = b""
    if reply.status not in BODILESS:
        payload = reply.payload()
        headers.append((b"content-type", reply.content_type.encode("latin-1")))
        headers.append((b"content-length", b"%d" % len(payload)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else payload})


async def _lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge start and end; the program's start does the work around the server."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
