"""Asking for contacts to be taken out of journeys; the engine does it (api.md 8.1, journey-spec 8.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from waystage.ground.errors import ValueNotAllowed, WrongType
from waystage.ground.ids import InboxNumbers
from waystage.operations.body_check import BodyCheck
from waystage.operations.write_rows import LONGEST_CONTACT_KEY
from waystage.store import audit, exits, versions
from waystage.store.audit import Kind
from waystage.store.exits import Ask
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

#: Contacts that one call may name (D-54).
MOST = 50

IGNORED = "Exit request Ignored - Invalid Interaction Name."


class Wanted(NamedTuple):
    """One contact that is to leave a journey; no versions mean all of them."""

    contact_key: str
    journey_key: str
    versions: tuple[int, ...]


class Status(NamedTuple):
    """What became of it in one version, 0 where none can be named; `instance` is the GUID of an ejected passage."""

    version: int
    message: str
    instance: str | None = None


def read_wanted(items: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """The members of the body; ValidationErrors names every one that is wrong."""
    checks = [BodyCheck(item, f"[{place}].") for place, item in enumerate(items)]
    found = [_read(check) for check in checks]
    whole = BodyCheck({}, items=[error for check in checks for error in check.items])
    whole.settle()
    return found


def _read(check: BodyCheck) -> Wanted:
    contact = check.text("ContactKey", required=True, longest=LONGEST_CONTACT_KEY)
    journey = check.text("DefinitionKey", required=True)
    listed = check.items_of("Versions") or []
    for version in listed:
        if isinstance(version, bool) or not isinstance(version, int):
            check.refuse(WrongType(f"{check.path('Versions')} must be an array of whole numbers."))
            break
        if not 1 <= version < 2**31:
            check.refuse(ValueNotAllowed(f"{check.path('Versions')}: versions are counted from 1."))
            break
    return Wanted(contact or "", journey or "", tuple(listed))


def exit_contacts(
    tx: Tx, account: int, wanted: Sequence[Wanted], numbers: InboxNumbers
) -> list[tuple[Wanted, list[Status]]]:
    """Tell the lanes of these contacts; returns what cannot be done.

    A contact that is not there has left already, which is no error (D-54).
    """
    refused: list[tuple[Wanted, list[Status]]] = []
    asked: list[Ask] = []
    journeys: set[str] = set()
    for one in wanted:
        known = versions_of(tx, account, one.journey_key)
        unknown = [version for version in one.versions if version not in known]
        if unknown or not known:
            refused.append((one, [Status(version, IGNORED) for version in unknown or one.versions or (0,)]))
        chosen = [known[version] for version in one.versions if version in known]
        if known and (chosen or not one.versions):
            journey = next(iter(known.values())).journey
            data = {"versions": [version.number for version in chosen] if one.versions else None}
            journeys.add(next(iter(known.values())).key)
            asked.append(Ask(account, journey, one.contact_key, msgspec.json.encode(data).decode()))
    if asked:
        exits.ask(tx, InboxKind.EXIT, asked, numbers)
        details = {"contacts": len(asked), "journeys": sorted(journeys)}
        audit.record(tx, account, Kind.CONTACT_EXIT, "Request", "", "", **details)
    return refused


def versions_of(tx: Tx, account: int, journey_key: str) -> dict[int, Version]:
    """The versions of a journey by their count, the newest first; none where no journey has the key."""
    journey = versions.find_journey(tx, account, Selector("key", journey_key))
    return {one.version: one for one in versions.of_journey(tx, journey.number)} if journey is not None else {}
