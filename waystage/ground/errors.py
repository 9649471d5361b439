"""The catalogue of everything a caller can be told to have gone wrong: each documented answer once, with its remedy.

    WaystageError
    ├── BadRequest              400/10000
    │   ├── WrongType           400/10001
    │   ├── MissingValue        400/10002
    │   ├── WrongFormat         400/10003
    │   ├── MalformedJson       400/10004
    │   ├── ValueNotAllowed     400/10005
    │   └── SeveralErrors                       (carries the single errors)
    │       ├── ValidationErrors    400/10006
    │       └── MalformedUpdate     400/400
    ├── NotAuthorized           401/0
    ├── TokenRefused                            (token endpoint only; OAuth envelope, carries its word)
    │   ├── InvalidClient           401 invalid_client
    │   ├── InvalidTokenRequest     400 invalid_request
    │   ├── UnsupportedGrantType    400 unsupported_grant_type
    │   └── InvalidScope            400 invalid_scope
    ├── Forbidden               403/20002
    ├── NotFound                404/30003
    │   ├── InteractionNotFound
    │   ├── EventDefinitionNotFound
    │   ├── DataExtensionNotFound
    │   ├── AssetNotFound
    │   ├── FolderNotFound
    │   ├── ContactNotFound
    │   ├── ClientNotFound
    │   ├── AutomationNotFound
    │   ├── EndpointNotFound
    │   ├── TriggerTestNotFound
    │   ├── ImportNotFound
    │   ├── SimulationNotFound
    │   ├── KeyNotFound
    │   ├── LinkNotValid
    │   ├── RequestTokenNotFound
    │   └── StatusNotFound
    ├── RouteNotFound           404/404
    ├── MethodNotAllowed        405/405         (carries the allowed verbs)
    ├── Conflict
    │   ├── StateConflict       409/409
    │   ├── StaleVersion        409/30000
    │   ├── InvalidTransition   409/30002
    │   ├── NotValidNow         409/30001
    │   ├── AlreadyExists       409/30004
    │   ├── SecretKeyUnusable   409/30001
    │   └── ClockNotVirtual     409/30001
    ├── TooLarge                413/413
    ├── UnsupportedMediaType    415/415
    ├── NoChange                304/304
    ├── ServerFault             500/500
    ├── NotBuilt                501/501
    ├── RateLimited             429/50100       (carries the seconds to wait)
    ├── Overloaded              503/50300
    └── SettleTimeout           504/504

Sources: api.md 1.8 and D-08 to D-13, D-23, D-24, D-28; contract 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class WaystageError(Exception):
    """Something a caller must be told; `http` and `errorcode` are what the wire shows."""

    http: int = 500
    errorcode: int = 500
    message: str = "Something went wrong."
    when: str = ""
    remedy: str = ""
    example: str = ""
    """A message as a caller may meet it, where the class's own text is a general one."""

    def __init__(self, message: str | None = None) -> None:
        """Keep the text for the caller; without one the class's own text is used."""
        self.message = type(self).message if message is None else message
        super().__init__(self.message)


class BadRequest(WaystageError):
    """400/10000: the request is wrong in a way no narrower class names."""

    http = 400
    errorcode = 10000
    message = "Bad request."
    when = "The request cannot be carried out as it was sent, for instance publishing a version that is not a Draft."
    remedy = "Read the message; change the request and send it again."
    example = "An interaction must be in paused status to be resumed."


class WrongType(BadRequest):
    """400/10001: a value has the wrong JSON or parameter type."""

    errorcode = 10001
    message = "A value has the wrong type."
    when = "A property or query parameter is not of the documented type."
    remedy = "Send the named value in the type that the message states."
    example = "versionNumber must be a whole number."


class MissingValue(BadRequest):
    """400/10002: a required value is absent."""

    errorcode = 10002
    message = "A required value is missing."
    when = "A required property is absent, null or empty."
    remedy = "Add the named value."
    example = "name is required."


class WrongFormat(BadRequest):
    """400/10003: a value has the right type but cannot be read."""

    errorcode = 10003
    message = "A value has the wrong format."
    when = "A date, query string, duration or the like cannot be read."
    remedy = "Write the named value in the form that the message states."
    example = 'start: "31.2.2026" is no date: write it as 2026-02-11T07:40:02.'


class MalformedJson(BadRequest):
    """400/10004: the body is no JSON document."""

    errorcode = 10004
    message = "JSON Deserialization Exception: the body is not valid JSON."
    when = "The body is not UTF-8, not JSON, repeats a property or is nested too deeply."
    remedy = "Send one JSON document in UTF-8 with each property at most once and at most 100 levels."
    example = "JSON Deserialization Exception: Expecting value: line 1 column 1 (char 0)."


class ValueNotAllowed(BadRequest):
    """400/10005: a readable value lies outside what is allowed."""

    errorcode = 10005
    message = "A value is not allowed."
    when = "A value lies outside a fixed list or range, or contradicts another value of the request."
    remedy = "Use one of the values that the message lists."
    example = "status must be one of Draft, Published, Paused, Stopped, not 'Running'."


class SeveralErrors(BadRequest):
    """400 with one item per thing that is wrong; the base of the two aggregate envelopes (E2)."""

    def __init__(self, items: Sequence[WaystageError], message: str | None = None) -> None:
        """Keep the single errors in the order in which they were found."""
        self.items = tuple(items)
        super().__init__(message)


class ValidationErrors(SeveralErrors):
    """400/10006: several things are wrong (envelope E2)."""

    errorcode = 10006
    message = "Validation Errors Occurred!"
    when = "One or more parts of a body are wrong; `validationErrors` lists each of them."
    remedy = "Mend every item of `validationErrors`."


class MalformedUpdate(SeveralErrors):
    """400/400: the body of a journey update is not formed as prescribed (D-28)."""

    errorcode = 400
    message = "The request is not formed as prescribed."
    when = "PUT of a journey with an unreadable body or with missing, mistyped or contradicting properties."
    remedy = "Mend every item of `validationErrors`."


class NotAuthorized(WaystageError):
    """401/0: no token, or one that is not valid (any more)."""

    http = 401
    errorcode = 0
    message = "Not Authorized"
    when = "The bearer token is absent, malformed, unknown or expired, or its client was revoked."
    remedy = "Request a new token with POST /v2/token and repeat the call; nothing was changed."


class TokenRefused(WaystageError):
    """400 or 401 of the token endpoint, in the OAuth envelope: `oauth` is its `error` word (D-59)."""

    http = 400
    errorcode = 400
    oauth = "invalid_request"


class InvalidClient(TokenRefused):
    """401 invalid_client: unknown id, wrong secret, or a business unit that the client does not belong to."""

    http = 401
    errorcode = 401
    oauth = "invalid_client"
    message = "Client authentication failed. The client id, its secret or the account is not valid."
    when = "POST /v2/token with an unknown or revoked client, a wrong secret, or an account_id of somebody else."
    remedy = "Check client_id, client_secret and account_id."


class InvalidTokenRequest(TokenRefused):
    """400 invalid_request: a parameter is missing or mistyped."""

    oauth = "invalid_request"
    message = "The token request is not valid."
    when = "POST /v2/token with an unreadable body or without grant_type, client_id or client_secret."
    remedy = "Send grant_type, client_id and client_secret as JSON or as a form."
    example = "client_id is required and must be text."


class UnsupportedGrantType(TokenRefused):
    """400 unsupported_grant_type: only client_credentials is served."""

    oauth = "unsupported_grant_type"
    message = "grant_type must be client_credentials."
    when = "POST /v2/token with a grant_type other than client_credentials."
    remedy = "Use client_credentials."


class InvalidScope(TokenRefused):
    """400 invalid_scope: a scope was asked for that the client does not have."""

    oauth = "invalid_scope"
    message = "The client does not have this scope."
    when = "POST /v2/token asks for a scope that does not exist or that the client was not given."
    remedy = "Ask only for scopes of the client, or leave `scope` out."


class Forbidden(WaystageError):
    """403/20002: the token lacks a scope."""

    http = 403
    errorcode = 20002
    message = "Insufficient privileges to complete this action."
    when = "The token does not carry the scope that the route needs."
    remedy = "Request a token with that scope, or give the client the scope."


class NotFound(WaystageError):
    """404/30003: what the path names does not exist in this business unit."""

    http = 404
    errorcode = 30003
    message = "Not found."
    when = "The resource named by the path does not exist in the token's business unit."
    remedy = "Check the id or key, and the business unit of the token."
    example = "The version has no path optimizer with this key."


class InteractionNotFound(NotFound):
    """404/30003 for journeys and their versions (D-28a)."""

    message = "Interaction not found."
    when = "No journey, or no such version of it, has this id or key."


class EventDefinitionNotFound(NotFound):
    """404/30003 for event definitions."""

    message = "Event definition not found."
    when = "No event definition has this id or key."


class DataExtensionNotFound(NotFound):
    """404/30003 for data extensions."""

    message = "Data extension not found."
    when = "No data extension has this id or key."


class AssetNotFound(NotFound):
    """404/30003 for content assets."""

    message = "Asset not found."
    when = "No asset has this id."


class FolderNotFound(NotFound):
    """404/30003 for folders."""

    message = "Folder not found."
    when = "No folder has this id."


class ContactNotFound(NotFound):
    """404/30003 for contacts."""

    message = "Contact not found."
    when = "No contact has this key."


class ClientNotFound(NotFound):
    """404/30003 for API clients."""

    message = "API client not found."
    when = "No API client has this id, or it was revoked."


class AutomationNotFound(NotFound):
    """404/30003 for automations."""

    message = "Automation not found."
    when = "No event definition of the business unit names this automation."


class EndpointNotFound(NotFound):
    """404/30003 for the types of the endpoints resource."""

    message = "Endpoint type not found."
    when = "The endpoints resource knows no such type."


class TriggerTestNotFound(NotFound):
    """404/30003 for trigger tests (D-44)."""

    message = "Trigger test not found."
    when = "No trigger test of this event definition is open."


class LinkNotValid(NotFound):
    """404/30003: no signed link of a message, or one that has expired."""

    message = "The link does not hold, or not any more."
    when = "The signed address of a message was changed, belongs to another server or is older than 180 days."
    remedy = "Use the address as the message has it, in time; or report through POST /waystage/v1/engagements."


class RequestTokenNotFound(NotFound):
    """404/30003 for the tokens by which rows are read on (api.md 11.5)."""

    message = "Request token not found."
    when = "No query of rows has this request token, or it has expired."


class ImportNotFound(NotFound):
    """404/30003 for imports."""

    message = "Import not found."
    when = "No import of the business unit has this id."


class SimulationNotFound(NotFound):
    """404/30003 for simulations."""

    message = "Simulation not found."
    when = "No simulation of the business unit has this id, or it was asked for more than 30 days ago."


class KeyNotFound(NotFound):
    """404/30003 for signing keys."""

    message = "Signing key not found."
    when = "No signing key has this customer key."


class StatusNotFound(NotFound):
    """404/30003 for publish and validate jobs."""

    message = "Status not found."
    when = "No publish or validate job has this statusId, or its result is no longer kept."


class RouteNotFound(WaystageError):
    """404/404: no route has this path (envelope E4)."""

    http = 404
    errorcode = 404
    message = "Not Found"
    when = "No resource has this path."
    remedy = "Compare the path with GET /interaction/v1/rest or GET /openapi.json."


class MethodNotAllowed(WaystageError):
    """405/405: the path exists, but not with this method."""

    http = 405
    errorcode = 405
    message = "Method Not Allowed"
    when = "The path exists, but not with this method; the header Allow lists the methods it has."
    remedy = "Use one of the methods in the header Allow."

    def __init__(self, allowed: Sequence[str] = (), message: str | None = None) -> None:
        """Keep the allowed verbs, in upper case, for the header."""
        self.allowed = tuple(allowed)
        super().__init__(message)


class Conflict(WaystageError):
    """409: the request contradicts the present state."""

    http = 409
    errorcode = 409
    message = "The request conflicts with the present state."
    when = "The request is valid but contradicts the present state."
    remedy = "Read the present state and decide anew."


class StateConflict(Conflict):
    """409/409: the journey version cannot be changed in its present state (D-26)."""

    message = "The journey cannot be changed in its present state."
    when = "The version is not a Draft, or a publish or validate job of it is in progress."
    remedy = "Create a new version with POST, or wait for the job to end."
    example = "The journey cannot be changed in Published status."


class StaleVersion(Conflict):
    """409/30000: somebody else saved in the meantime (D-23)."""

    errorcode = 30000
    message = "Another user recently modified this journey. Refresh to edit the latest version."
    when = "The `modifiedDate` of the body is not the stored one."
    remedy = "Read the version again, apply the change to it and send its `modifiedDate`."


class InvalidTransition(Conflict):
    """409/30002: the state machine has no such step."""

    errorcode = 30002
    message = "The present status does not allow this."
    when = "The resource is in a status from which this call does not lead on, for instance deleting a running journey."
    remedy = "Bring the resource into a fitting status first, for instance stop the journey."
    example = "The event definition is used by a running journey and cannot be deleted."


class NotValidNow(Conflict):
    """409/30001: the operation is not valid at present."""

    errorcode = 30001
    message = "The operation is not valid at present."
    when = "Something else still uses the resource, for instance a journey its event definition."
    remedy = "Remove what uses it first."
    example = "The data extension is used by an event definition; delete that first."


class AlreadyExists(Conflict):
    """409/30004: there is one already."""

    errorcode = 30004
    message = "It exists already."
    when = "A resource with this key exists, or the newest version of the journey is a Draft."
    remedy = "Update the existing resource, or choose another key."
    example = "An event definition with the key 'signup' exists already."


class SecretKeyUnusable(Conflict):
    """409/30001: signing keys cannot be encrypted or read (contract 16)."""

    errorcode = 30001
    message = (
        "Signing keys cannot be stored or read: WAYSTAGE_SECRET_KEY is missing, or not the one they were stored with."
    )
    when = "A signing key is needed, but WAYSTAGE_SECRET_KEY is not set, or is another one than it was stored with."
    remedy = "Start the server with the WAYSTAGE_SECRET_KEY that the keys were stored with; or store the keys anew."


class ClockNotVirtual(Conflict):
    """409/30001: only a virtual clock can be moved."""

    errorcode = 30001
    message = "The clock is not virtual and cannot be moved."
    when = "The clock is to be advanced although WAYSTAGE_CLOCK is not virtual."
    remedy = "Start the server with WAYSTAGE_CLOCK=virtual."


class TooLarge(WaystageError):
    """413/413: the body exceeds the limit (D-11)."""

    http = 413
    errorcode = 413
    message = "The request body is too large."
    when = "The body is larger than WAYSTAGE_MAX_REQUEST_BYTES."
    remedy = "Split the request."
    example = "The request body is larger than 5242880 bytes."


class UnsupportedMediaType(WaystageError):
    """415/415: the body is not declared as JSON (D-10)."""

    http = 415
    errorcode = 415
    message = "Unsupported media type. Use Content-Type: application/json."
    when = "The content type of a request with a body is neither absent nor a JSON type."
    remedy = "Send Content-Type: application/json."


class NoChange(WaystageError):
    """304/304: the update would change nothing (D-24); the answer has no body."""

    http = 304
    errorcode = 304
    message = "Nothing supplied differs from what is stored."
    when = "PUT of a journey supplies nothing that differs from what is stored."
    remedy = "None needed; set WAYSTAGE_NO_CHANGE_STATUS=200 for clients that take 304 for an error."


class ServerFault(WaystageError):
    """500/500: a fault of the server itself."""

    http = 500
    errorcode = 500
    message = "Internal server error."
    when = "The server met a fault of its own; the log has a line with the request."
    remedy = "Report it with the log line; the call changed nothing and may be repeated."


class NotBuilt(WaystageError):
    """501/501: a documented resource that this version does not have yet."""

    http = 501
    errorcode = 501
    message = "Not built yet."
    when = "The resource is documented but not part of this version."
    remedy = "Use a later version."


class RateLimited(WaystageError):
    """429/50100: the caller calls too often (E5); says after how many seconds it may call again."""

    http = 429
    errorcode = 50100
    message = "Rate limit exceeded"
    when = "The API client, or for tokens the address, calls more often than WAYSTAGE_THROTTLE allows."
    remedy = "Repeat the call after the seconds in the header Retry-After."

    def __init__(self, retry_after: int = 1) -> None:
        """`retry_after` in seconds, at least 1."""
        self.retry_after = max(1, retry_after)
        super().__init__()


class Overloaded(WaystageError):
    """503/50300: too much at once."""

    http = 503
    errorcode = 50300
    message = "The server is overloaded. Try again later."
    when = "More requests wait than the server accepts, or it is starting or ending."
    remedy = "Repeat the call after the seconds in the header Retry-After."


class SettleTimeout(WaystageError):
    """504/504: the engine did not come to rest in time."""

    http = 504
    errorcode = 504
    message = "The engine did not come to rest within the time allowed."
    when = "Work was still runnable when `timeoutSeconds` had passed."
    remedy = "Repeat the call or allow more time."


def catalogue() -> tuple[type[WaystageError], ...]:
    """Give every documented error class in the order of the tree, for the renderer's test and the generated page."""
    return tuple(_descend(WaystageError))


def _descend(root: type[WaystageError]) -> Iterator[type[WaystageError]]:
    for child in root.__subclasses__():
        if child.__module__ == __name__ and child not in (SeveralErrors, Conflict, TokenRefused):
            yield child
        yield from _descend(child)
