"""Journey history as a file: download, estimate, freshness (api.md 9.2 to 9.4, D-54a to D-57).

A file is made in slices, each a read of its own (operations.walk_history), so it may be of any length: one slice is in
memory, and no snapshot is open while it travels.
"""

from __future__ import annotations

import asyncio
import math
import zlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from waystage.api.encodings import accepts_gzip
from waystage.api.history import asked_filter
from waystage.api.history_columns import MEDIA_TYPES, Lines, read_columns, read_format
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.ground.errors import MissingValue, ValueNotAllowed
from waystage.operations import walk_history
from waystage.operations.body_check import as_object
from waystage.operations.read_history import Asked
from waystage.operations.walk_history import Place, Slice
from waystage.store.sql import Tx

DIRECT_PIPE = "x-direct-pipe"
#: Characters after which a slice ends, at the next fact.
FULL = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(slots=True)
class _Part:
    """A stretch of a file with the number of its rows, and where the next one begins."""

    content: bytes
    rows: int
    place: Place


@dataclass(slots=True)
class _File:
    """One file that is being made, from the oldest row to the newest; the same for whoever takes it or counts it."""

    request: Request
    asked: Asked
    form: str
    columns: tuple[str, ...]
    place: Place | None = field(default=None)

    async def part(self) -> _Part:
        """The next stretch, the first one with the names of the columns."""
        part = await self.request.read(self._read)
        self.place = part.place
        return part

    @property
    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self.place is not None and self.place.is_over

    def _read(self, tx: Tx) -> _Part:
        """Everything begins anew here, as a read whose connection is lost is made once more."""
        request, lines = self.request, Lines(self.form, self.columns)
        place = self.place
        if place is None:
            lines.head(self.columns)
            place = walk_history.begin(tx, request.world.kinds, request.caller.account, self.asked, request.now)
        walk = Slice(tx, request.world.kinds, self.asked, place)
        for rows in walk:
            for row in rows:
                lines.add(row)
            if lines.size >= FULL:
                break
        return _Part(lines.content(), lines.rows, walk.place)


def _file(request: Request) -> _File:
    """What a download or an estimate asks for; ValueNotAllowed, and the errors of the filter."""
    form, columns = read_format(request.query.text("format")), read_columns(request.query.words("columns"))
    return _File(request, asked_filter(as_object(request.json()), descending=False), form, columns)


async def download(request: Request) -> Reply:
    """POST interactions/journeyhistory/download: the file; its first stretch is read before anything is answered."""
    _check_pipe(request)
    file = _file(request)
    first = await file.part()
    headers = [
        ("content-disposition", f'attachment; filename="journeyhistory.{file.form}"'),
        ("vary", "accept-encoding"),
    ]
    body = _contents(file, first)
    if accepts_gzip(request.header("accept-encoding")):
        headers.append(("content-encoding", "gzip"))
        body = _compressed(body)
    return Reply(body=body, headers=headers, content_type=MEDIA_TYPES[file.form])


def _check_pipe(request: Request) -> None:
    value = request.header(DIRECT_PIPE).strip().lower()
    if not value:
        raise MissingValue(f"The header {DIRECT_PIPE}: true is required.")
    if value != "true":
        raise ValueNotAllowed(f"The header {DIRECT_PIPE} must be true.")


async def _contents(file: _File, first: _Part) -> AsyncGenerator[bytes, None]:
    yield first.content
    while not file.is_over:
        yield (await file.part()).content


async def _compressed(contents: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Compressed beside the event loop."""
    pack = zlib.compressobj(wbits=_GZIP)
    async for content in contents:
        yield await asyncio.to_thread(pack.compress, content)
    yield pack.flush()


async def estimate(request: Request) -> Reply:
    """POST interactions/journeyhistory/estimate: makes the file, counts it and throws it away (D-56)."""
    file = _file(request)
    pack = zlib.compressobj(wbits=_GZIP)
    rows = size = packed = 0
    while not file.is_over:
        part = await file.part()
        rows += part.rows
        size += len(part.content)
        packed += len(await asyncio.to_thread(pack.compress, part.content))
    packed += len(pack.flush())
    return Reply(body={"rowCount": rows, "fileSizeBytes": size, "compressedFileSizeBytes": packed})


async def freshness(request: Request) -> Reply:
    """GET interactions/journeyhistory/freshness: the seconds by which the engine, that writes it, lags (D-57)."""
    return Reply(body={"freshness": math.ceil(request.world.engine.lag())})
