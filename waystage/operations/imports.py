"""Imports as callers see them: begun, gone on with, read (contract, our resources; 20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from waystage.ground.errors import (
    AlreadyExists,
    DataExtensionNotFound,
    ImportNotFound,
    InvalidTransition,
    MissingValue,
    ValueNotAllowed,
)
from waystage.operations.import_contacts import ContactTarget
from waystage.operations.import_events import find_target
from waystage.operations.import_rows import RowTarget
from waystage.operations.run_import import Target
from waystage.store import audit, data_extensions, imports
from waystage.store.audit import Kind
from waystage.store.imports import Import, RefusedRow
from waystage.store.sql import Tx

CONTACTS, ROWS, EVENTS = "contacts", "dataExtension", "event"
RUNNING, INTERRUPTED, FAILED = "Running", "Interrupted", "Failed"
COMPLETE, WITH_ERRORS = "Complete", "CompleteWithErrors"


@dataclass(frozen=True, slots=True)
class Named:
    """What an import loads: contacts, or the data extension or event definition with this key."""

    kind: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}" if self.key else self.kind


def read_name(text: str | None) -> Named:
    """Read `contacts`, `dataExtension:{key}` or `event:{eventDefinitionKey}`; MissingValue, ValueNotAllowed."""
    if not text:
        raise MissingValue("The query parameter target is required.")
    word, _, key = text.partition(":")
    kind = next((kind for kind in (CONTACTS, ROWS, EVENTS) if kind.casefold() == word.strip().casefold()), None)
    if kind is None or bool(key) is (kind == CONTACTS):
        raise ValueNotAllowed("target must be contacts, dataExtension:{key} or event:{eventDefinitionKey}.")
    return Named(kind, key)


def find_goal(tx: Tx, account: int, name: Named, now: int, offset: int) -> Target:
    """What is to be loaded, as it is now; DataExtensionNotFound, ValueNotAllowed. `now` is journey time."""
    if name.kind == CONTACTS:
        return ContactTarget(account, data_extensions.sendable(tx, account), now, offset)
    if name.kind == EVENTS:
        return find_target(tx, account, name.key, now, offset)
    extension = data_extensions.find_by_key(tx, account, name.key) or data_extensions.find(tx, account, name.key)
    if extension is None:
        raise DataExtensionNotFound
    return RowTarget(account, extension, now, offset)


def begin(
    tx: Tx, account: int, guid: str, name: Named, form: str, now: int, offset: int, real_now: int
) -> tuple[Import, Target]:
    """Begin an import, or go on with one that did not come to its end; AlreadyExists, InvalidTransition."""
    goal = find_goal(tx, account, name, now, offset)
    found = imports.find(tx, account, guid)
    if found is None:
        made = Import(0, account, guid, name.kind, name.key, form, RUNNING, 1, 0, 0, "", real_now, real_now, None)
        imports.add(tx, made)
        audit.record(tx, account, Kind.IMPORT, "Begin", guid, str(name), format=form)
        return read(tx, account, guid), goal
    if Named(found.kind, found.target.casefold()) != Named(name.kind, name.key.casefold()):
        raise InvalidTransition(f"The import {guid} loads {Named(found.kind, found.target)}, not {name}.")
    if found.status in {COMPLETE, WITH_ERRORS}:
        raise AlreadyExists(f"The import {guid} is complete.")
    again = replace(found, status=RUNNING, attempt=found.attempt + 1, format=form, changed=real_now)
    imports.begin_anew(tx, again)
    audit.record(tx, account, Kind.IMPORT, "Resume", guid, str(name), format=form)
    return again, goal


def read(tx: Tx, account: int, guid: str) -> Import:
    """One import; ImportNotFound."""
    found = imports.find(tx, account, guid)
    if found is None:
        raise ImportNotFound
    return found


def collect(tx: Tx, account: int, kinds: Sequence[str], limit: int, offset: int) -> tuple[int, list[Import]]:
    """How many imports of these kinds there are, and one page of them, the newest first."""
    return imports.page(tx, account, kinds, limit, offset)


def refused(tx: Tx, account: int, guid: str, limit: int, offset: int) -> tuple[int, list[RefusedRow]]:
    """How many refused rows are kept, and some of them; ImportNotFound."""
    return imports.refused_rows(tx, read(tx, account, guid), limit, offset)
