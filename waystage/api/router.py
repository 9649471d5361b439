"""From a path to a row of the route table: any letter case, stray slashes, `key:` prefixes (D-01)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

from waystage.ground.errors import BadRequest, MethodNotAllowed, RouteNotFound

KEY_PREFIX = "key:"


class Routed(Protocol):
    """What the router needs to know of a row: an upper-case verb and a path such as `/a/key:{key}/{id}`."""

    @property
    def verb(self) -> str:
        """Give the verb in upper case."""

    @property
    def path(self) -> str:
        """Give the path with its parameters in braces."""


R = TypeVar("R", bound=Routed)


@dataclass(slots=True)
class _End(Generic[R]):
    """The end of a path: the rows by verb, each with the names of its parameters in order."""

    rows: dict[str, tuple[R, tuple[str, ...]]] = field(default_factory=dict)

    def pick(self, verb: str, values: Sequence[str]) -> tuple[R, dict[str, str]]:
        found = self.rows.get(verb) or (self.rows.get("GET") if verb == "HEAD" else None)
        if found is None:
            raise MethodNotAllowed(self.verbs())
        row, names = found
        return row, dict(zip(names, values, strict=True))

    def verbs(self) -> tuple[str, ...]:
        head = {"HEAD"} if "GET" in self.rows else set()
        return tuple(sorted({*self.rows, *head, "OPTIONS"}))


@dataclass(slots=True)
class _Node(Generic[R]):
    """One place in the tree of segments; literals are tried before `key:{…}`, that before `{…}`."""

    literals: dict[str, _Node[R]] = field(default_factory=dict)
    keyed: _Node[R] | None = None
    free: _Node[R] | None = None
    end: _End[R] | None = None


class Router(Generic[R]):
    """The route table as a tree, with a plain dictionary in front of it for the paths without parameters."""

    def __init__(self, rows: Sequence[R]) -> None:
        """Build both from the table; ValueError when two rows have the same verb and path."""
        self._root: _Node[R] = _Node()
        self._plain: dict[str, _End[R]] = {}
        for row in rows:
            self._add(row)

    def find(self, verb: str, raw_path: str) -> tuple[R, dict[str, str]]:
        """Give the row and its decoded path parts; RouteNotFound, MethodNotAllowed, or BadRequest for an empty key.

        `raw_path` is still percent-encoded: a `%2F` is part of a key, not a separator.
        """
        plain = self._plain.get(raw_path.lower())
        if plain is not None:
            return plain.pick(verb, ())
        return self._walk(raw_path).pick(verb)

    def allowed(self, raw_path: str) -> tuple[str, ...]:
        """Give the verbs that the path has, for OPTIONS; RouteNotFound."""
        return self._walk(raw_path).end.verbs()

    def _walk(self, raw_path: str) -> _Match[R]:
        segments = [unquote(part) for part in raw_path.split("/") if part]
        match = next(_matches(self._root, segments, ()), None)
        if match is None or any("\0" in value for value in match.values):
            raise RouteNotFound
        if any(not value for value in match.values):
            raise BadRequest("Must provide a valid ID or Key parameter")
        return match

    def _add(self, row: R) -> None:
        node, names = self._root, []
        for part in filter(None, row.path.split("/")):
            if part.startswith("{"):
                node.free = node = node.free or _Node()
            elif part.startswith(KEY_PREFIX):
                node.keyed = node = node.keyed or _Node()
            else:
                node = node.literals.setdefault(part.lower(), _Node())
            if part.endswith("}"):
                names.append(part[part.index("{") + 1 : -1])
        node.end = end = node.end or _End()
        if row.verb in end.rows:
            raise ValueError(f"{row.verb} {row.path} stands twice in the table")
        end.rows[row.verb] = (row, tuple(names))
        if not names:
            self._plain["/" + row.path.strip("/").lower()] = end


@dataclass(slots=True)
class _Match(Generic[R]):
    end: _End[R]
    values: tuple[str, ...]

    def pick(self, verb: str) -> tuple[R, dict[str, str]]:
        return self.end.pick(verb, self.values)


def _matches(node: _Node[R], segments: Sequence[str], values: tuple[str, ...]) -> Iterator[_Match[R]]:
    """Yield every end that the segments lead to, the most literal first."""
    if not segments:
        if node.end is not None:
            yield _Match(node.end, values)
        return
    here, rest = segments[0], segments[1:]
    if (literal := node.literals.get(here.lower())) is not None:
        yield from _matches(literal, rest, values)
    if node.keyed is not None and here[: len(KEY_PREFIX)].lower() == KEY_PREFIX:
        yield from _matches(node.keyed, rest, (*values, here[len(KEY_PREFIX) :]))
    elif node.free is not None:
        yield from _matches(node.free, rest, (*values, here))
