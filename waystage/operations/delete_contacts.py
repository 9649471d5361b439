"""Deleting contacts: their data goes at once, their passages as soon as the engine comes to it (contract 17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.ground.errors import MissingValue, ValueNotAllowed, WrongFormat, WrongType
from waystage.ground.ids import InboxNumbers
from waystage.operations import trigger_tests
from waystage.operations.body_check import BodyCheck
from waystage.operations.write_rows import LONGEST_CONTACT_KEY
from waystage.store import audit, erasure, event_requests, exits, row_requests
from waystage.store.audit import Kind
from waystage.store.exits import Ask
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx

#: Contacts that one call may name: each is a few statements of one transaction, and others wait meanwhile.
MOST = 1_000
#: The only kind of deletion there is: the contact with everything that is known of it.
OPERATION = "ContactAndAttributes"


def read_keys(body: Mapping[str, Any]) -> list[str]:
    """The contact keys of a body, each once; ValidationErrors."""
    check = BodyCheck(body)
    check.choice("DeleteOperationType", (OPERATION,))
    values = check.items_of("values", required=True)
    if values is not None:
        _check_keys(check, values)
    check.settle()
    return list(dict.fromkeys(values or ()))


def _check_keys(check: BodyCheck, values: list[Any]) -> None:
    if not 1 <= len(values) <= MOST:
        check.refuse(ValueNotAllowed(f"values must name 1 to {MOST} contact keys, not {len(values)}."))
        return
    for place, key in enumerate(values):
        path = f"values[{place}]"
        if not isinstance(key, str):
            check.refuse(WrongType(f"{path} must be text."))
        elif not key.strip():
            check.refuse(MissingValue(f"{path} must be a contact key."))
        elif len(key) > LONGEST_CONTACT_KEY:
            check.refuse(ValueNotAllowed(f"{path} must not be longer than {LONGEST_CONTACT_KEY} characters."))
        elif "\0" in key:
            check.refuse(WrongFormat(f"{path} must not contain the character U+0000."))


def delete_contacts(tx: Tx, account: int, contact_keys: list[str], numbers: InboxNumbers, now: int) -> None:
    """Delete contacts and tell their lanes. A key that is not known changes nothing."""
    audit.record(tx, account, Kind.CONTACT_DELETION, "Request", "", "", contacts=len(contact_keys))
    erasure.bury(tx, account, contact_keys, now)
    trigger_tests.forget(tx, account, frozenset(contact_keys))
    event_requests.forget_contacts(tx, account, contact_keys)
    row_requests.forget_contacts(tx, account, contact_keys)
    exits.ask(tx, InboxKind.DELETE, [Ask(account, 0, key) for key in contact_keys], numbers)
