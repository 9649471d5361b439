"""Child processes of the benchmark: how they are asked, and how much memory they hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

import msgspec

from waystage.bench.scene import CLIENT_ID, CLIENT_SECRET, WrongOutcomeError, environment


def memory() -> dict[str, float]:
    """Resident memory of this process in MiB: now, and at its highest."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}


class ServerProcess:
    """The product in a child process, with a second line of command beside HTTP; use it as a context."""

    def __init__(self, url: str, *, core: int | None = None, lanes: int | None = None) -> None:
        given: Mapping[str, str] = {**os.environ, **environment(url, lanes=lanes)}
        command = [sys.executable, "-m", "waystage.bench.serving", *([str(core)] if core is not None else [])]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=given
        )
        self.port = int(self._answer()["port"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, what: str, *values: object) -> dict[str, Any]:
        """One command and its answer; WrongOutcomeError if the server could not do it."""
        if self._process.stdin is None:
            raise RuntimeError("the server has no command line")
        self._process.stdin.write(msgspec.json.encode([what, *values]).decode() + "\n")
        self._process.stdin.flush()
        return self._answer()

    def token(self) -> str:
        """An access token by the real door."""
        connection = HTTPConnection("127.0.0.1", self.port)
        body = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        connection.request("POST", "/v2/token", msgspec.json.encode(body), {"content-type": "application/json"})
        answer = msgspec.json.decode(connection.getresponse().read())
        connection.close()
        return str(answer["access_token"])

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        answer: dict[str, Any] = msgspec.json.decode(line) if line else {"error": "the server process has ended"}
        if "error" in answer:
            raise WrongOutcomeError(f"the measured server: {answer['error']}")
        return answer


def run_load(spec: msgspec.Struct) -> bytes:
    """Run the load generator to its end; gives the JSON it wrote."""
    command = [sys.executable, "-m", "waystage.bench.load", msgspec.json.encode(spec).decode()]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - our own module
