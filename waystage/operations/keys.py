"""Keys that calls of custom activities are signed with: stored, never read back, found by the engine (contract 16)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from waystage.engine.sending.signing_keys import place_of
from waystage.ground.errors import (
    KeyNotFound,
    MissingValue,
    SecretKeyUnusable,
    ValueNotAllowed,
    WrongFormat,
    WrongType,
)
from waystage.ground.sealing import Sealer, SealError
from waystage.store import audit, keys
from waystage.store.audit import Kind
from waystage.store.keys import SigningKey
from waystage.store.sql import Tx

LONGEST_NAME = 200
MOST_BYTES = 8_192


def _hex(text: str) -> bytes:
    """Keys of the reference are shown as `0x…` (journey-spec 6.4)."""
    return bytes.fromhex(text[2:] if text[:2].lower() == "0x" else text)


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


_DECODERS: Mapping[str, Callable[[str], bytes]] = {"utf8": str.encode, "hex": _hex, "base64": _base64}


def read_secret(body: Mapping[str, Any]) -> bytes:
    """The bytes of `{secret, encoding}`; errors of 400, none of which shows anything of it."""
    secret, encoding = body.get("secret"), body.get("encoding", "utf8")
    if secret is None or secret == "":
        raise MissingValue("secret is required.")
    if not isinstance(secret, str):
        raise WrongType("secret must be text.")
    decode = _DECODERS.get(encoding) if isinstance(encoding, str) else None
    if decode is None:
        raise ValueNotAllowed("encoding must be utf8, hex or base64.")
    try:
        plain = decode(secret)
    except (ValueError, binascii.Error):
        raise WrongFormat(f"secret must be written in {encoding}.") from None
    if not 0 < len(plain) <= MOST_BYTES:
        raise ValueNotAllowed(f"secret must have 1 to {MOST_BYTES} bytes.")
    return plain


def check_name(name: str) -> str:
    """The name of a key; ValueNotAllowed."""
    if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise ValueNotAllowed(f"The customer key must have 1 to {LONGEST_NAME} printable characters.")
    return name


def store(tx: Tx, account: int, name: str, secret: bytes, sealer: Sealer, now: int) -> None:
    """Store a key, or another secret for it; SecretKeyUnusable. `now` is real time."""
    try:
        sealed = sealer.seal(secret, place_of(account, name))
    except SealError as error:
        raise SecretKeyUnusable from error
    keys.save(tx, SigningKey(account, name, sealed, now, now))
    audit.record(tx, account, Kind.KEY, "Store", "", name)


def remove(tx: Tx, account: int, name: str) -> None:
    """Delete a key; KeyNotFound."""
    if not keys.remove(tx, account, name):
        raise KeyNotFound
    audit.record(tx, account, Kind.KEY, "Delete", "", name)


def collect(tx: Tx, account: int, limit: int, offset: int) -> tuple[int, list[SigningKey]]:
    """How many keys the business unit has, and one page of them, by name."""
    return keys.page(tx, account, limit, offset)
