"""A small client of the public API: JSON in and out over one kept connection, a fresh token when the old one ends."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import msgspec

from waystage.ground import clock

#: A token is renewed so many seconds before it ends.
_EARLY_SECONDS = 60
_PATIENCE_SECONDS = 30


class CallRefused(Exception):
    """The server refused a call, or could not be reached; the text says which and why."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status; 0 means that no answer came."""
        self.status = status
        super().__init__(message)


class Api:
    """Calls as one API client."""

    def __init__(self, address: str, client_id: str, secret: str) -> None:
        """`address` as WAYSTAGE_PUBLIC_URL; nothing is sent before the first call."""
        parts = urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.address = address
        self._base = parts.path
        self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=_PATIENCE_SECONDS)
        self._credentials = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        self._token = ""
        self._ends = 0.0

    def __call__(self, verb: str, path: str, body: object = None) -> Any:
        """One call with a token; gives the decoded body. CallRefused."""
        return self._send(verb, path, body, {"Authorization": f"Bearer {self.token()}"})

    def token(self) -> str:
        """An access token that still lasts for a while."""
        if clock.monotonic() >= self._ends:
            answer = self._send("POST", "/v2/token", self._credentials, {})
            self._token = str(answer["access_token"])
            self._ends = clock.monotonic() + max(1, int(answer["expires_in"]) - _EARLY_SECONDS)
        return self._token

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _send(self, verb: str, path: str, body: object, headers: dict[str, str]) -> Any:
        payload = None if body is None else msgspec.json.encode(body)
        try:
            self._connection.request(verb, self._base + path, payload, {**headers, "Content-Type": "application/json"})
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise CallRefused(0, f"{self.address} does not answer: {error}. Is the server running?") from error
        read = msgspec.json.decode(raw) if raw else {}
        if answer.status >= http.client.BAD_REQUEST:
            raise CallRefused(answer.status, _reason(answer.status, read))
        return read


def _reason(status: int, body: Any) -> str:
    items = body.get("validationErrors") or [body]
    messages = " ".join(str(item.get("message") or item.get("error_description")) for item in items)
    return f"The server answered {status}: {messages}"
