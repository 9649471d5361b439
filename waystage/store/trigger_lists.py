"""The versions that an event definition starts."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from waystage.store.sql import Tx


class Started(NamedTuple):
    """A version that events of a definition start, or started when it ran; tests are counted apart (contract 26)."""

    version: int
    definition_id: str
    is_test: bool


def started_by(tx: Tx, event_definition: int) -> list[Started]:
    """Every version that was ever published with this event definition as its way in."""
    rows = tx.rows(
        "SELECT v.number, v.definition_id, v.document FROM version_event s JOIN version v ON v.number = s.version"
        " WHERE s.event_definition = :number AND s.enters = 1 AND v.published IS NOT NULL ORDER BY v.number",
        number=event_definition,
    )
    return [Started(number, definition_id, _is_test(document)) for number, definition_id, document in rows]


def _is_test(document: str) -> bool:
    return str(msgspec.json.decode(document).get("executionMode", "")).casefold() == "test"
