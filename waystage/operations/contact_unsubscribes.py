"""What a contact does not want to get any more, seen and changed by its key (contract 25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.ground.errors import ContactNotFound
from waystage.operations.body_check import BodyCheck
from waystage.plan.suppression import ALL_LISTS, EMAIL
from waystage.store import contacts, unsubscribes
from waystage.store.contacts import Contact
from waystage.store.sql import Tx
from waystage.store.unsubscribes import Unsubscribe

LARGEST_LIST = 2**53
_LONGEST_CHANNEL = 50


def read(body: Mapping[str, Any], now: int) -> Unsubscribe:
    """The wish of a body, by default nothing more by e-mail; ValidationErrors."""
    check = BodyCheck(body)
    list_id = check.whole("publicationListId", 0, LARGEST_LIST)
    channel = check.text("channel", longest=_LONGEST_CHANNEL)
    check.settle()
    return Unsubscribe((channel or "").strip().casefold() or EMAIL, list_id or ALL_LISTS, now)


def add(tx: Tx, account: int, contact_key: str, wish: Unsubscribe) -> list[Unsubscribe]:
    """Keep a wish; every wish of the contact. ContactNotFound."""
    found = _contact(tx, account, contact_key)
    unsubscribes.add(tx, found.lane, found.number, wish)
    return unsubscribes.of_contact(tx, found.lane, found.number)


def collect(tx: Tx, account: int, contact_key: str) -> list[Unsubscribe]:
    """Every wish of a contact; ContactNotFound."""
    found = _contact(tx, account, contact_key)
    return unsubscribes.of_contact(tx, found.lane, found.number)


def remove(tx: Tx, account: int, contact_key: str, channel: str | None, list_id: int | None) -> list[Unsubscribe]:
    """Let the contact be written to again, by one channel or list or by all; the wishes that are left.

    ContactNotFound.
    """
    found = _contact(tx, account, contact_key)
    unsubscribes.remove(tx, found.lane, found.number, channel, list_id)
    return unsubscribes.of_contact(tx, found.lane, found.number)


def _contact(tx: Tx, account: int, contact_key: str) -> Contact:
    found = contacts.find(tx, account, [contact_key]).get(contact_key)
    if found is None or found.deleted is not None:
        raise ContactNotFound
    return found
