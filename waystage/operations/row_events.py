"""Events that rows fire when they are written through the API (journey-spec 2.2, ContactEvent)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from waystage.ground.ids import InboxNumbers
from waystage.store import at_once, contact_events, exits, inbox, rows
from waystage.store.data_extensions import DataExtension
from waystage.store.inbox import InboxKind, InboxRow
from waystage.store.sql import Tx


@dataclass(slots=True)
class RowEvents:
    """Where the events of one call get their ids; `fired` tells whether the engine has something to take in."""

    numbers: InboxNumbers
    fired: bool = False

    def changed(self, tx: Tx, account: int, contact_keys: Iterable[str]) -> None:
        """The data of these contacts have changed: goals and exits that act at once are to look at them."""
        keys = sorted(set(contact_keys))
        if keys and at_once.is_watched(tx, account):
            exits.ask(tx, InboxKind.CHANGED, [exits.Ask(account, 0, key) for key in keys], self.numbers)
            self.fired = True

    def fire(self, tx: Tx, account: int, extension: DataExtension, written: Mapping[str, str | None]) -> None:
        """Append an event for each written row, by key and contact key, and each definition that is listened to."""
        holders = {key: contact_key for key, contact_key in written.items() if contact_key is not None}
        self.changed(tx, account, holders.values())
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
