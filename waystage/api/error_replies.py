"""The one renderer of the error catalogue: envelopes E1, E2, E4 and E6 of api.md 1.8.1, and the bodiless 304."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waystage.api.replies import Reply
from waystage.ground.errors import (
    EventDefinitionNotFound,
    MethodNotAllowed,
    NoChange,
    NotAuthorized,
    Overloaded,
    RateLimited,
    RouteNotFound,
    ServerFault,
    SeveralErrors,
    TokenRefused,
    TooLarge,
    WaystageError,
)

if TYPE_CHECKING:
    from waystage.ground.settings import Settings

CHALLENGE = 'Bearer realm="waystage", error="invalid_token"'
RETRY_SECONDS = "5"
#: The number of an unknown event definition where WAYSTAGE_MISSING_EVENT_DEFINITION is 400 (D-50).
UNSPECIFIED = 30000


def render(error: WaystageError, settings: Settings) -> Reply:
    """Turn an error into its reply; a 304 carries no body (RFC 9110, 15.4.5; D-24)."""
    if isinstance(error, NoChange):
        return Reply(error.http, b"")
    if isinstance(error, TokenRefused):
        return Reply(error.http, _oauth(error, settings), headers=_headers(error))
    return Reply(_status(error, settings), _envelope(error, settings), headers=_headers(error))


def fault(settings: Settings) -> Reply:
    """Answer for an exception that is not in the catalogue; its text stays in the log."""
    return render(ServerFault(), settings)


def _status(error: WaystageError, settings: Settings) -> int:
    return settings.missing_event_definition if isinstance(error, EventDefinitionNotFound) else error.http


def _envelope(error: WaystageError, settings: Settings) -> dict[str, object]:
    linked = isinstance(error, RouteNotFound | MethodNotAllowed | NotAuthorized)
    flat = _flat(error, _page(settings) if linked else "")
    if isinstance(error, EventDefinitionNotFound) and settings.missing_event_definition != error.http:
        flat["errorcode"] = UNSPECIFIED
    if isinstance(error, RateLimited):
        flat["retryAfter"] = error.retry_after
    if isinstance(error, SeveralErrors):
        flat["validationErrors"] = [_flat(item, "") for item in error.items]
    return flat


def _flat(error: WaystageError, documentation: str) -> dict[str, object]:
    return {"message": error.message, "errorcode": error.errorcode, "documentation": documentation}


def _oauth(error: TokenRefused, settings: Settings) -> dict[str, object]:
    return {"error": error.oauth, "error_description": error.message, "error_uri": _page(settings)}


def _page(settings: Settings) -> str:
    return f"{settings.public_url}/docs#errors"


def _headers(error: WaystageError) -> tuple[tuple[str, str], ...]:
    if isinstance(error, NotAuthorized):
        return (("www-authenticate", CHALLENGE),)
    if isinstance(error, MethodNotAllowed):
        return (("allow", ", ".join(error.allowed)),)
    if isinstance(error, TooLarge):
        return (("connection", "close"),)
    if isinstance(error, RateLimited):
        return (("retry-after", str(error.retry_after)),)
    if isinstance(error, Overloaded):
        return (("retry-after", RETRY_SECONDS),)
    return ()
