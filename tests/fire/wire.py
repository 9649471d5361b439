"""The network between the product and PostgreSQL, which can be cut, in mid-transaction too, or stand still."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

Cut = Literal["", "before", "after"]
_CHUNK = 65_536


@dataclass
class Wire:
    """Every connection goes through here, from a port of its own to the server's."""

    target: int
    port: int = 0
    cuts: int = 0
    cut_at_commit: Cut = ""
    """The next COMMIT is cut off before it reaches the server, or its answer is; then everything flows again."""
    _pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = field(default_factory=set)

    async def start(self) -> None:
        """Begin to listen."""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Let go of the port."""
        self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """Break every connection, whatever is on its way."""
        for pair in list(self._pairs):
            self._break(pair)

    async def stall(self) -> None:
        """Nothing flows any more, and nobody is told."""
        self._flowing.clear()

    async def flow(self) -> None:
        """Let everything flow, and no cut wait."""
        self.cut_at_commit = ""
        self._flowing.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = writer, server
        self._pairs.add(pair)
        await asyncio.gather(self._pump(reader, server, pair, asks=True), self._pump(theirs, writer, pair, asks=False))
        self._pairs.discard(pair)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        asks: bool,
    ) -> None:
        try:
            while chunk := await reader.read(_CHUNK):
                await self._flowing.wait()
                if asks and self.cut_at_commit and b"COMMIT" in chunk:
                    await self._cut_commit(pair, writer, chunk)
                    return
                writer.write(chunk)
                await writer.drain()
        except (ConnectionError, RuntimeError):
            pass
        finally:
            self._break(pair)

    async def _cut_commit(
        self, pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter], writer: asyncio.StreamWriter, chunk: bytes
    ) -> None:
        after, self.cut_at_commit = self.cut_at_commit == "after", ""
        self.cuts += 1
        if after:
            pair[0].transport.abort()
            writer.write(chunk)
            await writer.drain()
        self._break(pair)

    def _break(self, pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        """An orderly end for the server, so that it reads what it was sent; none for the product."""
        if pair in self._pairs:
            self._pairs.discard(pair)
            pair[0].transport.abort()
            pair[1].close()
