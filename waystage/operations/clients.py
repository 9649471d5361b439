"""API clients of business units: made, listed and revoked (contract, "Our own resources")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waystage.ground import ids
from waystage.ground.errors import ClientNotFound, MissingValue, ValueNotAllowed, WrongType
from waystage.ground.secrets import hash_secret, secret_fits
from waystage.operations.body_check import BodyCheck, as_object
from waystage.store import accounts, audit
from waystage.store.accounts import Client
from waystage.store.audit import Kind
from waystage.store.sql import Tx

#: Every scope that a token can carry (api.md 1.6, contract 40).
SCOPES = (
    "journeys_read",
    "journeys_write",
    "journeys_execute",
    "journeys_delete",
    "journeys_aspr",
    "list_and_subscribers_read",
    "list_and_subscribers_write",
    "data_extensions_read",
    "data_extensions_write",
    "waystage_admin",
)
LONGEST_NAME = 200
LARGEST_ACCOUNT = 2**53


@dataclass(frozen=True, slots=True)
class NewClient:
    """What a caller asks for; `unit_name` names the business unit if it has to be made."""

    name: str
    account: int
    scopes: tuple[str, ...]
    unit_name: str


def read_body(body: object, default_account: int) -> NewClient:
    """Read `{name, accountId, scopes, businessUnitName?}`; ValidationErrors names every wrong property."""
    raw = as_object(body)
    check = BodyCheck(raw)
    name = check.text("name", required=True, longest=LONGEST_NAME)
    account = check.whole("accountId", 1, LARGEST_ACCOUNT)
    unit_name = check.text("businessUnitName", longest=LONGEST_NAME)
    scopes = _scopes(check, raw)
    check.settle()
    unit = default_account if account is None else account
    return NewClient(name or "", unit, scopes, unit_name or f"Business unit {unit}")


def _scopes(check: BodyCheck, raw: Mapping[str, Any]) -> tuple[str, ...]:
    value = raw.get("scopes")
    if value is None:
        check.refuse(MissingValue("scopes is required."))
        return ()
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        check.refuse(WrongType("scopes must be an array of texts."))
        return ()
    for place, word in enumerate(value):
        if word not in SCOPES:
            check.refuse(ValueNotAllowed(f"scopes[{place}] must be one of {', '.join(SCOPES)}, not {word[:60]!r}."))
    return tuple(dict.fromkeys(value))


def create(tx: Tx, asked: NewClient, client_id: str, secret_hash: str, now: int) -> Client:
    """Store a new client, and its business unit if there is none; `secret_hash` as made by ground.secrets."""
    accounts.add_business_unit(tx, asked.account, asked.unit_name, now)
    accounts.add_client(tx, Client(0, client_id, secret_hash, asked.account, asked.name, asked.scopes, now))
    details = {"accountId": asked.account, "scopes": asked.scopes}
    audit.record(tx, asked.account, Kind.CLIENT, "Create", client_id, asked.name, **details)
    return _existing(tx, client_id)


def ensure(tx: Tx, client_id: str, secret: str, account: int, now: int) -> None:
    """Make sure that this client exists in this business unit, with this secret and every scope (for the start)."""
    accounts.add_business_unit(tx, account, f"Business unit {account}", now)
    client = accounts.find_client(tx, client_id)
    fits = client is not None and (client.account, client.scopes) == (account, SCOPES)
    if client is not None and fits and secret_fits(secret, client.secret_hash):
        return
    secret_hash = hash_secret(secret)
    if not accounts.renew_client(tx, client_id, secret_hash, account, SCOPES):
        accounts.add_client(tx, Client(0, client_id, secret_hash, account, "Configured client", SCOPES, now))


def first_client(tx: Tx, account: int, now: int) -> tuple[str, str] | None:
    """Give a database without any client its first one, with every scope; returns id and secret, or None."""
    accounts.add_business_unit(tx, account, f"Business unit {account}", now)
    if accounts.clients(tx, 1, 0)[0]:
        return None
    client_id, secret = ids.new_guid().replace("-", ""), ids.new_secret()
    accounts.add_client(tx, Client(0, client_id, hash_secret(secret), account, "First client", SCOPES, now))
    return client_id, secret


def collect(tx: Tx, limit: int, offset: int) -> tuple[int, list[Client]]:
    """Count the clients of all business units, and give one page of them."""
    return accounts.clients(tx, limit, offset)


def revoke(tx: Tx, client_id: str, now: int) -> None:
    """End a client and its tokens; ClientNotFound."""
    client = _existing(tx, client_id)
    accounts.revoke_client(tx, client, now)
    audit.record(tx, client.account, Kind.CLIENT, "Revoke", client_id, client.name, accountId=client.account)


def _existing(tx: Tx, client_id: str) -> Client:
    client = accounts.find_client(tx, client_id)
    if client is None:
        raise ClientNotFound
    return client
