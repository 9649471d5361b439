"""The bearer tokens that this process has seen: a cache in front of the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from waystage.api.caller import Caller
from waystage.ground import clock
from waystage.ground.errors import NotAuthorized
from waystage.ground.secrets import token_digest
from waystage.operations import issue_token

if TYPE_CHECKING:
    from waystage.store.database import Database

#: After so many real seconds a token is looked up again, so a revocation by another process works within that time.
FRESH_SECONDS = 5.0
MOST_TOKENS = 10_000
LONGEST_HEADER = 600
SCHEME = b"bearer "


@dataclass(slots=True)
class _Known:
    caller: Caller
    expires: int
    looked_up: float


def digest_of(authorization: bytes) -> str:
    """Give the digest of the token in an Authorization header; NotAuthorized when it holds none."""
    if authorization[: len(SCHEME)].lower() != SCHEME or len(authorization) > LONGEST_HEADER:
        raise NotAuthorized
    return token_digest(authorization[len(SCHEME) :].strip().decode("latin-1"))


class Tokens:
    """Who calls, by Authorization header; entries never outlive their token (contract 12: real time)."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[bytes, _Known] = {}
        self.checks = asyncio.Semaphore(2)
        """How many slow secret checks run at once."""

    def known(self, authorization: bytes) -> Caller | None:
        """Give the caller without asking the store, or None when it must be asked."""
        entry = self._known.get(authorization)
        if entry is None or entry.expires <= clock.real_now():
            return None
        return entry.caller if clock.monotonic() - entry.looked_up < FRESH_SECONDS else None

    async def look_up(self, authorization: bytes, database: Database) -> Caller:
        """Give the caller from the store; NotAuthorized."""
        digest = digest_of(authorization)
        self._touch(authorization)
        now = clock.real_now()
        grant = await asyncio.wrap_future(database.read(lambda tx: issue_token.find(tx, digest, now)))
        if grant is None:
            self._known.pop(authorization, None)
            raise NotAuthorized
        caller = Caller(grant.account, grant.client_id, frozenset(grant.scopes), grant.user_id)
        self._remember(authorization, _Known(caller, grant.expires, clock.monotonic()))
        return caller

    def forget(self) -> None:
        """Drop everything, so that a revocation by this process works at once."""
        self._known.clear()

    def _touch(self, authorization: bytes) -> None:
        """Let concurrent requests go on with the old entry while one of them looks it up again."""
        if (entry := self._known.get(authorization)) is not None:
            entry.looked_up = clock.monotonic()

    def _remember(self, authorization: bytes, entry: _Known) -> None:
        if len(self._known) >= MOST_TOKENS:
            self._known.clear()
        self._known[authorization] = entry
