"""What a run has left in the database."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tests.invariants.base import AtRest, at_rest


@dataclass(frozen=True)
class Stored:
    """Rows of data extensions by extension id and contact key, counters by (activity, name)."""

    rows: dict[str, dict[str, dict[str, Any]]]
    counts: dict[tuple[int, str], int]


def stored(database_url: str) -> Stored:
    """Read everything."""
    with at_rest(database_url) as base:
        return _stored(base)


def _stored(base: AtRest) -> Stored:
    rows: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for guid, contact, data in base.rows(
        f"SELECT e.guid, c.key, {base.dialect.json_out('r.data')} FROM row r"
        " JOIN data_extension e ON e.number = r.extension JOIN contact c ON c.lane = r.lane AND c.contact = r.contact"
    ):
        assert contact not in rows[guid], f"{contact} has two rows"
        rows[guid][contact] = json.loads(data)
    counts = {
        (activity, name): int(n)
        for activity, name, n in base.rows("SELECT activity, name, sum(n) FROM counter GROUP BY activity, name")
    }
    return Stored(dict(rows), counts)
