"""The ASGI application: route, token, scope, media type, size, then the row's function; one place for errors (D-13)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from waystage.api.bodies import ClientGone, read_body
from waystage.api.caller import Caller
from waystage.api.error_replies import fault, render
from waystage.api.replies import Reply
from waystage.api.requests import Query, Request
from waystage.api.route import WITH_BODY, Route
from waystage.api.router import Router
from waystage.api.security_headers import security_headers
from waystage.api.sending import Receive, Send, send_reply
from waystage.api.streams import BodyStream
from waystage.api.throttle import Throttle
from waystage.api.watching import (
    CALLER,
    CLIENT_GONE,
    REFUSAL,
    REQUEST_ID,
    ROUTE,
    RequestIds,
    RequestWatch,
    describe,
    span_of,
    template_of,
)
from waystage.api.world import World
from waystage.ground import clock, tracing
from waystage.ground.errors import Forbidden, WaystageError
from waystage.ground.log import begin_request, logger

Scope = MutableMapping[str, Any]

NOBODY = Caller(0, "", frozenset(), 0)

log = logger("api")


class Application:
    """One route table over one world."""

    def __init__(self, world: World, routes: Sequence[Route]) -> None:
        """Build the router; ValueError when two rows collide."""
        self._world = world
        self._routes = tuple(routes)
        self._router: Router[Route] = Router(self._routes)
        self._headers = security_headers(world.settings)
        self._throttle = Throttle(world.settings.throttle) if world.settings.throttle else None
        self._names = RequestIds()
        self._watch = RequestWatch(world.meters)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and end."""
        if scope["type"] == "http":
            await (self._trace if tracing.is_on() else self._serve)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _trace(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as a span of a trace."""
        with span_of(scope) as span:
            status = await self._serve(scope, receive, send)
            if span is not None:
                describe(span, scope, status)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer, and note how; gives the status."""
        started, status = clock.stopwatch(), CLIENT_GONE
        headers: dict[bytes, bytes] = dict(scope["headers"])
        name = self._names.of(headers)
        begin_request(name)
        self._watch.open += 1
        try:
            reply = await self._reply(scope, receive, headers)
            if reply is not None:
                status = reply.status
                await self._send(scope, reply, [*self._headers, (REQUEST_ID, name)], receive, send)
        finally:
            self._watch.open -= 1
            self._watch.ended(scope, status, started)
        return status

    async def _reply(self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]) -> Reply | None:
        """Give the answer, whatever goes wrong; None when nobody is there to take one."""
        try:
            return await self._answer(scope, receive, headers)
        except WaystageError as error:
            scope[REFUSAL] = error.errorcode
            return render(error, self._world.settings)
        except ClientGone:
            return None
        except Exception:
            log.exception("request failed", verb=scope["method"], route=template_of(scope))
            return fault(self._world.settings)

    async def _send(
        self, scope: Scope, reply: Reply, always: Sequence[tuple[bytes, bytes]], receive: Receive, send: Send
    ) -> None:
        try:
            await send_reply(reply, always, receive, send, head=scope["method"] == "HEAD")
        except Exception:  # the answer has begun and stays without its end, so the server cuts the connection
            log.exception("a reply broke off", verb=scope["method"], route=template_of(scope))

    async def _answer(self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]) -> Reply:
        verb, raw_path = scope["method"], _raw_path(scope)
        if verb == "OPTIONS":
            return Reply(headers=(("allow", ", ".join(self._router.allowed(raw_path))),))
        route, path = self._router.find(verb, raw_path)
        scope[ROUTE] = route
        caller = scope[CALLER] = await self._caller(route, headers, scope)
        body, stream = b"", None
        if route.streamed:
            stream = BodyStream(receive)
        elif verb in WITH_BODY:
            body = await read_body(headers, receive, self._world.settings.max_request_bytes, route.accepts)
        query = Query(scope["query_string"].decode("latin-1"))
        now = self._world.clock.now()
        request = Request(self._world, caller, now, path, query, self._routes, headers, body, stream, verb)
        return await route.function(request)

    async def _caller(self, route: Route, headers: Mapping[bytes, bytes], scope: Scope) -> Caller:
        """Give the caller: token, rate, scopes, before anything is looked up (D-07, D-13).

        NotAuthorized, RateLimited, Forbidden.
        """
        if route.scope is None:
            self._count(route, scope)
            return NOBODY
        authorization = headers.get(b"authorization", b"")
        tokens = self._world.tokens
        caller = tokens.known(authorization) or await tokens.look_up(authorization, self._world.database)
        if self._throttle is not None:
            self._throttle.take(caller.client_id)
        if route.scope not in caller.scopes and route.or_scopes.isdisjoint(caller.scopes):
            raise Forbidden
        if self._world.settings.fine_scopes and route.fine_scope and route.fine_scope not in caller.scopes:
            raise Forbidden
        return caller

    def _count(self, route: Route, scope: Scope) -> None:
        """Nobody guesses secrets faster than the rate; what else needs no token is cheap and stays open to probes."""
        if self._throttle is not None and route.verb == "POST":
            self._throttle.take(f"address {(scope.get('client') or ('', 0))[0]}")


def _raw_path(scope: Scope) -> str:
    """Give the path still percent-encoded, as the router wants it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


async def _lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge start and end; the program's start does the work around the server."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
