"""Query strings of trace searches: `field:value`, quotes, `*` and `?`, AND, OR, NOT and parentheses (api.md D-43)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, TypeAlias

#: Terms that one query may have, and how deep its parentheses may go.
MOST_TERMS: Final = 200
MOST_DEPTH: Final = 20

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<both>&&) | (?P<either>\|\|) | (?P<not>!)
        | (?P<field>[A-Za-z_][A-Za-z0-9_.]*):
        | "(?P<quoted>(?:[^"\\]|\\.)*)"
        | (?P<word>(?:[^\s()":!\\]|\\.)(?:[^\s()"\\]|\\.)*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {"AND": "both", "OR": "either", "NOT": "not"}


@dataclass(frozen=True, slots=True)
class Term:
    """A value that a field must have, or any field; `literal` is None where the value has wildcards.

    `pieces` are what stands between the stars, each as a pattern of fixed length, so that no value takes long to match.
    `beginning` is what stands before the first wildcard.
    """

    field: str | None
    pieces: tuple[tuple[re.Pattern[str], int], ...]
    literal: str | None
    beginning: str

    def fits(self, value: str) -> bool:
        """Whether the whole value is meant, without regard to case."""
        (first, _), *middle = self.pieces
        if not middle:
            return first.fullmatch(value) is not None
        *middle, (last, length) = middle
        found = first.match(value)
        for piece, _ in middle:
            found = found and piece.search(value, found.end())
        start = len(value) - length
        return found is not None and start >= found.end() and last.fullmatch(value, start) is not None


@dataclass(frozen=True, slots=True)
class Both:
    """Everything must hold."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One must hold."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It must not hold."""

    part: Query


Query: TypeAlias = Term | Both | Either | Not


def parse(text: str) -> Query:
    """The query of a text; an empty one holds for everything. ValueError tells what cannot be read.

    AND binds more than OR; terms side by side without a word between them are alternatives.
    """
    reader = _Reader(_tokens(text))
    if not reader.tokens:
        return Both(())
    query = reader.either(0)
    if reader.place < len(reader.tokens):
        raise ValueError(f'"{reader.tokens[reader.place][1]}" stands where nothing was expected.')
    return query


def matches(query: Query, fields: Mapping[str, str]) -> bool:
    """Whether fields (names in lower case) fulfil a query; values compare without regard to case."""
    if isinstance(query, Both):
        return all(matches(part, fields) for part in query.parts)
    if isinstance(query, Either):
        return any(matches(part, fields) for part in query.parts)
    if isinstance(query, Not):
        return not matches(query.part, fields)
    values = fields.values() if query.field is None else (fields.get(query.field.lower(), ""),)
    return any(map(query.fits, values))


def required(query: Query) -> dict[str, str]:
    """Fields (names in lower case) that must have exactly one value for the query to hold."""
    if isinstance(query, Term):
        return {query.field.lower(): query.literal} if query.field and query.literal is not None else {}
    if isinstance(query, Both):
        return {name: value for part in query.parts for name, value in required(part).items()}
    return {}


def begun(query: Query, field: str) -> str:
    """The text with which a field (in lower case) must begin for the query to hold; empty if it may be anything."""
    if isinstance(query, Term):
        return query.beginning if query.field is not None and query.field.lower() == field else ""
    if isinstance(query, Both):
        return max((begun(part, field) for part in query.parts), key=len, default="")
    return ""


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise ValueError(f'"{text[place : place + 20].strip()}" cannot be read.')
        value = token.group(token.lastgroup)
        kind = _WORDS.get(value, token.lastgroup) if token.lastgroup == "word" else token.lastgroup
        found.append((kind, value))
        place = token.end()
    if sum(kind in {"word", "quoted"} for kind, _ in found) > MOST_TERMS:
        raise ValueError(f"The query has more than {MOST_TERMS} terms.")
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def _next(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def either(self, depth: int, field: str | None = None) -> Query:
        """Alternatives, up to a closing parenthesis or the end."""
        parts = [self._both(depth, field)]
        while self._next() not in {"", "close"}:
            self.place += self._next() == "either"
            parts.append(self._both(depth, field))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self, depth: int, field: str | None) -> Query:
        parts = [self._one(depth, field)]
        while self._next() == "both":
            self.place += 1
            parts.append(self._one(depth, field))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self, depth: int, field: str | None) -> Query:
        if self.place >= len(self.tokens):
            raise ValueError("A term is missing at the end.")
        if depth > MOST_DEPTH:
            raise ValueError(f"The query is nested more than {MOST_DEPTH} levels deep.")
        kind, value = self.tokens[self.place]
        self.place += 1
        match kind:
            case "not":
                return Not(self._one(depth + 1, field))
            case "field":
                return self._one(depth + 1, value)
            case "open":
                return self._closed(self.either(depth + 1, field))
            case "word":
                return _term(field, value)
            case "quoted":
                literal = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
                return Term(field, (_piece([re.escape(one) for one in literal]),), literal, literal)
            case _:
                raise ValueError(f'"{value}" stands where a term was expected.')

    def _closed(self, query: Query) -> Query:
        if self._next() != "close":
            raise ValueError("A closing parenthesis is missing.")
        self.place += 1
        return query


def _term(field: str | None, word: str) -> Term:
    pieces: list[list[str]] = [[]]
    parts = re.findall(r"\\.|.", word, re.DOTALL)
    for part in parts:
        if part == "*":
            pieces.append([])
        else:
            pieces[-1].append("." if part == "?" else re.escape(part[-1]))
    beginning = "".join(part[-1] for part in takewhile(lambda part: part not in {"*", "?"}, parts))
    literal = None if {"*", "?"} & set(parts) else beginning
    return Term(field, tuple(map(_piece, pieces)), literal, beginning)


def _piece(characters: list[str]) -> tuple[re.Pattern[str], int]:
    return re.compile("".join(characters), re.IGNORECASE | re.DOTALL), len(characters)
