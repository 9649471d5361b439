"""What a handler sees of a request: caller, path parts, query, body; and the strict JSON reader."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, TypeVar
from urllib.parse import parse_qsl

import msgspec

from waystage.api.caller import Caller
from waystage.ground.errors import MalformedJson, WrongType
from waystage.store.sql import Actor

if TYPE_CHECKING:
    from waystage.api.route import Route
    from waystage.api.streams import BodyStream
    from waystage.api.world import World
    from waystage.store.sql import Tx

MAX_DEPTH = 100
DEFAULT_PAGE_SIZE = 50
LAST_PAGE = 2**31
LARGEST = 2**53

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paging:
    """A page asked for: `page` from 1, `size` after clamping (D-06)."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        """Give how many rows come before the page; bounded, so that it fits a database integer."""
        return (min(self.page, LAST_PAGE) - 1) * self.size


class Query:
    """The query parameters, found by name without regard to case; unknown ones are never looked at (D-02)."""

    __slots__ = ("_values",)

    def __init__(self, raw: str) -> None:
        """Split a raw query string; `+` and `%20` are blanks, `%24` is `$`."""
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(raw, keep_blank_values=True) if raw else ():
            self._values.setdefault(name.lower(), []).append(value)

    def text(self, name: str) -> str | None:
        """Give the last value of a parameter, or None; WrongType when it holds a NUL character."""
        values = self._values.get(name.lower())
        if values and "\0" in values[-1]:
            raise WrongType(f"{name} must not contain the character U+0000.")
        return values[-1] if values else None

    def words(self, name: str) -> list[str]:
        """Give all values of a repeatable or comma-separated parameter, trimmed, blanks left out."""
        joined = ",".join(self._values.get(name.lower(), ()))
        return [word for part in joined.split(",") if (word := part.strip().replace("\0", ""))]

    def integer(self, name: str) -> int | None:
        """Give a whole number, or None when absent; WrongType names the parameter."""
        raw = self.text(name)
        if raw is None:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,16}", raw.strip(), re.ASCII) or abs(int(raw)) > LARGEST:
            raise WrongType(f"{name} must be a whole number.")
        return int(raw)

    def number(self, name: str) -> float | None:
        """Give a decimal number, or None when absent; WrongType names the parameter."""
        raw = self.text(name)
        if raw is None:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,16}(\.[0-9]{1,16})?", raw.strip(), re.ASCII):
            raise WrongType(f"{name} must be a number.")
        return float(raw)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Give a boolean (`true`, `false`, `1`, `0` in any case); WrongType names the parameter."""
        raw = self.text(name)
        if raw is None or not raw.strip():
            return default
        word = raw.strip().lower()
        if word not in {"true", "false", "1", "0"}:
            raise WrongType(f"{name} must be true or false.")
        return word in {"true", "1"}

    def paging(self, largest: int, default: int = DEFAULT_PAGE_SIZE) -> Paging:
        """Give `$page` and `$pageSize`, the size clamped to `largest`; WrongType below 1 (D-05, D-06)."""
        page, size = self.integer("$page"), self.integer("$pageSize")
        for name, value in (("$page", page), ("$pageSize", size)):
            if value is not None and value < 1:
                raise WrongType(f"{name} must be a whole number from 1.")
        return Paging(page or 1, min(size or default, largest))


@dataclass(slots=True)
class Request:
    """One request behind the door: authenticated, its body read whole; `now` is journey time in ms, read once."""

    world: World
    caller: Caller
    now: int
    path: dict[str, str]
    query: Query
    routes: Sequence[Route] = ()
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    stream: BodyStream | None = None
    """The body of a route that is streamed, in the place of `body`."""
    verb: str = "GET"
    """As it was sent: a HEAD is answered like a GET, but nobody has looked."""

    @property
    def actor(self) -> Actor:
        """On whose behalf this request changes something, as the audit has it."""
        return Actor(self.caller.user_id, self.caller.client_id, self.now)

    def header(self, name: str) -> str:
        """Give a header by its lower-case name, empty when absent."""
        return self.headers.get(name.encode(), b"").decode("latin-1")

    def json(self) -> Any:
        """Give the body's value, `{}` when it is empty (D-10); MalformedJson."""
        return read_json(self.body) if self.body.strip() else {}

    def decode(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Decode the body by type, the fast way; MalformedJson, or WrongType naming the place."""
        try:
            return decoder.decode(self.body or b"{}")
        except msgspec.ValidationError as error:
            raise WrongType(f"{error}.") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedJson(f"{MalformedJson.message[:-1]}: {error}.") from error

    def paging(self) -> Paging:
        """Give the page asked for, clamped to the configured size."""
        return self.query.paging(self.world.settings.max_page_size)

    async def write(self, operation: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation in one write transaction on behalf of the caller; returns after the commit."""
        return await asyncio.wrap_future(
            self.world.database.write(lambda tx: operation(tx, *args, **kwargs), actor=self.actor)
        )

    async def read(self, operation: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation on one read snapshot."""
        return await asyncio.wrap_future(self.world.database.read(lambda tx: operation(tx, *args, **kwargs)))


_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def read_json(raw: bytes) -> Any:
    """Read one JSON document strictly: UTF-8, each property once, at most 100 levels, finite numbers; MalformedJson."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse("the body is not UTF-8")
    if _depth(raw) > MAX_DEPTH:
        _refuse(f"the body is nested more than {MAX_DEPTH} levels deep")
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        _refuse(str(error))
    if "\\u" in text:
        _refuse_surrogates(value)
    return value


def _refuse(reason: str) -> NoReturn:
    raise MalformedJson(f"JSON Deserialization Exception: {reason}.")


def _depth(raw: bytes) -> int:
    """Give the deepest nesting of brackets outside strings; brackets that do not match are the decoder's business."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for match in _TOKENS.finditer(raw):
        first = match.group()[:1]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"the property {json.dumps(twice)} stands twice in one object")
    return found


def _finite(raw: str) -> float:
    value = float(raw)
    if value in {float("inf"), float("-inf")}:
        raise ValueError(f"the number {raw} is out of range")
    return value


def _no_constant(raw: str) -> NoReturn:
    raise ValueError(f"{raw} is not JSON")


def _refuse_surrogates(value: object) -> None:
    """Refuse half characters, which no UTF-8 answer could carry."""
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        _refuse("a string holds half of a surrogate pair")


_DECODER = json.JSONDecoder(object_pairs_hook=_once_each, parse_float=_finite, parse_constant=_no_constant)


def recased(body: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Give `body` with the known top-level names in our spelling (D-03); where ours is present too, it stays as it is.

    MalformedJson when two names differ only in case and neither is spelled as we do.
    """
    spelling = {name.lower(): name for name in names if name not in body}
    result: dict[str, Any] = {}
    for name, value in body.items():
        known = spelling.get(name.lower(), name)
        if known in result:
            _refuse(f"the property {known} stands twice in one object")
        result[known] = value
    return result
