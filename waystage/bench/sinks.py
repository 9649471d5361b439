"""Where measured messages go: an SMTP server and a web server that take everything and count, each in its own process.

`python -m waystage.bench.sinks smtp`, `web` or `service` prints its port, answers every line on its standard input with
the number of different messages it has taken so far, and ends with it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Self, cast

import httptools
import uvloop

from waystage.bench import cores

_GREETING = b"220 sink\r\n"
_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_FINE, _GO_ON, _BYE = b"250 fine\r\n", b"354 go on\r\n", b"221 bye\r\n"
_END = b"\r\n.\r\n"
_MESSAGE_ID = b"Message-ID: <"


class _Mail(asyncio.Protocol):
    """One SMTP connection; commands may come in one piece (RFC 2920)."""

    def __init__(self, taken: set[bytes]) -> None:
        self._taken = taken
        self._held = b""
        self._in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        self._held += data
        answers: list[bytes] = []
        while (answer := self._next()) is not None:
            answers.append(answer)
        if answers:
            self._transport.write(b"".join(answers))

    def _next(self) -> bytes | None:
        """The answer to the next command or text, None until there is a whole one."""
        end = _END if self._in_text else b"\r\n"
        piece, found, rest = self._held.partition(end)
        if not found:
            return None
        self._held = rest
        if self._in_text:
            self._in_text = False
            self._taken.add(piece.partition(_MESSAGE_ID)[2].partition(b">")[0])
            return _FINE
        verb = piece[:4].upper()
        self._in_text = verb == b"DATA"
        return {b"EHLO": _EHLO, b"DATA": _GO_ON, b"QUIT": _BYE}.get(verb, _FINE)


class _Web(asyncio.Protocol):
    """One HTTP connection; everything is answered with 204."""

    def __init__(self, taken: set[bytes]) -> None:
        self._taken = taken
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"webhook-id":
            self._taken.add(value)

    def on_message_complete(self) -> None:
        self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


class _Service(_Web):
    """One HTTP connection to a custom activity; the answer gives out a code."""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"idempotency-key":
            self._taken.add(value)

    def on_message_complete(self) -> None:
        self._transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"code":"A1"}')


_KINDS: dict[str, Callable[[set[bytes]], asyncio.Protocol]] = {"smtp": _Mail, "web": _Web, "service": _Service}


async def _serve(kind: str) -> None:
    loop, taken = asyncio.get_running_loop(), set[bytes]()
    server = await loop.create_server(lambda: _KINDS[kind](taken), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(f"{len(taken)}\n")
        sys.stdout.flush()


class Sink:
    """A sink in a child process; use it as a context."""

    def __init__(self, kind: str, core: int | None = None) -> None:
        """`kind` is smtp, web or service; `core` the one on which it runs."""
        command = [sys.executable, "-m", "waystage.bench.sinks", kind, *([str(core)] if core is not None else [])]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = self._number()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()
        self._process.wait()

    @property
    def taken(self) -> int:
        """How many different messages it has taken."""
        if self._process.stdin is not None:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        return self._number()

    def _number(self) -> int:
        return int(self._process.stdout.readline()) if self._process.stdout is not None else 0


if __name__ == "__main__":
    cores.pin(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1]))
