"""Whom a token stands for (api.md 11.2, 11.3)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.ground.errors import NotAuthorized
from waystage.store import accounts
from waystage.store.accounts import Client, Grant
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Identity:
    """A token's grant, its client, and the name of its business unit."""

    grant: Grant
    client: Client
    business_unit: str


def read(tx: Tx, digest: str, real_now: int) -> Identity:
    """What a token stands for; NotAuthorized if it was revoked or has expired a moment ago."""
    grant = accounts.find_grant(tx, digest, real_now)
    client = accounts.find_client(tx, grant.client_id) if grant is not None else None
    if grant is None or client is None:
        raise NotAuthorized
    return Identity(grant, client, accounts.business_unit_name(tx, grant.account))
