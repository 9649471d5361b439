"""Events that rows fire when they are written through the API (journey-spec 2.2, ContactEvent)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from waystage.ground.ids import InboxNumbers
from waystage.store import contact_events, inbox, rows
from waystage.store.data_extensions import DataExtension
from waystage.store.inbox import InboxRow
from waystage.store.sql import Tx


@dataclass(slots=True)
class RowEvents:
    """Where the events of one call get their ids; `fired` tells whether the engine has something to take in."""

    numbers: InboxNumbers
    fired: bool = False

    def fire(self, tx: Tx, account: int, extension: DataExtension, written: Mapping[str, str | None]) -> None:
        """Append an event for each written row, by key and contact key, and each definition that is listened to."""
        holders = {key: contact_key for key, contact_key in written.items() if contact_key is not None}
        definitions = contact_events.of_extension(tx, account, extension.number) if holders else []
        if not definitions:
            return
        stored = rows.stored(tx, account, extension, holders)
        found = [
            (definition, holders[key], key, msgspec.json.encode(stored[key]).decode())
            for key in holders
            if key in stored
            for definition in definitions
        ]
        numbers = self.numbers.take(len(found))
        inbox.append(tx, [InboxRow(number, account, *one) for number, one in zip(numbers, found, strict=True)])
        self.fired = True
