"""A custom activity of somebody else's on a port of this machine, as well or badly behaved as a test wants it.

The first word of a path says how it answers: /ok/…, /hang/…, /garbage/… and so on; see BEHAVIOURS.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

ANSWER = {"token": "t-1"}


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    key: str
    kind: str
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """The body, if it is not signed."""
        return json.loads(self.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.tries: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.at_once, self.most_at_once = 0, 0
        self.answer: Any = ANSWER
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.held = threading.Semaphore(0)
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        key, server = self.headers.get("Idempotency-Key", ""), self.server
        with server.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(self.path, key, self.headers["Content-Type"], raw, headers))
            server.tries[self.path, key] += 1
            nth = server.tries[self.path, key]
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            BEHAVIOURS[self.path.split("/")[1]](self, nth)
        finally:
            with server.lock:
                server.at_once -= 1

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def ok(self) -> None:
        self.reply(200, json.dumps(self.server.answer).encode(), Content_Type="application/json")

    def drop(self) -> None:
        """Close without a word."""
        self.close_connection = True

    def write(self, raw: bytes) -> None:
        self.wfile.write(raw)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _hang(handler: _Handler, nth: int) -> None:
    handler.server.ending.wait()
    handler.drop()


def _held(handler: _Handler, nth: int) -> None:
    """Answers when the test lets it."""
    handler.server.held.acquire()
    handler.ok()


def _second(first: Callable[[_Handler], None]) -> Callable[[_Handler, int], None]:
    """Behaves badly at the first attempt of each call."""
    return lambda handler, nth: first(handler) if nth == 1 else handler.ok()


BEHAVIOURS: dict[str, Callable[[_Handler, int], None]] = {
    "ok": lambda handler, nth: handler.ok(),
    "empty": lambda handler, nth: handler.reply(200, b""),
    "hang": _hang,
    "held": _held,
    "garbage": lambda handler, nth: handler.write(b"\x00\xff what is this\r\n\r\n"),
    "nojson": lambda handler, nth: handler.reply(200, b"<html>no</html>"),
    "list": lambda handler, nth: handler.reply(200, b"[1]"),
    "cut": lambda handler, nth: handler.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"tok'),
    "huge": lambda handler, nth: handler.reply(200, b'{"token": "' + b"x" * 2_000_000 + b'"}'),
    "chunked": lambda handler, nth: handler.write(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n{"token":"\r\n5\r\nt-1"}\r\n0\r\n\r\n'
    ),
    "until-close": lambda handler, nth: handler.write(b'HTTP/1.0 200 OK\r\n\r\n{"token":"t-1"}'),
    "redirect": lambda handler, nth: handler.reply(302, b"", Location="/ok/execute"),
    "s400": lambda handler, nth: handler.reply(400, b"{}"),
    "s429": lambda handler, nth: handler.reply(429, b"", Retry_After="0"),
    "s500": lambda handler, nth: handler.reply(500, b"{}"),
    "drop": lambda handler, nth: handler.drop(),
    "once-s500": _second(lambda handler: handler.reply(500, b"")),
    "once-s429": _second(lambda handler: handler.reply(429, b"", Retry_After="1")),
    "once-drop": _second(_Handler.drop),
    "once-garbage": _second(lambda handler: handler.write(b"HTTP/9.9 abc\r\n\r\n")),
}


class Service:
    """The service; use it as a context."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of the port and of whoever hangs."""
        self._server.ending.set()
        self._server.held.release(100_000)
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def asked(self) -> list[Asked]:
        """Every request so far."""
        with self._server.lock:
            return list(self._server.asked)

    def executed(self) -> list[Asked]:
        """The calls for contacts."""
        return [one for one in self.asked if one.path.endswith("/execute")]

    @property
    def most_at_once(self) -> int:
        """How many requests were under way together at most."""
        return self._server.most_at_once

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return self._server.connections

    def answers(self, body: Any) -> None:
        """What a good answer says from now on."""
        self._server.answer = body

    def release(self, count: int) -> None:
        """Let so many of those who are held be answered."""
        self._server.held.release(count)
