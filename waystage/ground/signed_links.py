"""Links that anybody may follow and nobody can make: what they mean stands in them, signed (design 8.15)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from enum import StrEnum

_MAC_BYTES = 16
_SECOND_BYTES = 5
_ID_BYTES = 16
_HEAD_BYTES = 1 + _ID_BYTES + _SECOND_BYTES
_LAST_SECOND = 256**_SECOND_BYTES - 1
#: Bytes of the address that a link may lead to.
LONGEST_TARGET = 4_000
_LONGEST_TOKEN = 2 * LONGEST_TARGET


class LinkKind(StrEnum):
    """What following a link means; one letter, as it stands in the token."""

    OPEN = "o"
    CLICK = "c"
    UNSUBSCRIBE = "u"
    FEEDBACK = "f"


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What a token says: of which message, until when it holds (ms of journey time), and where a click leads."""

    kind: LinkKind
    request_id: str
    expires: int
    target: str = ""


class LinkSigner:
    """Writes and reads tokens with one key."""

    def __init__(self, key: bytes) -> None:
        """`key` is random and the same in all processes of a database."""
        self._key = key

    def write(self, link: SignedLink) -> str:
        """The token of a link, URL-safe; the same link gives the same token."""
        seconds = min(max(link.expires // 1000, 0), _LAST_SECOND)
        head = link.kind.value.encode() + uuid.UUID(link.request_id).bytes + seconds.to_bytes(_SECOND_BYTES, "big")
        said = head + link.target.encode()
        return base64.urlsafe_b64encode(said + self._mac(said)).rstrip(b"=").decode()

    def read(self, token: str) -> SignedLink | None:
        """What a token says; None for one that was not written with this key, to the letter."""
        raw = _decoded(token)
        if raw is None or len(raw) < _HEAD_BYTES + _MAC_BYTES:
            return None
        said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        request_id = str(uuid.UUID(bytes=said[1 : 1 + _ID_BYTES]))
        seconds = int.from_bytes(said[1 + _ID_BYTES : _HEAD_BYTES], "big")
        return SignedLink(LinkKind(said[:1].decode()), request_id, seconds * 1000, said[_HEAD_BYTES:].decode())

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, hashlib.sha256)[:_MAC_BYTES]


def _decoded(token: str) -> bytes | None:
    """The bytes of a token; one text for the same bytes only."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == token else None
