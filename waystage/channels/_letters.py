"""A message as the octets of an e-mail (RFC 5322): the same message gives the same octets on every attempt.

The standard library encodes each part; its message classes are not used, because parsing headers that we have just
written takes them 40 times as long as everything else here.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import Final

from waystage.channels.base import Message

#: A subject that needs no encoding: printable ASCII that fits the line, and nothing that looks encoded already.
_PLAIN: Final = re.compile(r"(?!.*=\?)[\x21-\x7e][\x20-\x7e]{0,64}")
#: Between addresses a line may end, so that however many there are no line is too long (RFC 5322 2.1.1).
_LISTED: Final = ",\r\n "
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def written(message: Message, sender: str) -> bytes:
    """The e-mail; html and text together as alternatives, the last the richest (RFC 2046 5.1.4)."""
    headers = [
        f"From: {_sender(sender)}",
        f"To: {message.to}",
        *([f"Cc: {_LISTED.join(message.cc)}"] if message.cc else []),
        f"Subject: {_subject(message.subject)}",
        f"Date: {format_datetime(datetime.fromtimestamp(message.at // 1000, UTC))}",
        f"Message-ID: <{message.request_id}@waystage>",
        *(f"{name}: {_CONTROLS.sub(' ', value)}" for name, value in message.headers),
        "MIME-Version: 1.0",
    ]
    head = "\r\n".join(headers).encode()
    return head + b"\r\n" + _body(message)


def _body(message: Message) -> bytes:
    if not message.html:
        return _part("plain", message.text)
    if not message.text:
        return _part("html", message.html)
    boundary = f"=_{message.request_id}".encode()
    return (
        b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n'
        b"--" + boundary + b"\r\n" + _part("plain", message.text) +
        b"--" + boundary + b"\r\n" + _part("html", message.html) +
        b"--" + boundary + b"--\r\n"
    )  # fmt: skip


def _part(kind: str, text: str) -> bytes:
    """One text with the line ends of e-mail, as base64, which no server on the way can change."""
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    canonical = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    return head.encode() + base64.encodebytes(canonical).replace(b"\n", b"\r\n")


def _subject(text: str) -> str:
    """One header: line breaks and other control characters are blanks, whatever they hoped to begin."""
    line = _CONTROLS.sub(" ", text).strip()
    if not line or _PLAIN.fullmatch(line):
        return line
    return Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n")


@lru_cache(maxsize=16)
def _sender(sender: str) -> str:
    """The configured From, its display name encoded where it must be."""
    name, address = parseaddr(sender)
    return formataddr((name, address))
