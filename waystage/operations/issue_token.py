"""Access tokens: which scopes a client gets, and what a token stands for (api.md 11.1, D-59)."""

from __future__ import annotations

from waystage.ground.errors import InvalidClient, InvalidScope, InvalidTokenRequest
from waystage.store import accounts
from waystage.store.accounts import Client, Grant
from waystage.store.sql import Tx

#: Tokens live longer than is announced, so that a client that renews in time never meets a 401.
LIFE_MS = 1_200_000
ANNOUNCED_SECONDS = 1079


def find_client(tx: Tx, client_id: str) -> Client | None:
    """Find a client that may still ask for tokens."""
    return accounts.find_client(tx, client_id)


def granted(client: Client, scope: object) -> tuple[str, ...]:
    """Give the scopes of a new token: all of the client's, or those named; the empty text names none.

    InvalidTokenRequest when `scope` is no text, InvalidScope when it names one that the client does not have.
    """
    if scope is None:
        return client.scopes
    if not isinstance(scope, str):
        raise InvalidTokenRequest("scope must be a text of scopes separated by blanks.")
    wanted = tuple(dict.fromkeys(scope.split()))
    missing = [word for word in wanted if word not in client.scopes]
    if missing:
        raise InvalidScope(f"The client does not have the scope {missing[0][:100]}.")
    return wanted


def check_account(client: Client, account: object) -> None:
    """Refuse an `account_id` (number or digits) of a business unit that is not the client's; InvalidClient."""
    if account is None or account == "":
        return
    text = "" if isinstance(account, bool) or not isinstance(account, int | str) else str(account).strip()
    if not (text.isascii() and text.isdigit()):
        raise InvalidTokenRequest("account_id must be a number.")
    if text.lstrip("0") != str(client.account):
        raise InvalidClient("Client authentication failed. The client does not belong to this account_id.")


def issue(tx: Tx, client: Client, scopes: tuple[str, ...], digest: str, real_now: int) -> None:
    """Store a new token, and forget those that have expired."""
    if accounts.find_client(tx, client.client_id) is None:
        raise InvalidClient
    accounts.drop_expired_tokens(tx, real_now)
    accounts.add_token(tx, digest, client, scopes, real_now + LIFE_MS)


def find(tx: Tx, digest: str, real_now: int) -> Grant | None:
    """Find what a token stands for, unless it has expired or its client was revoked."""
    return accounts.find_grant(tx, digest, real_now)
