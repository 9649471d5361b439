"""Encryption of the secrets that the engine must read again: signing keys (contract, settings; 16)."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from waystage.ground import ids

_NONCE_BYTES = 12
_KEY_BYTES = 32
_VERSION = "1:"


class SealError(Exception):
    """There is no key, or it is not the one that something was sealed with."""


class Sealer:
    """Seals with AES-GCM under a key made from `secret`, or from a file of this process's user.

    Nothing is read or made before something is to be sealed or opened; the text that is sealed goes with a name, so
    that what was sealed for one place cannot be moved to another.
    """

    def __init__(self, secret: str | None, file: Path | None) -> None:
        self._secret = secret
        self._file = file

    def seal(self, plain: bytes, name: str) -> str:
        """The sealed form as text; SealError without a key."""
        nonce = ids.new_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._key(may_make=True)).encrypt(nonce, plain, name.encode())
        return _VERSION + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, name: str) -> bytes:
        """What was sealed under this name; SealError where the key is missing or another one."""
        try:
            raw = base64.b64decode(sealed.removeprefix(_VERSION), validate=True)
            return AESGCM(self._key(may_make=False)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError("it was sealed with another key") from error

    def _key(self, *, may_make: bool) -> bytes:
        material = self._secret.encode() if self._secret is not None else self._from_file(may_make=may_make)
        return HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=b"waystage signing keys").derive(material)

    def _from_file(self, *, may_make: bool) -> bytes:
        if self._file is None:
            raise SealError("no key is configured")
        if may_make:
            _make(self._file)
        try:
            material = self._file.read_bytes().strip()
        except OSError as error:
            raise SealError(f"the key file {self._file} cannot be read") from error
        if not material:
            raise SealError(f"the key file {self._file} is empty")
        return material


def _make(file: Path) -> None:
    """Make the key file whole, with rights for its owner only, unless there is one."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{ids.new_guid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(ids.new_secret(_KEY_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):  # another thread was quicker: its key counts
            os.link(draft, file)
    except OSError as error:
        raise SealError(f"the key file {file} cannot be made") from error
    finally:
        draft.unlink(missing_ok=True)
