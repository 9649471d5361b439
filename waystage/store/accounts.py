"""Business units, API clients and access tokens: who may call, and as whom."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Row, Tx


@dataclass(frozen=True, slots=True)
class Client:
    """One API client; `scopes` are those that its tokens may carry, `number` stands for its user on the wire."""

    number: int
    client_id: str
    secret_hash: str
    account: int
    name: str
    scopes: tuple[str, ...]
    created: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for; `expires` in ms of real time."""

    account: int
    client_id: str
    user_id: int
    scopes: tuple[str, ...]
    expires: int


_CLIENT = "number, client_id, secret_hash, account, name, scopes, created"


def _client(row: Row) -> Client:
    number, client_id, secret_hash, account, name, scopes, created = row
    return Client(number, client_id, secret_hash, account, name, tuple(scopes.split()), created)


def add_business_unit(tx: Tx, account: int, name: str, now: int) -> None:
    """Make sure that a business unit exists; an existing one keeps its name."""
    tx.run(
        """
        INSERT INTO business_unit (account, name, created) VALUES (:account, :name, :now)
        ON CONFLICT (account) DO NOTHING
        """,
        account=account,
        name=name,
        now=now,
    )


def business_unit_name(tx: Tx, account: int) -> str:
    """The name of a business unit, empty if it has none."""
    row = tx.one("SELECT name FROM business_unit WHERE account = :account", account=account)
    return str(row[0]) if row else ""


def add_client(tx: Tx, client: Client) -> None:
    """Store a new client; its `number` is given by the database and ignored here."""
    tx.run(
        """
        INSERT INTO client (client_id, secret_hash, account, name, scopes, created)
        VALUES (:client_id, :secret_hash, :account, :name, :scopes, :created)
        """,
        client_id=client.client_id,
        secret_hash=client.secret_hash,
        account=client.account,
        name=client.name,
        scopes=" ".join(client.scopes),
        created=client.created,
    )


def find_client(tx: Tx, client_id: str) -> Client | None:
    """Find a client that was not revoked."""
    row = tx.one(f"SELECT {_CLIENT} FROM client WHERE client_id = :client_id AND revoked IS NULL", client_id=client_id)
    return None if row is None else _client(row)


def renew_client(tx: Tx, client_id: str, secret_hash: str, account: int, scopes: tuple[str, ...]) -> int:
    """Set secret, business unit and scopes of a client, revoked or not; returns how many rows there were, 0 or 1."""
    return tx.run(
        """
        UPDATE client SET secret_hash = :secret_hash, account = :account, scopes = :scopes, revoked = NULL
        WHERE client_id = :client_id
        """,
        client_id=client_id,
        secret_hash=secret_hash,
        account=account,
        scopes=" ".join(scopes),
    )


def clients(tx: Tx, limit: int, offset: int) -> tuple[int, list[Client]]:
    """Count the clients that were not revoked, and give one page of them, oldest first."""
    total = tx.one("SELECT count(*) FROM client WHERE revoked IS NULL")
    rows = tx.rows(
        f"SELECT {_CLIENT} FROM client WHERE revoked IS NULL ORDER BY number LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
    )
    return (total[0] if total else 0), [_client(row) for row in rows]


def revoke_client(tx: Tx, client: Client, now: int) -> None:
    """End a client at `now` and drop its tokens."""
    tx.run("UPDATE client SET revoked = :now WHERE number = :number", now=now, number=client.number)
    tx.run("DELETE FROM token WHERE client = :number", number=client.number)


def add_token(tx: Tx, digest: str, client: Client, scopes: tuple[str, ...], expires: int) -> None:
    """Store an access token as its digest; `expires` in ms of real time."""
    tx.run(
        """
        INSERT INTO token (digest, client, account, scopes, expires)
        VALUES (:digest, :client, :account, :scopes, :expires)
        """,
        digest=digest,
        client=client.number,
        account=client.account,
        scopes=" ".join(scopes),
        expires=expires,
    )


def find_grant(tx: Tx, digest: str, real_now: int) -> Grant | None:
    """Find what a token stands for, unless it has expired or its client was revoked."""
    row = tx.one(
        """
        SELECT t.account, c.client_id, c.number, t.scopes, t.expires
        FROM token t JOIN client c ON c.number = t.client
        WHERE t.digest = :digest AND t.expires > :now AND c.revoked IS NULL
        """,
        digest=digest,
        now=real_now,
    )
    return None if row is None else Grant(row[0], row[1], row[2], tuple(row[3].split()), row[4])


def drop_expired_tokens(tx: Tx, real_now: int) -> int:
    """Forget tokens that have expired; returns how many."""
    return tx.run("DELETE FROM token WHERE expires <= :now", now=real_now)


@dataclass(frozen=True, slots=True)
class User:
    """Who stands behind a number on the wire: an API client, revoked ones included; times in ms UTC."""

    number: int
    name: str
    created: int
    revoked: int | None


def users(tx: Tx, account: int, after: int) -> list[User]:
    """Everybody of a business unit whose number is greater than `after`, by number."""
    rows = tx.rows(
        "SELECT number, name, created, revoked FROM client"
        " WHERE account = :account AND number > :after ORDER BY number",
        account=account,
        after=after,
    )
    return [User(*row) for row in rows]


def business_unit_created(tx: Tx, account: int) -> int | None:
    """When a business unit was made, in ms UTC; None if there is none."""
    row = tx.one("SELECT created FROM business_unit WHERE account = :account", account=account)
    return None if row is None else int(row[0])
