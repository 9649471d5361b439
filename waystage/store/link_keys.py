"""The key that the public links of messages are signed with: drawn once for each database (design 8.15)."""

from __future__ import annotations

from waystage.store.sql import Tx


def ensure(tx: Tx, drawn: bytes) -> bytes:
    """The key of this database; `drawn` becomes it if there is none yet, whoever else tries at the same time."""
    tx.run(
        "INSERT INTO link_key (number, secret) VALUES (1, :secret) ON CONFLICT (number) DO NOTHING", secret=drawn.hex()
    )
    row = tx.one("SELECT secret FROM link_key WHERE number = 1")
    return bytes.fromhex(row[0]) if row is not None else drawn
