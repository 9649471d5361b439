"""The expressions of a journey, {{Contact…}}, {{Event…}} and the like, and %%Field%% in messages (journey-spec 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PERSONALISATION: Final = "%%"
"""The root of a path that came from `%%Field%%`; its one segment is the field's name."""


class BindingError(ValueError):
    """A text that cannot be read as an expression; the message says which part and why."""


@dataclass(frozen=True, slots=True)
class Path:
    """One expression: `Event.K."E mail"` has the root `Event` and the segments `K` and `E mail`.

    Names keep their case: paths compare exactly, and the caller may fall back to a folded match (journey-spec 5.1).
    `original` is the text with its braces.
    """

    root: str
    segments: tuple[str, ...]
    original: str

    def __str__(self) -> str:
        return self.original


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut into its plain parts and its expressions; plain parts are never empty nor side by side."""

    parts: tuple[str | Path, ...]

    @property
    def single(self) -> Path | None:
        """The expression that is the whole text: then the value keeps its type instead of becoming text."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Path) else None

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(part for part in self.parts if isinstance(part, Path))

    @property
    def constant(self) -> str | None:
        """The text itself where it holds no expression."""
        return None if self.paths else "".join(map(str, self.parts))

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


_SEGMENT: Final = r'(?:"[^"]+"|[^\s."{}]+)'
_SEGMENTS: Final = re.compile(rf"\s*({_SEGMENT}(?:\s*\.\s*{_SEGMENT})*)\s*")
_ONE: Final = re.compile(_SEGMENT)
_FIELD: Final = re.compile(r"%%([^\s%=\[\]](?:[^%\n]{0,126}[^\s%=\[\]])?)%%")
_BLOCK_SIGNS: Final = frozenset("#/^!>&{=")


def parse(text: str) -> Template:
    """The template of a text with `{{…}}` expressions; raises BindingError for blocks and unreadable ones."""
    return Template(tuple(_expressions(text)))


def parse_content(text: str) -> Template:
    """As `parse`, for content of messages: `%%Field%%` becomes a Path with the root PERSONALISATION."""
    parts: list[str | Path] = []
    for part in _expressions(text):
        parts.extend([part] if isinstance(part, Path) else _personal(part))
    return Template(tuple(parts))


def parse_path(text: str) -> Path:
    """The one path of a text, with or without braces, as criteria and waits write it; raises BindingError."""
    bare = text.strip()
    if bare.startswith("{{"):
        path = parse(bare).single
        if path is None:
            raise BindingError(f"{_excerpt(bare)} must be one expression and nothing else.")
        return path
    found = _SEGMENTS.fullmatch(bare)
    if found is None:
        raise BindingError(f"{_excerpt(bare)} is no path: write names with dots between them, others in double quotes.")
    return _path(found.group(1), text)


def fields(text: str) -> tuple[str, ...]:
    """The names of the `%%Field%%`s in a text, each once, in order."""
    return tuple(dict.fromkeys(found.group(1) for found in _FIELD.finditer(text)))


def _expressions(text: str) -> Iterator[str | Path]:
    place = 0
    while (begin := text.find("{{", place)) >= 0:
        if begin > place:
            yield text[place:begin]
        path, place = _expression(text, begin)
        yield path
    if place < len(text):
        yield text[place:]


def _expression(text: str, begin: int) -> tuple[Path, int]:
    """The expression that opens at `begin`, and where the text goes on after it."""
    if text[begin + 2 : begin + 3] in _BLOCK_SIGNS and begin + 2 < len(text):
        raise BindingError(
            f"{_excerpt(text[begin:])}: blocks are not supported, only paths such as {{{{Contact.Key}}}}."
        )
    found = _SEGMENTS.match(text, begin + 2)
    if found is None or not text.startswith("}}", found.end()):
        hint = "names with spaces or other signs belong in double quotes, and }} must close it"
        raise BindingError(f"{_excerpt(text[begin:])} is no expression: {hint}.")
    end = found.end() + 2
    return _path(found.group(1), text[begin:end]), end


def _path(dotted: str, original: str) -> Path:
    root, *segments = (name.strip('"') for name in _ONE.findall(dotted))
    return Path(root, tuple(segments), original)


def _personal(text: str) -> Iterator[str | Path]:
    place = 0
    for found in _FIELD.finditer(text):
        if found.start() > place:
            yield text[place : found.start()]
        yield Path(PERSONALISATION, (found.group(1),), found.group())
        place = found.end()
    if place < len(text):
        yield text[place:]


def _excerpt(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
