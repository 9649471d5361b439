"""The measured server: the product as it is served, one more route that does nothing, and commands on standard input.

Runs as a process of its own (`python -m waystage.bench.serving [core]`), set up by the environment.
It writes one JSON line per command, the first with its port.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec
import uvicorn

from waystage.api.app import Application
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.route import Route
from waystage.api.routes import ROUTES
from waystage.api.shapes.call import Call
from waystage.api.shapes.server import SERVER
from waystage.bench import documents, raw, scene
from waystage.bench.cores import pin, spent
from waystage.bench.processes import memory
from waystage.bootstrap import Built, build
from waystage.engine.running.loop import Advanced
from waystage.ground import log
from waystage.ground.settings import load

#: Where the do-nothing POST lives, in this process only.
NOTHING = "/bench/nothing"
_GUID = "00000000-0000-0000-0000-000000000000"


async def nothing(request: Request) -> Reply:
    """Read the body, answer 201: what the door costs without token, checks and store."""
    return Reply(201, {"eventInstanceId": _GUID})


class Commands:
    """What the benchmark asks for beside HTTP; every method answers with JSON."""

    def __init__(self, built: Built) -> None:
        self._built = built
        self._scene: scene.Scene | None = None
        self._advancing: Future[Advanced] | None = None

    def define(self) -> dict[str, Any]:
        """Make data extension and event definition; nobody listens."""
        scene.define(self._built)
        return {}

    def publish(self, flavour: str) -> dict[str, Any]:
        """The same, and the journey published."""
        self._scene = scene.published(self._built, documents.FLAVOURS[flavour])
        return {}

    def fill(self, contacts: int, first: int) -> dict[str, Any]:
        """Append events, admit them, wait until all rest."""
        if self._scene is None:
            raise RuntimeError("publish first")
        self._scene.fill_inbox(contacts, first)
        self._built.engine.notify()
        return self.settle()

    def settle(self) -> dict[str, Any]:
        """Wait until nothing is runnable."""
        self._built.engine.settle().result()
        return {}

    def advance(self, milliseconds: int) -> dict[str, Any]:
        """Begin to move the clock; `wait` tells the end."""
        self._advancing = self._built.engine.advance(self._built.world.clock.now() + milliseconds)
        return {}

    def moving(self) -> dict[str, Any]:
        """Whether the clock's move is still under way, and how many contacts have moved in all."""
        running = self._advancing is not None and not self._advancing.done()
        return {"running": running, "moved": self._built.engine.moved}

    def wait(self) -> dict[str, Any]:
        """Wait for the end of the move."""
        moved = self._advancing.result().moved if self._advancing is not None else 0
        return {"moved": moved}

    def counts(self) -> dict[str, Any]:
        """Rows of the tables that tell what became of events."""
        tables = ("contact", "row", "inbox", "instance", "queue", "past")
        return self._built.database.read(lambda tx: raw.sizes(tx, tables)).result()

    def spent(self) -> dict[str, Any]:
        """Seconds of processor time of this process."""
        return {"seconds": spent()}

    def memory(self) -> dict[str, Any]:
        """MiB of this process."""
        return memory()


def _obey(commands: Commands, server: uvicorn.Server) -> None:
    """Read commands until the other side closes the line, then end the server."""
    for line in sys.stdin:
        name, *values = msgspec.json.decode(line)
        command: Callable[..., dict[str, Any]] = getattr(commands, name)
        try:
            _write(command(*values))
        except Exception as error:  # noqa: BLE001 - told to the one who asked
            _write({"error": repr(error)})
    server.should_exit = True


def _write(answer: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the line of command is closed."""
    pin(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    log.set_up("WARNING")
    built = build(load(os.environ))
    sys.setswitchinterval(0.0005)  # as the command does
    gc.freeze()
    application = Application(built.world, (*ROUTES, Route("POST", NOTHING, nothing, Call(SERVER), scope=None)))
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, ws="none", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    _write({"port": listening.getsockname()[1]})
    threading.Thread(target=_obey, args=(Commands(built), server), daemon=True).start()
    server.run(sockets=[listening])
    built.close()


if __name__ == "__main__":
    main()
