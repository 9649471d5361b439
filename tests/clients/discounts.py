"""A service as the public sample of custom activities has it: a discount code for everybody, and a split by its use.

It answers what the sample answers, unsigned, under the sample's paths, on a free port; who looked at the item is told
by the code, which holds the name it was made for.
"""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.clients.bodies import WAYS

VIEWED, IDLE = WAYS


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: defaultdict[str, list[Any]] = defaultdict(list)
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        with self.server.lock:
            self.server.asked[self.path].append(body)
        self._answer(_said(self.path, body))

    def _answer(self, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _said(path: str, body: dict[str, Any]) -> dict[str, Any]:
    arguments = {name: value for one in body.get("inArguments", []) for name, value in one.items()}
    if path == "/modules/discount-code/execute":
        share = arguments["discount"]
        return {"discount": share, "discountCode": f"{arguments['firstName']}-{share}%"}
    if path == "/modules/discount-redemption-split/execute":
        return {"branchResult": VIEWED if arguments["discountCode"].startswith("Ada-") else IDLE}
    return {}


class Discounts:
    """The service; use it as a context."""

    def __enter__(self) -> Self:
        self._server = _Server()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, path: str) -> list[Any]:
        """The bodies that were posted to a path."""
        with self._server.lock:
            return list(self._server.asked[path])
