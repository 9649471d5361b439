"""Which errors a resource can answer with: its own, and those that follow from what it takes (D-13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from waystage.api.error_replies import render
from waystage.api.replies import Reply
from waystage.api.route import PARAMETER, WITH_BODY, Route
from waystage.ground.errors import (
    BadRequest,
    Forbidden,
    MalformedJson,
    MethodNotAllowed,
    MissingValue,
    NotAuthorized,
    NotBuilt,
    RateLimited,
    RouteNotFound,
    ServerFault,
    SeveralErrors,
    TokenRefused,
    TooLarge,
    UnsupportedMediaType,
    WaystageError,
    WrongType,
)
from waystage.ground.settings import Settings


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as a caller sees it: an example of its reply."""

    error: type[WaystageError]
    reply: Reply

    @property
    def name(self) -> str:
        """What the documentation calls it."""
        return self.error.__name__

    @property
    def status(self) -> int:
        """Its HTTP status under the settings in force."""
        return self.reply.status

    @property
    def has_body(self) -> bool:
        """Whether there is anything but the status."""
        return bool(self.reply.body)


def refusal(error: type[WaystageError], settings: Settings) -> Refusal:
    """The error with an example, made by the one renderer."""
    return Refusal(error, render(_example(error), settings))


def _example(error: type[WaystageError]) -> WaystageError:
    if issubclass(error, SeveralErrors):
        return error([MissingValue(MissingValue.example), WrongType(WrongType.example)])
    if issubclass(error, MethodNotAllowed):
        return error(("GET", "HEAD", "OPTIONS"))
    if issubclass(error, RateLimited):
        return error(5)
    return error(error.example or None)


def refusals(route: Route) -> tuple[type[WaystageError], ...]:
    """Every error that the resource can answer with, each once, in the order of their numbers."""
    if not route.built:
        found = {*_at_the_door(route), NotBuilt}
    else:
        found = {*_at_the_door(route), *_of_what_it_takes(route), *route.call.refuses}
    return tuple(sorted(found, key=lambda error: (error.http, error.errorcode, error.__name__)))


def _at_the_door(route: Route) -> Iterator[type[WaystageError]]:
    yield ServerFault
    if route.scope is not None:
        yield from (NotAuthorized, RateLimited, Forbidden)
    elif route.verb == "POST":
        yield RateLimited
    if route.verb in WITH_BODY and not route.streamed:
        yield from (UnsupportedMediaType, TooLarge)
    if PARAMETER.search(route.path):
        yield RouteNotFound
    if "key:{" in route.path:
        yield BadRequest


def _of_what_it_takes(route: Route) -> Iterator[type[WaystageError]]:
    takes = route.call.takes
    has_own_envelope = any(issubclass(error, TokenRefused) for error in route.call.refuses)
    if takes is not None and not takes.instead and not has_own_envelope:
        yield from (MalformedJson, WrongType)
    if route.call.query:
        yield WrongType
