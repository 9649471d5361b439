"""A receiver of webhooks whose manners a test chooses, on a real port in a thread of its own."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

DROP, HANG, GARBAGE = "drop", "hang", "garbage"
SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, or so").decode()


@dataclass(frozen=True)
class Post:
    """One request as it came; header names in lower case."""

    target: str
    headers: dict[str, str]
    octets: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.octets)
        return found

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed(self, key: bytes) -> bool:
        """Whether the signature is that of Standard Webhooks."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.octets
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return self.headers["webhook-signature"] == f"v1,{wanted}"


#: The n-th request (from 1) becomes a status line with further header lines, DROP, HANG or GARBAGE; None: 204.
Manners = Callable[[Post, int], str | None]


class Receiver:
    """Takes webhooks; use it as a context. `taken` holds those that it has answered with 2xx, by their ids."""

    def __init__(self, manners: Manners = lambda post, n: None) -> None:
        self.manners = manners
        self.posts: list[Post] = []
        self.taken: dict[str, list[Post]] = {}
        self.most_at_once = 0
        self.port = 0
        self._at_once = 0
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages?from=waystage"

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a server that posts here."""
        return {"WAYSTAGE_WEBHOOK_URL": self.url, "WAYSTAGE_WEBHOOK_SECRET": SECRET}

    async def _serve(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._closing.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            while True:
                await self._answer(await self._read(reader), writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(task)
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> Post:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        octets = await reader.readexactly(int(headers["content-length"]))
        return Post(head[0].split(" ")[1], headers, octets)

    async def _answer(self, post: Post, writer: asyncio.StreamWriter) -> None:
        self.posts.append(post)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            answer = self.manners(post, len(self.posts)) or "204 No Content"
            if answer == DROP:
                raise ConnectionResetError
            if answer == HANG:
                await asyncio.Event().wait()
        finally:
            self._at_once -= 1
        if answer == GARBAGE:
            writer.write(b"\x00\x01 what is this?\r\n\r\n" * 20)
            raise ConnectionResetError
        if answer.startswith("2"):
            self.taken.setdefault(post.id, []).append(post)
        length = "" if answer.startswith("204") else "\r\nContent-Length: 4"
        writer.write(f"HTTP/1.1 {answer}{length}\r\n\r\n{'' if answer.startswith('204') else 'said'}".encode())
        await writer.drain()
