"""What is kept of each answered request: its figures, a line of the log where that is worth one, its span of a trace.

Every request passes here, so it pays for two looks at the clock, two counts and a text; the rest happens when somebody
asks for the figures, or when a line is to be written.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from itertools import count
from typing import Any, Final

from waystage.api.caller import Caller
from waystage.api.route import Route
from waystage.ground import clock, ids, log, tracing
from waystage.ground.meters import REQUEST_SECONDS, REQUESTS, REQUESTS_OPEN, Histogram, Meters, Samples

Scope = MutableMapping[str, Any]

#: Where a request carries its name, and its answer too.
REQUEST_ID: Final = b"x-request-id"
#: Where the scope of a request keeps what was found out about it.
ROUTE, CALLER, REFUSAL = "waystage.route", "waystage.caller", "waystage.refusal"
#: An answer that took so many seconds is told of at any level.
SLOW: Final = 1.0
#: Counted for a client that went away before it was answered, as some proxies do.
CLIENT_GONE: Final = 499
_FAULT: Final = 500
#: What is not built yet is no fault.
_NOT_BUILT: Final = 501
#: The verbs that figures name; anything may be sent, and each word would make a series of its own.
_VERBS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE: Final = "(none)"
_CARRIED: Final = frozenset(name.encode() for name in tracing.CARRIED)
_GIVEN_ID: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:=+/~-]{0,127}")

_log = log.logger("api")


class RequestIds:
    """Names of requests: what the client gave, if it is a plain word of at most 128 characters, or one of our own."""

    def __init__(self) -> None:
        self._ours = ids.new_guid()[:8].encode() + b"-%x"
        self._numbers = count(1)

    def of(self, headers: Mapping[bytes, bytes]) -> bytes:
        """The name of the request with these headers."""
        given = headers.get(REQUEST_ID)
        if given is not None and _GIVEN_ID.fullmatch(given):
            return given
        return self._ours % next(self._numbers)


class _Seen:
    """How many requests of one route and verb were answered with one status; the times are those of all statuses."""

    __slots__ = ("n", "seconds")

    def __init__(self, seconds: Histogram) -> None:
        self.n = 0
        self.seconds = seconds


class RequestWatch:
    """Everything that is noted about requests, on the server's thread."""

    def __init__(self, meters: Meters) -> None:
        self.open = 0
        """Requests that are being answered."""
        self._meters = meters
        self._seen: dict[tuple[Route | None, str, int], _Seen] = {}
        self._told_from = 0.0 if log.tells_details() else SLOW
        meters.watch(REQUESTS, self._samples)
        meters.watch(REQUESTS_OPEN, lambda: {(): float(self.open)})

    def ended(self, scope: Scope, status: int, started: float) -> None:
        """Count an answer, and tell of it if it was slow, a documented fault of ours, or if everything is to be told.

        What was not foreseen has its own line already, with its trace; a probe that is told "not ready" is no fault.
        """
        seconds = clock.stopwatch() - started
        route, verb = scope.get(ROUTE), scope["method"]
        seen = self._seen.get((route, verb, status)) or self._begin(route, verb, status)
        seen.n += 1
        times = seen.seconds
        times.counts[bisect_left(times.steps, seconds)] += 1
        times.total += seconds
        if seconds >= self._told_from or (status >= _FAULT and _is_fault(scope, status)):
            _tell(scope, status, seconds)

    def _begin(self, route: Route | None, verb: str, status: int) -> _Seen:
        shown = verb if verb in _VERBS else "OTHER"
        key = route, shown, status
        if key not in self._seen:
            self._seen[key] = _Seen(self._meters.histogram(REQUEST_SECONDS, _template(route), shown))
        return self._seen[key]

    def _samples(self) -> Samples:
        return {
            (_template(route), verb, str(status)): float(seen.n)
            for (route, verb, status), seen in list(self._seen.items())
        }


def _template(route: Route | None) -> str:
    return _NO_ROUTE if route is None else route.path


def template_of(scope: Scope) -> str:
    """The route of a request as the table has it: its path itself may name a person."""
    return _template(scope.get(ROUTE))


def _is_fault(scope: Scope, status: int) -> bool:
    return status >= _FAULT and status != _NOT_BUILT and REFUSAL in scope


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """One line; the route's template instead of the path, which may name a person."""
    caller: Caller | None = scope.get(CALLER)
    about: dict[str, object] = {
        "verb": scope["method"][:20],
        "route": template_of(scope),
        "status": status,
        "ms": round(seconds * 1000, 1),
        "client": caller.client_id if caller is not None else "",
    }
    refusal = scope.get(REFUSAL)
    if refusal is not None:
        about["errorcode"] = refusal
    if _is_fault(scope, status):
        _log.error("answered with a fault", **about)
    elif seconds >= SLOW:
        _log.info("a slow answer", **about)
    else:
        _log.debug("answered", **about)


def span_of(scope: Scope) -> AbstractContextManager[tracing.Span | None]:
    """The span of a request, continuing the trace that it says it belongs to (W3C traceparent)."""
    given = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CARRIED}
    return tracing.span(scope["method"] if scope["method"] in _VERBS else "HTTP", "server", carried=given)


def describe(span: tracing.Span, scope: Scope, status: int) -> None:
    """What is known of a request once it was answered."""
    verb, route = scope["method"], template_of(scope)
    span.rename(f"{verb} {route}")
    span.note("http.request.method", verb)
    span.note("http.route", route)
    span.note("http.response.status_code", status)
    if status >= _FAULT:
        span.fail(f"answered {status}")
