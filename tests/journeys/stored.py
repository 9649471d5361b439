"""What a run has left in the database."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from waystage.store.database import Database
from waystage.store.sql import Tx


@dataclass(frozen=True)
class Stored:
    """Rows of data extensions by extension id and contact key, counters by (activity, name)."""

    rows: dict[str, dict[str, dict[str, Any]]]
    counts: dict[tuple[int, str], int]


def stored(database_url: str) -> Stored:
    """Read everything."""
    database = Database(database_url)
    try:
        return database.read(_stored).result()
    finally:
        database.close()


def _stored(tx: Tx) -> Stored:
    rows: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for guid, contact, data in tx.rows(
        f"SELECT e.guid, c.key, {tx.dialect.json_out('r.data')} FROM row r"
        " JOIN data_extension e ON e.number = r.extension JOIN contact c ON c.lane = r.lane AND c.contact = r.contact"
    ):
        assert contact not in rows[guid], f"{contact} has two rows"
        rows[guid][contact] = json.loads(data)
    counts = {
        (activity, name): int(n)
        for activity, name, n in tx.rows("SELECT activity, name, sum(n) FROM counter GROUP BY activity, name")
    }
    return Stored(dict(rows), counts)
