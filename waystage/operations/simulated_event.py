"""An event definition that stands in the body of a simulation: defined there alone (contract 21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from waystage.operations import define_event, definitions_copy
from waystage.operations.definitions_copy import Definitions
from waystage.store.event_definitions import EventDefinition
from waystage.store.scratch import scratch_database
from waystage.store.sql import Tx


def with_event(copy: Definitions, body: Mapping[str, Any], now: int) -> tuple[Definitions, EventDefinition]:
    """The definitions with one more, instead of one with the same key; the refusals of `define_event.create`."""
    key = str(body.get("eventDefinitionKey") or "").casefold()
    others = replace(copy, events=tuple(one for one in copy.events if one.key.casefold() != key), people=())
    with scratch_database() as database:
        after = database.step(lambda tx: _define(tx, others, body, now))
    known = {one.guid: one.number for one in others.extensions}
    free = max(known.values(), default=0) + 1
    (made,) = [one for one in after.events if one.key.casefold() == key]
    own = next(one for one in after.extensions if one.number == made.data_extension)
    number = known.get(own.guid, free)
    more = () if own.guid in known else (replace(own, number=number),)
    event = replace(made, data_extension=number, number=max((one.number for one in copy.events), default=0) + 1)
    return replace(copy, events=(*others.events, event), extensions=(*copy.extensions, *more)), event


def _define(tx: Tx, others: Definitions, body: Mapping[str, Any], now: int) -> Definitions:
    version = definitions_copy.write(tx, others, now)
    define_event.create(tx, version.account, 0, dict(body), now=now)
    return definitions_copy.read(tx, version, ())
