"""Reading SOAP envelopes: who asks, by a token in the header, and the one message in the body (clients.md 5).

Elements are known by their local names, as the clients write them with and without prefixes, the body before or behind
the header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

#: Nobody has shown a token yet when an envelope is read.
MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 50_000
_DECLARED: Final = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""")
_READABLE: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class EnvelopeError(ValueError):
    """What was sent cannot be read as an envelope with one message; says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was asked: the message's element, with local names throughout; `token` is empty without one."""

    message: Element
    token: str = ""


def read(raw: bytes) -> Envelope:
    """The envelope in the body of a request; EnvelopeError, whatever the bytes are."""
    root = _parsed(_text(raw))
    if root.tag != "Envelope":
        raise EnvelopeError(f"the root must be an Envelope, not {root.tag[:60]!r}")
    body, header = root.find("Body"), root.find("Header")
    messages = [] if body is None else list(body)
    if len(messages) != 1:
        raise EnvelopeError("the Envelope must have a Body with exactly one message")
    return Envelope(messages[0], text_of(header, "fueloauth").strip() if header is not None else "")


def text_of(element: Element, path: str) -> str:
    """The text of the element at a path of local names; empty without it, and where it is nil."""
    found = element.find(path)
    return "" if found is None else found.text or ""


def kind_of(element: Element) -> str:
    """What an element says by `xsi:type` that it is, without its prefix."""
    return element.get("type", "").rpartition(":")[2].strip()


def _text(raw: bytes) -> str:
    """UTF-8 and nothing else, so that nobody reads anything into the bytes that we do not."""
    if len(raw) > MAX_BYTES:
        raise EnvelopeError(f"an envelope must not be larger than {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EnvelopeError("the body is not UTF-8") from error
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].strip().lower() not in _READABLE:
        raise EnvelopeError(f"the encoding must be UTF-8, not {declared[1][:40]!r}")
    return text


class _Bounded(TreeBuilder):
    """Builds a tree of local names; gives up as soon as it grows beyond the bounds."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: Mapping[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH:
            raise EnvelopeError(f"elements must not be nested deeper than {MAX_DEPTH} levels")
        if self._count > MAX_ELEMENTS:
            raise EnvelopeError(f"there must not be more than {MAX_ELEMENTS} elements")
        return super().start(_local(tag), {_local(name): value for name, value in attrs.items()})

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(_local(tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _parsed(text: str) -> Element:
    parser = XMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(text)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise EnvelopeError("there must be no document type and no entities") from error
    except (ParseError, ValueError) as error:
        raise EnvelopeError(f"the body is no well-formed XML: {error}") from error
    return root
