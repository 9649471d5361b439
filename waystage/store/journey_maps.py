"""The journey map of each business unit: one JSON document (api.md 5.5, D-42)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class JourneyMap:
    """A map; times in ms of journey time."""

    document: dict[str, Any]
    created: int
    modified: int


def find(tx: Tx, account: int) -> JourneyMap | None:
    """The map of a business unit, if one was ever set."""
    row = tx.one("SELECT document, created, modified FROM journey_map WHERE account = :account", account=account)
    return None if row is None else JourneyMap(msgspec.json.decode(row[0]), row[1], row[2])


def put(tx: Tx, account: int, found: JourneyMap) -> None:
    """Store a map in place of a former one."""
    tx.run(
        "INSERT INTO journey_map (account, document, created, modified)"
        " VALUES (:account, :document, :created, :modified)"
        " ON CONFLICT (account) DO UPDATE SET document = excluded.document, modified = excluded.modified",
        account=account, document=msgspec.json.encode(found.document).decode(), created=found.created,
        modified=found.modified,
    )  # fmt: skip
