"""A request's body as it arrives, for a thread that works on it: read ahead by one piece, never more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import CancelledError, Future
from typing import Any

from waystage.ground.errors import BadRequest, TooLarge
from waystage.operations.import_slices import FileBroken

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

#: Whoever sends nothing for so long is taken for gone.
IDLE_SECONDS = 60.0


class BodyStream:
    """The body of one request; made on the loop's thread, read by one other thread."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._limit = 0
        self._size = 0
        self._more = True
        self._ahead: Future[bytes] | None = None
        self._closed = False

    def open(self, limit: int) -> BodyStream:
        """Let up to `limit` bytes through; begins to read."""
        self._limit = limit
        return self

    def pull(self) -> bytes:
        """Some bytes, none at the end. FileBroken, TooLarge, BadRequest when nothing comes for a minute."""
        while self._more or self._ahead is not None:
            try:
                piece = (self._ahead or self._ask()).result()
            except CancelledError as error:
                raise FileBroken from error
            self._ahead = self._ask() if self._more else None
            if piece:
                return piece
        return b""

    def close(self) -> None:
        """Nobody wants the rest: whoever reads is told that the file is broken."""
        self._closed = True
        if self._ahead is not None:
            self._ahead.cancel()

    def _ask(self) -> Future[bytes]:
        if self._closed:
            raise FileBroken
        self._ahead = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
        return self._ahead

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                message = await self._receive()
        except TimeoutError as error:
            raise BadRequest(
                f"Nothing came for {IDLE_SECONDS:.0f} seconds; send the file again with its id."
            ) from error
        if message["type"] == "http.disconnect":
            raise FileBroken
        piece: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        self._size += len(piece)
        if self._size > self._limit:
            raise TooLarge(f"The file is larger than {self._limit} bytes.")
        return piece
