"""Posting many events over many kept connections, faster than a client made for people."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

CONNECTIONS = 64


def post_all(address: str, token: str, path: str, bodies: Sequence[Any]) -> list[Any]:
    """Post every body and give the answers in the same order; each must be a 201."""
    answers: list[Any] = [None] * len(bodies)
    asyncio.run(_post_all(address, token, path, iter(enumerate(bodies)), answers))
    return answers


async def _post_all(address: str, token: str, path: str, work: Iterator[tuple[int, Any]], answers: list[Any]) -> None:
    where = urlsplit(address)
    head = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n".encode()
    head += b"Content-Type: application/json\r\nContent-Length: "
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_worker(where.hostname or "", where.port or 80, head, work, answers))


async def _worker(host: str, port: int, head: bytes, work: Iterator[tuple[int, Any]], answers: list[Any]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for place, body in work:
        raw = json.dumps(body).encode()
        writer.write(b"%s%d\r\n\r\n%s" % (head, len(raw), raw))
        answers[place] = await _answer(reader)
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> Any:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    assert head.startswith(b"http/1.1 201"), (head, body)
    return json.loads(body)
