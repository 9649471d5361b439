"""What became of contacts that were to leave journeys: derived from what waits and from what history holds (D-54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from waystage.ground import ids
from waystage.operations.exit_contacts import IGNORED, Status, Wanted, versions_of
from waystage.store import contacts, exits
from waystage.store.exits import Passage
from waystage.store.sql import Tx
from waystage.store.versions import Version

RECEIVED = "Exit request received for processing"
COMPLETED = "Exit process Completed."


def statuses(tx: Tx, account: int, wanted: Sequence[Wanted]) -> list[list[Status]]:
    """For each of these, how far it has come.

    A contact that is inside although nothing waits to be done was not asked to leave: it has no status at all.
    """
    return [_status(tx, account, one) for one in wanted]


def _status(tx: Tx, account: int, one: Wanted) -> list[Status]:
    known = versions_of(tx, account, one.journey_key)
    if not known:
        return [Status(version, IGNORED) for version in one.versions or (0,)]
    journey = next(iter(known.values())).journey
    lane = ids.lane_of(account, one.contact_key, tx.lanes)
    contact = contacts.find(tx, account, [one.contact_key]).get(one.contact_key)
    numbers = [] if contact is None else [contact.number]
    inside = [found for found in exits.inside(tx, lane, numbers) if found.journey == journey]
    counts = {version.number: version.version for version in known.values()}
    if exits.is_asked(tx, account, one.contact_key, journey):
        return [Status(version, RECEIVED) for version in one.versions or _versions(inside, counts) or [max(known)]]
    left = exits.ejected(tx, account, one.contact_key, journey)
    found = [
        Status(counts[passage.version], COMPLETED, ids.guid_of("instance", lane, passage.instance))
        for passage in left
        if counts.get(passage.version, 0) in (one.versions or counts.values())
    ]
    return found + _without_passage(one, known, found, _versions(inside, counts))


def _versions(inside: Sequence[Passage], counts: Mapping[int, int]) -> list[int]:
    return sorted({counts[passage.version] for passage in inside if passage.version in counts})


def _without_passage(
    one: Wanted, known: Mapping[int, Version], found: Sequence[Status], inside: Sequence[int]
) -> list[Status]:
    """Versions in which the contact is not, and out of which nobody had to be taken: that is done as well."""
    named = {status.version for status in found}
    if one.versions:
        return [
            Status(version, COMPLETED if version in known else IGNORED)
            for version in one.versions
            if version not in named and version not in inside
        ]
    return [] if found or inside else [Status(max(known), COMPLETED)]
