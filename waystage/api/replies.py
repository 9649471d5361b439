"""Values to the wire: replies, collections and dates (api.md 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from types import AsyncGeneratorType

import msgspec

from waystage.spec.moments import iso_z, wire_date

__all__ = ["JSON", "Reply", "collection", "iso_z", "tidy_number", "whole_second_date", "wire_date"]

JSON = "application/json; charset=utf-8"
MS_PER_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `bytes` and `str` go out as they are, anything else (None as `{}`) as JSON.

    A generator of bytes is streamed; what it raises cuts the connection, so that nobody takes a part for the whole.
    `headers` are further headers, names in lower case.
    """

    status: int = 200
    body: object = None
    headers: Sequence[tuple[str, str]] = ()
    content_type: str = JSON

    @property
    def stream(self) -> AsyncGenerator[bytes, None] | None:
        """Give the body that is made while it is sent, if it is of that kind."""
        return self.body if isinstance(self.body, AsyncGeneratorType) else None

    def payload(self) -> bytes:
        """Give the bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str) and self.content_type != JSON:
            return self.body.encode()
        return b"{}" if self.body is None else msgspec.json.encode(self.body)


def collection(items: Sequence[object], count: int, page: int, page_size: int, **more: object) -> dict[str, object]:
    """Give the collection envelope (api.md 1.4, D-05): `count` over all pages, `pageSize` as in force."""
    return {"count": count, "page": page, "pageSize": page_size, "links": {}, "items": list(items), **more}


def whole_second_date(instant: int | None, offset: int) -> str:
    """Write ms UTC as `wire_date` does, cut to whole seconds (lastPublishedDate, api.md 1.3)."""
    return wire_date(None if instant is None else instant - instant % MS_PER_SECOND, offset)


def tidy_number(value: float) -> float | int:
    """Write 1.0 as 1 (api.md 1.5)."""
    return int(value) if float(value).is_integer() else value
