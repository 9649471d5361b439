"""Posting to other people's services: kept connections, one request at a time on each, answers parsed by httptools.

Made for many small requests at a high rate, and for a say in which address a name leads to: a general client costs five
times as much for each (docs/decisions/0015). No redirect is followed, no cookie kept, no proxy asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

from waystage.ground import clock
from waystage.ground.addresses import ForbiddenAddress, Resolve, anywhere

#: Bytes of an answer; more is not a word but a flood.
LONGEST_ANSWER: Final = 1_000_000
#: Seconds for which an unused connection is kept: most servers wait longer.
_KEPT_SECONDS: Final = 4.0
#: Statuses whose answers say nothing final yet (RFC 9110 15.2).
_INTERIM: Final = range(100, 200)


class NotReached(ConnectionError):
    """Nobody was reached; the request has certainly not been read."""


class AnswerLost(ConnectionError):
    """The request went out and no whole answer came back: it may have been read, or not."""


class NoAnswerInTime(AnswerLost):
    """It went out, and the time that was given is over."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes; `path` has the query with it, `authority` is what Host says."""

    tls: bool
    host: str
    port: int
    authority: str
    path: str


@lru_cache(maxsize=1024)
def target_of(url: str) -> Target:
    """Read an http or https address; ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url[:200]} is no http address")
    tls = parts.scheme == "https"
    host = parts.hostname
    shown = f"[{host}]" if ":" in host else host
    authority = shown if parts.port is None else f"{shown}:{parts.port}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls, host, parts.port or (443 if tls else 80), authority, path)


@dataclass(slots=True)
class Answer:
    """What came back; header names in lower case, of several with one name the last."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def retry_after(self) -> float:
        """The seconds that `Retry-After` asks for, as a number or a date (RFC 9110 10.2.3); 0 if it says nothing."""
        words = self.headers.get("retry-after", "").strip()
        if words.isascii() and words.isdigit():
            return float(words[:9])
        try:
            until = parsedate_to_datetime(words).timestamp()
        except (ValueError, OverflowError):
            return 0.0
        return max(0.0, until - clock.real_now() / 1000)


class _Connection(asyncio.Protocol):
    """One connection; carries one request at a time."""

    def __init__(self) -> None:
        self.is_open = True
        self.idle_since = 0.0
        self.began = False
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._pieces: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._fail(AnswerLost("the connection was closed before the answer was whole"))

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.close()
            return
        self.began = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(AnswerLost(f"the answer is no HTTP: {error}"))
            self.close()

    def eof_received(self) -> None:
        """An answer without a length ends with the connection."""
        headers = self._answer.headers
        if self._answer.status and not {"content-length", "transfer-encoding"} & headers.keys():
            self._done()

    # -- what the parser tells ----------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > LONGEST_ANSWER:
            self._fail(AnswerLost(f"the answer is longer than {LONGEST_ANSWER} bytes"))
            self.close()
            return
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self._answer.status in _INTERIM:
            self._answer = Answer()
            return
        if not self._parser.should_keep_alive():
            self.close()
        self._done()

    # -- used by the client -------------------------------------------------------------------------------------

    async def ask(self, request: bytes, seconds: float) -> Answer:
        """Write a request and wait so long for its answer; AnswerLost."""
        if self._transport is None or not self.is_open:
            raise AnswerLost("the connection was closed")
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Answer] = loop.create_future()
        self._waiting = waiting
        self._answer, self._pieces, self._size, self.began = Answer(), [], 0, False
        self._transport.write(request)
        timer = loop.call_later(seconds, self._give_up)
        try:
            return await waiting
        finally:
            timer.cancel()
            if not waiting.done() or waiting.cancelled():
                self.close()

    def _give_up(self) -> None:
        self.began = True  # whoever is this slow is not asked again on another connection
        self._fail(NoAnswerInTime("there was no answer in time"))
        self.close()

    def close(self) -> None:
        """Let go of the connection; whoever waits is told when it is lost."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def _done(self) -> None:
        answer, waiting = self._answer, self._waiting
        self._waiting = None
        answer.body = b"".join(self._pieces)
        self.idle_since = clock.monotonic()
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _fail(self, error: Exception) -> None:
        waiting = self._waiting
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)


class Client:
    """Posts from one event loop. How many requests are under way is the caller's affair."""

    def __init__(self, resolve: Resolve = anywhere) -> None:
        """`resolve` gives the addresses that a name leads to, or refuses."""
        self._resolve = resolve
        self._idle: defaultdict[tuple[bool, str, int], list[_Connection]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """One request, to be answered within `seconds`.

        ValueError for what is no address, ForbiddenAddress, NotReached, AnswerLost. A kept connection that the server
        had already given up is replaced once: nothing of the answer had come, and the request carries an idempotency
        key.
        """
        target = target_of(url)
        request = _written(target, headers, body)
        until = clock.monotonic() + seconds
        connection = self._kept(target)
        if connection is not None:
            try:
                return await self._ask(connection, target, request, seconds)
            except AnswerLost:
                if connection.began:
                    raise
        try:
            async with asyncio.timeout(until - clock.monotonic()):
                connection = await self._connect(target)
        except TimeoutError as error:
            raise NotReached(f"{target.authority} did not accept a connection within {seconds:g} s") from error
        return await self._ask(connection, target, request, until - clock.monotonic())

    async def _ask(self, connection: _Connection, target: Target, request: bytes, seconds: float) -> Answer:
        answer = await connection.ask(request, seconds)
        if connection.is_open:
            self._idle[target.tls, target.host, target.port].append(connection)
        return answer

    def _kept(self, target: Target) -> _Connection | None:
        """The connection that was used last, unless it has rested for too long."""
        idle = self._idle[target.tls, target.host, target.port]
        oldest = clock.monotonic() - _KEPT_SECONDS
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.idle_since >= oldest:
                return connection
            connection.close()
        return None

    async def _connect(self, target: Target) -> _Connection:
        loop = asyncio.get_running_loop()
        context = self._context() if target.tls else None
        name = target.host if target.tls else None
        try:
            addresses = await self._resolve(target.host, target.port)
        except ForbiddenAddress:
            raise
        except OSError as error:
            raise NotReached(str(error)) from error
        failure: OSError | None = None
        for address in addresses:
            try:
                _, connection = await loop.create_connection(
                    _Connection, address.host, address.port, ssl=context, server_hostname=name
                )
            except OSError as error:
                failure = error
            else:
                return connection
        raise NotReached(f"{target.authority} cannot be reached: {failure or 'it has no address'}")

    def _context(self) -> ssl.SSLContext:
        self._tls = self._tls or ssl.create_default_context()
        return self._tls

    async def close(self) -> None:
        """Let go of every kept connection."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        await clock.rest(0)  # sockets are closed in the next turn of the loop


def _written(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """The request; header values have no line ends, which whoever makes them sees to."""
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        "User-Agent: Waystage",
        "Accept: */*",
        "Accept-Encoding: identity",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    text = "\r\n".join(lines)
    if "\r" in text.replace("\r\n", "") or text.count("\n") != len(lines) - 1:
        raise ValueError("a header holds a line end")
    return text.encode("latin-1") + b"\r\n\r\n" + body
