"""A custom activity of somebody else's, in a process of its own: gives out coupons, says what became of them.

`python -m tests.services.coupons` prints its port. Signed bodies are read with the secret in COUPON_SECRET. What it has
been asked can be read under /log; `/redeem?c1,c2` says whose coupons are redeemed.
"""

import json
import os
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

LOG: dict[str, list[Any]] = defaultdict(list)
REDEEMED: set[str] = set()
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            body = jwt.decode(raw.decode(), os.environ["COUPON_SECRET"].encode(), algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return self._answer(401, {"message": "not signed"})
        with LOCK:
            LOG[self.path].append({"body": body, "key": self.headers.get("Idempotency-Key")})
        if self.path == "/coupon/execute":
            return self._answer(200, {"couponCode": f"C-{body['keyValue']}", "expiresOn": "2026-12-31T00:00:00"})
        if self.path == "/coupon-status/execute":
            code = body["inArguments"][0]["couponCode"]
            return self._answer(200, {"branchResult": "redeemed" if code in REDEEMED else "unused"})
        return self._answer(200, {})

    def do_GET(self) -> None:
        path, _, asked = self.path.partition("?")
        if path == "/redeem":
            REDEEMED.update(asked.split(","))
        with LOCK:
            self._answer(200, LOG)

    def _answer(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
