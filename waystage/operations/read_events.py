"""Reading event definitions together with their data extension and the journeys that use them (api.md 6.4, 6.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from waystage.ground.errors import EventDefinitionNotFound
from waystage.store import data_extensions, event_definitions, listening
from waystage.store.data_extensions import DataExtension
from waystage.store.event_definitions import EventDefinition
from waystage.store.listening import Uses
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class EventView:
    """An event definition as callers see it; the data extension is None after it was deleted."""

    definition: EventDefinition
    extension: DataExtension | None
    uses: Uses


def select(tx: Tx, account: int, selector: Mapping[str, str]) -> EventDefinition:
    """The definition that a path names by `key` or `id`; EventDefinitionNotFound."""
    if "key" in selector:
        found = event_definitions.find_by_key(tx, account, selector["key"])
    else:
        found = event_definitions.find(tx, account, selector["id"])
    if found is None:
        raise EventDefinitionNotFound
    return found


def views(tx: Tx, account: int, definitions: Sequence[EventDefinition]) -> list[EventView]:
    """These definitions with what belongs to them."""
    uses = listening.counts(tx, account, [definition.number for definition in definitions])
    extensions = data_extensions.find_numbers(tx, account, [definition.data_extension for definition in definitions])
    return [
        EventView(definition, extensions.get(definition.data_extension), uses[definition.number])
        for definition in definitions
    ]


def view(tx: Tx, definition: EventDefinition) -> EventView:
    """One definition with what belongs to it."""
    return views(tx, definition.account, [definition])[0]


def read(tx: Tx, account: int, selector: Mapping[str, str]) -> EventView:
    """The definition that a path names; EventDefinitionNotFound."""
    return view(tx, select(tx, account, selector))


def list_all(tx: Tx, account: int, name: str, limit: int, offset: int) -> tuple[int, list[EventView]]:
    """How many definitions have `name` in their names, and one page of them, last modified first."""
    count, definitions = event_definitions.search(tx, account, name, limit, offset)
    return count, views(tx, account, definitions)
