"""Reading request bodies: media type and size are checked before anything is kept in memory (D-10, D-11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from waystage.ground.errors import TooLarge, UnsupportedMediaType

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

#: So many times the limit is read and thrown away, so that a client that sends before it listens gets its 413.
DRAIN_TIMES = 8
LONGEST_LENGTH = 18
#: What nearly every client says.
_JSON = b"application/json"


class ClientGone(Exception):
    """The client closed the connection while sending; there is nobody to answer."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit: int, accepts: Sequence[str] = ()) -> bytes:
    """Read the whole body, never keeping more than `limit` bytes; UnsupportedMediaType, TooLarge, ClientGone."""
    length = _declared_length(headers)
    if length == 0:
        return b""
    _check_media_type(headers, accepts)
    if length is not None and length > limit:
        if length <= limit * DRAIN_TIMES and b"expect" not in headers:
            await _drain(receive, limit * DRAIN_TIMES)
        raise _too_large(limit)
    return await _collect(receive, limit)


def _declared_length(headers: Mapping[bytes, bytes]) -> int | None:
    """Give the declared length, 0 without a body, None when it comes in chunks."""
    if b"transfer-encoding" in headers:
        return None
    raw = headers.get(b"content-length", b"0")
    return int(raw) if raw.isdigit() and len(raw) <= LONGEST_LENGTH else None


def _check_media_type(headers: Mapping[bytes, bytes], accepts: Sequence[str]) -> None:
    if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
        raise UnsupportedMediaType("Compressed request bodies are not supported.")
    declared = headers.get(b"content-type", b"")
    if declared == _JSON:
        return
    media = declared.partition(b";")[0].strip().lower().decode("latin-1")
    if media and media != "application/json" and not media.endswith("+json") and media not in accepts:
        raise UnsupportedMediaType


async def _collect(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        chunk, more = await _next(receive)
        size += len(chunk)
        if size > limit:
            if more:
                await _drain(receive, limit * DRAIN_TIMES)
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _drain(receive: Receive, most: int) -> None:
    size, more = 0, True
    while more and size <= most:
        chunk, more = await _next(receive)
        size += len(chunk)


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request body is larger than {limit} bytes.")
