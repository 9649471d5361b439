"""Which journeys contacts are inside of (api.md 8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waystage.store import contacts, exits
from waystage.store.sql import Tx

#: Contacts that one call may name (api.md 8.3).
MOST = 50


class Membership(NamedTuple):
    """A contact is inside of a version, once or several times."""

    contact_key: str
    journey_key: str
    version: int


def memberships(tx: Tx, account: int, contact_keys: Sequence[str]) -> tuple[list[Membership], list[str]]:
    """Where these contacts are, in running and paused journeys; and the keys of which there is no contact."""
    keys = list(dict.fromkeys(contact_keys))
    known = contacts.find(tx, account, keys)
    missing = [key for key in keys if key not in known or known[key].deleted is not None]
    inside = [
        passage
        for lane, wanted in contacts.keys_by_lane(account, [key for key in keys if key not in missing], tx.lanes)
        for passage in exits.inside(tx, lane, [known[key].number for key in wanted])
    ]
    running = exits.running(tx, {passage.version for passage in inside})
    found = {
        Membership(passage.contact_key, *running[passage.version]) for passage in inside if passage.version in running
    }
    return sorted(found, key=lambda one: (keys.index(one.contact_key), one.journey_key, one.version)), missing
