"""Replies on their way out: whole ones, and streamed ones of any length (ASGI)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import aclosing
from typing import Any

from waystage.api.replies import Reply

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODILESS = frozenset({204, 304})
#: Bytes of a stream that are handed over at once: the server holds no more than that for a client that does not read.
_PIECE = 1 << 16


async def send_reply(
    reply: Reply, always: Sequence[tuple[bytes, bytes]], receive: Receive, send: Send, *, head: bool
) -> None:
    """Send a reply with the headers that it `always` has, unless it has its own of that name.

    What its stream raises is raised, and the answer then stays without its end.
    """
    headers, payload, stream = _headers(reply, always), b"", reply.stream
    if reply.status not in BODILESS:
        headers.append((b"content-type", reply.content_type.encode("latin-1")))
        if stream is None:
            payload = reply.payload()
            headers.append((b"content-length", b"%d" % len(payload)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if stream is None or head:
        await send({"type": "http.response.body", "body": b"" if head else payload})
    else:
        await _pour(stream, receive, send)


def _headers(reply: Reply, always: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Mostly those that every reply has."""
    if not reply.headers:
        return list(always)
    own = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    named = {name for name, _ in own}
    return [*((name, value) for name, value in always if name not in named), *own]


async def _pour(stream: AsyncGenerator[bytes, None], receive: Receive, send: Send) -> None:
    """Send a stream as fast as the client takes it, until it ends or the client goes away."""
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        async with aclosing(stream):
            async for content in stream:
                for start in range(0, len(content), _PIECE):
                    body = content[start : start + _PIECE]
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                    if gone.done():
                        return
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
