"""What `waystage doctor` reads: signs of trouble, each found by index or in a small table."""

from __future__ import annotations

from waystage.store.keys import SigningKey
from waystage.store.sql import Tx

#: Rows that are counted at most: a report says that there are many, not how many.
MOST = 1_000


def applied(tx: Tx) -> dict[int, str]:
    """The schema files that were applied, by number; none in an empty database."""
    if tx.one(f"SELECT 1 FROM ({tx.dialect.tables()}) t WHERE t.name = 'migration'") is None:
        return {}
    return dict(tx.rows("SELECT number, name FROM migration"))


def hops(tx: Tx) -> int:
    """How many hops were ever written."""
    row = tx.one("SELECT sum(hops) FROM lease")
    return int(row[0] or 0) if row else 0


def failed_sends(tx: Tx, since: int) -> int:
    """Messages that have failed for good since an instant of journey time, counted up to MOST."""
    row = tx.one(
        "SELECT count(*) FROM (SELECT 1 AS one FROM lease l"
        " JOIN receipt r ON r.lane = l.lane AND r.at >= :since AND r.status = 'failed' LIMIT :most) f",
        since=since, most=MOST,
    )  # fmt: skip
    return int(row[0]) if row else 0


def retries_before(tx: Tx, before: int) -> int:
    """Messages whose next attempt was due before a real instant, counted up to MOST."""
    row = tx.one(
        "SELECT count(*) FROM (SELECT 1 AS one FROM retry WHERE due < :before LIMIT :most) r", before=before, most=MOST
    )
    return int(row[0]) if row else 0


def jobs_before(tx: Tx, before: int) -> list[str]:
    """Publish and validate jobs that were asked for before an instant and have not ended."""
    rows = tx.rows("SELECT id FROM job WHERE ended IS NULL AND created < :before ORDER BY created, id", before=before)
    return [row[0] for row in rows]


def row_requests_before(tx: Tx, before: int) -> list[str]:
    """Requests for rows that came before an instant of journey time and are not complete."""
    rows = tx.rows(
        "SELECT guid FROM row_request WHERE completed IS NULL AND called < :before ORDER BY called, guid", before=before
    )
    return [row[0] for row in rows]


def simulations_before(tx: Tx, before: int) -> list[str]:
    """Simulations that were asked for before an instant of journey time and are not over."""
    rows = tx.rows(
        "SELECT guid FROM simulation WHERE ended IS NULL AND created < :before ORDER BY created, guid", before=before
    )
    return [row[0] for row in rows]


def imports_before(tx: Tx, before: int) -> list[str]:
    """Imports that are not complete and have not moved on since a real instant."""
    rows = tx.rows(
        "SELECT guid FROM import WHERE completed IS NULL AND changed < :before ORDER BY changed, guid", before=before
    )
    return [row[0] for row in rows]


def some_keys(tx: Tx) -> list[SigningKey]:
    """The signing keys that were stored last, a few of them."""
    rows = tx.rows("SELECT account, key, sealed, created, modified FROM signing_key ORDER BY modified DESC LIMIT 5")
    return [SigningKey(*row) for row in rows]
