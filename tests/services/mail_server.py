"""A real SMTP server that takes its conversations with it when it ends, which asyncio's servers do not."""

import asyncio
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP


class MailServer:
    """Listens on the loop that `start` runs on; `handler` as aiosmtpd wants it."""

    def __init__(self, handler: Any) -> None:
        self.port = 0
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._conversations: WeakSet[SMTP] = WeakSet()

    async def start(self) -> None:
        """Begin to listen, on a port that nobody else can have taken meanwhile."""
        self._server = await asyncio.get_running_loop().create_server(self._converse, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _converse(self) -> SMTP:
        begun = SMTP(self._handler, hostname="sink", loop=asyncio.get_running_loop())
        self._conversations.add(begun)
        return begun

    async def stop(self) -> None:
        """Let go of the port and cut off whoever is still there."""
        if self._server is not None:
            self._server.close()
        for one in self._conversations:
            cut(one.transport)


def cut(transport: asyncio.BaseTransport | None) -> None:
    """End a conversation without a word."""
    if isinstance(transport, asyncio.Transport) or hasattr(transport, "abort"):
        transport.abort()  # type: ignore[union-attr]
