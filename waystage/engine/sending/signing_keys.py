"""The secrets that calls are signed with, unsealed and kept for a few seconds, so that a new one soon counts."""

from __future__ import annotations

import asyncio

from waystage.ground import clock, ids
from waystage.ground.sealing import Sealer, SealError
from waystage.store import audit, keys
from waystage.store.database import Database
from waystage.store.keys import SigningKey
from waystage.store.sql import Tx

#: The name of the business unit's default key, which signs where an activity names none (contract 16).
DEFAULT = "default"
_KEPT_SECONDS = 5.0
_KEY_BYTES = 64


class NoKey(LookupError):
    """There is no such key, or it cannot be opened; nothing may be sent unsigned (journey-spec 6.4)."""


def place_of(account: int, name: str) -> str:
    """What a sealed secret is bound to, so that it opens nowhere else."""
    return f"{account}/{name.casefold()}"


class SigningKeys:
    """Reads keys for whoever calls."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._known: dict[tuple[int, str], tuple[float, bytes]] = {}

    async def secret(self, account: int, name: str) -> bytes:
        """The secret of a key, or of the default one where `name` is empty; NoKey."""
        wanted = (account, name or DEFAULT)
        until, secret = self._known.get(wanted, (0.0, b""))
        if clock.monotonic() < until:
            return secret
        try:
            found = await asyncio.wrap_future(self._database.read(lambda tx: keys.find(tx, *wanted)))
            if found is None and wanted[1] == DEFAULT:
                found = await asyncio.wrap_future(self._database.write(lambda tx: self._make(tx, account)))
            if found is None:
                raise NoKey(f"there is no signing key {wanted[1]!r}")
            secret = self._sealer.open(found.sealed, place_of(account, found.key))
        except SealError as error:
            raise NoKey(f"the signing key {wanted[1]!r} cannot be used: {error}") from error
        self._known[wanted] = (clock.monotonic() + _KEPT_SECONDS, secret)
        return secret

    def _make(self, tx: Tx, account: int) -> SigningKey:
        """The default key of a business unit is made when it is first needed; SealError."""
        known = keys.find(tx, account, DEFAULT)
        if known is not None:
            return known
        sealed = self._sealer.seal(ids.new_bytes(_KEY_BYTES), place_of(account, DEFAULT))
        made = SigningKey(account, DEFAULT, sealed, clock.real_now(), clock.real_now())
        keys.save(tx, made)
        audit.record(tx, account, audit.Kind.KEY, "Store", "", DEFAULT)
        return made
