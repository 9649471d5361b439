"""The journey map of a business unit: read, and replaced as a whole (api.md 5.5, D-42)."""

from __future__ import annotations

from typing import Any

from waystage.store import audit, journey_maps
from waystage.store.audit import Kind
from waystage.store.journey_maps import JourneyMap
from waystage.store.sql import Tx

#: What the server owns: never taken from a body.
SERVER_OWNED = frozenset({"createddate", "modifieddate"})


def read(tx: Tx, account: int) -> JourneyMap | None:
    """The map, None if none was ever set."""
    return journey_maps.find(tx, account)


def save(tx: Tx, account: int, body: dict[str, Any], now: int) -> JourneyMap:
    """Put the document in place of the former one; the same one again changes nothing."""
    document = {name: value for name, value in body.items() if name.lower() not in SERVER_OWNED}
    before = journey_maps.find(tx, account)
    if before is not None and before.document == document:
        return before
    after = JourneyMap(document, now if before is None else before.created, now)
    journey_maps.put(tx, account, after)
    changed = audit.changed(before.document if before is not None else {}, document)
    audit.record(tx, account, Kind.MAP, "Create" if before is None else "Modify", "", "", changed=changed)
    return after
