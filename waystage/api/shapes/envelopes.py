"""The envelopes of refusals (api.md 1.8.1)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.schema import LINK, TEXT, WHOLE, Named, about, answer, array
from waystage.ground.errors import RateLimited, SeveralErrors, TokenRefused, WaystageError

_FLAT: Final = {
    "message": about(TEXT, "Names the field, what came and what is allowed."),
    "errorcode": about(WHOLE, "What to tell errors apart by."),
    "documentation": about(TEXT, "An address, or empty."),
}
#: E1 and E4.
ERROR: Final = Named("Error", answer(_FLAT))
#: E2, and the envelope of refused updates (D-28).
ERRORS: Final = Named("Errors", answer({**_FLAT, "validationErrors": array(ERROR)}))
#: E5.
THROTTLED: Final = Named("Throttled", answer({**_FLAT, "retryAfter": about(WHOLE, "Seconds.")}))
#: E6 (D-59).
OAUTH: Final = Named("OAuthError", answer({"error": TEXT, "error_description": TEXT, "error_uri": LINK}))

_BY_KIND: Final = ((SeveralErrors, ERRORS), (RateLimited, THROTTLED), (TokenRefused, OAUTH), (WaystageError, ERROR))


def envelope(error: type[WaystageError]) -> Named:
    """The shape of an error's body."""
    return next(shape for kind, shape in _BY_KIND if issubclass(error, kind))
