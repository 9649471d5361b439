"""Files that come compressed (gzip): unpacked as they arrive, with bounds on how large they become."""

from __future__ import annotations

import zlib

from waystage.ground.errors import TooLarge, WrongFormat
from waystage.operations.import_slices import Pull

_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 2**18
#: Tables of real life become some ten times smaller; what was made to burst becomes a thousand times larger.
_MOST_TIMES = 200
_ALLOWED_AT_ONCE = 2**26


class Inflated:
    """Gives the unpacked bytes of what `pull` gives; `limit` bounds them. WrongFormat, TooLarge."""

    def __init__(self, pull: Pull, limit: int) -> None:
        self._pull = pull
        self._limit = limit
        self._member = zlib.decompressobj(_GZIP)
        self._packed = b""
        self._taken = self._given = 0
        self._is_begun = False

    def __call__(self) -> bytes:
        """Some unpacked bytes, none at the end."""
        while True:
            if not self._packed:
                self._packed = self._pull()
                self._taken += len(self._packed)
                if not self._packed:
                    return self._end()
            if piece := self._unpack():
                return piece

    def _end(self) -> bytes:
        """What is still held back, which may be more than one piece."""
        if self._is_begun and not self._member.eof:
            if piece := self._guarded(b""):
                return piece
            raise WrongFormat("The compressed file ends too early.")
        return b""

    def _unpack(self) -> bytes:
        if self._member.eof:
            self._packed = self._packed.lstrip(b"\0")
            if not self._packed:
                return b""
            self._member, self._is_begun = zlib.decompressobj(_GZIP), False
        self._is_begun = True
        piece = self._guarded(self._packed)
        self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return piece

    def _guarded(self, packed: bytes) -> bytes:
        try:
            piece = self._member.decompress(packed, _PIECE)
        except zlib.error as error:
            raise WrongFormat("The body is no gzip file, or damaged.") from error
        self._given += len(piece)
        if self._given > self._limit:
            raise TooLarge(f"The unpacked file is larger than {self._limit} bytes.")
        if self._given > _ALLOWED_AT_ONCE and self._given > _MOST_TIMES * self._taken:
            raise TooLarge(f"The file becomes more than {_MOST_TIMES} times larger when it is unpacked.")
        return piece
