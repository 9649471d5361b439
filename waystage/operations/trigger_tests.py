"""Trying an event definition out on a few contacts: a rehearsal of the version that it starts (api.md 5.7, D-44).

An operation has three parts, so that no transaction is open while the rehearsal runs: what is to be run is read, it is
run, and its report is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from waystage.ground.errors import (
    AlreadyExists,
    InteractionNotFound,
    MissingValue,
    TriggerTestNotFound,
    ValidationErrors,
    ValueNotAllowed,
    WaystageError,
    WrongType,
)
from waystage.ground.ids import new_guid
from waystage.operations import definitions_copy, fire_event, read_events
from waystage.operations.body_check import BodyCheck, as_object
from waystage.operations.follow_contacts import Entrant, Followed, Report, encoded, read_report
from waystage.plan.compile import Kinds
from waystage.spec.document import parse
from waystage.store import audit, event_definitions, listening, trigger_tests, versions
from waystage.store.audit import Kind
from waystage.store.event_definitions import EventDefinition
from waystage.store.sql import Tx
from waystage.store.trigger_tests import TriggerTest
from waystage.store.versions import Selector, Version

MOST_CONTACTS = 10
_LAST_VERSION = 2**31 - 1
_TESTABLE = frozenset({"Draft", "Published", "Paused", "Unpublished"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose event definition is tested from when on (ms of journey time), and what a rehearsal needs besides."""

    account: int
    event_id: str
    now: int
    kinds: Kinds
    offset: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A test with its report still to come."""

    test: TriggerTest
    rehearsal: Followed


def prepare(tx: Tx, asked: Asked, body: object) -> Prepared:
    """A new test; EventDefinitionNotFound, AlreadyExists, ValidationErrors."""
    event = read_events.select(tx, asked.account, {"id": asked.event_id})
    if trigger_tests.find(tx, asked.account, event.number) is not None:
        raise AlreadyExists(_OPEN)
    given = as_object(body)
    check = BodyCheck(given)
    entrants = _entrants(tx, asked, event, check, required=True)
    version = _version(tx, event, check)
    check.settle()
    if version is None or entrants is None:  # settled above
        raise ValidationErrors([])
    test = TriggerTest(asked.account, event.number, new_guid(), version.number, "", asked.now)
    return _prepared(tx, asked, event, version, test, entrants)


def prepare_again(tx: Tx, asked: Asked, body: object) -> Prepared | TriggerTest:
    """The open test with other contacts, or as it is where none are given.

    TriggerTestNotFound, EventDefinitionNotFound, InteractionNotFound if the version is gone, ValidationErrors.
    """
    event = read_events.select(tx, asked.account, {"id": asked.event_id})
    test = trigger_tests.find(tx, asked.account, event.number)
    if test is None:
        raise TriggerTestNotFound
    check = BodyCheck(as_object(body))
    entrants = _entrants(tx, asked, event, check, required=False)
    check.settle()
    if entrants is None:
        return test
    version = versions.find_number(tx, test.version)
    if version is None or version.status not in _TESTABLE:
        raise InteractionNotFound
    return _prepared(tx, asked, event, version, test, entrants)


def keep(tx: Tx, prepared: Prepared, report: Report) -> TriggerTest:
    """Store a new test with its report; AlreadyExists if another was opened meanwhile."""
    test = replace(prepared.test, report=encoded(report))
    if not trigger_tests.add(tx, test):
        raise AlreadyExists(_OPEN)
    _note(tx, test, "Create")
    return test


def keep_again(tx: Tx, prepared: Prepared, report: Report) -> TriggerTest:
    """Store what the other contacts have shown; TriggerTestNotFound if the test was deleted meanwhile."""
    test = replace(prepared.test, report=encoded(report))
    if not trigger_tests.replace(tx, test):
        raise TriggerTestNotFound
    _note(tx, test, "Modify")
    return test


def _note(tx: Tx, test: TriggerTest, action: str) -> None:
    event = event_definitions.find_number(tx, test.event_definition)
    audit.record(tx, test.account, Kind.TRIGGER_TEST, action, test.guid, event.key if event is not None else "")


def remove(tx: Tx, account: int, event_id: str) -> None:
    """End the open test; TriggerTestNotFound, EventDefinitionNotFound."""
    event = read_events.select(tx, account, {"id": event_id})
    test = trigger_tests.find(tx, account, event.number)
    if test is None or not trigger_tests.remove(tx, account, event.number):
        raise TriggerTestNotFound
    _note(tx, test, "Delete")


def forget(tx: Tx, account: int, contact_keys: Collection[str]) -> None:
    """Take deleted contacts out of every report (contract 17)."""
    for test in trigger_tests.of_account(tx, account):
        report = read_report(test.report)
        kept = [one for one in report.contacts if one.contact_key not in contact_keys]
        if len(kept) < len(report.contacts):
            report.contacts = kept
            trigger_tests.replace(tx, replace(test, report=encoded(report)))


_OPEN = "A trigger test of this event definition is open. Delete it first."


def _prepared(
    tx: Tx, asked: Asked, event: EventDefinition, version: Version, test: TriggerTest, entrants: Sequence[Entrant]
) -> Prepared:
    definitions = definitions_copy.read(tx, version, [one.contact_key for one in entrants])
    rehearsal = Followed(definitions, event.key, tuple(entrants), asked.now, asked.kinds, asked.offset)
    return Prepared(test, rehearsal)


def _version(tx: Tx, event: EventDefinition, check: BodyCheck) -> Version | None:
    """The version that the body names, or the one that the event starts; it must be started by the event."""
    definition_id, key = check.text("definitionId"), check.text("key")
    number = check.whole("versionNumber", 1, _LAST_VERSION)
    if definition_id:
        name, found = "definitionId", versions.find(tx, event.account, Selector("id", definition_id), number)
    elif key:
        name, found = "key", versions.find(tx, event.account, Selector("key", key), number)
    else:
        newest = listening.newest_version(tx, event.account, event.number)
        name, found = "definitionId", versions.find_number(tx, newest) if newest is not None else None
        if found is None:
            check.refuse(MissingValue("definitionId is required: no journey is started by this event definition."))
            return None
    if found is None or found.status not in _TESTABLE:
        check.refuse(ValueNotAllowed(f"{name} names no version that is a Draft or running."))
    elif not _is_started_by(found, event):
        check.refuse(ValueNotAllowed(f"{name} names a version that this event definition does not start."))
    return found


def _is_started_by(version: Version, event: EventDefinition) -> bool:
    journey = parse(version.document)
    if journey.trigger is None:
        return False
    names = {("id", event.guid), ("key", event.key.casefold())}
    return any((one.by, one.text.casefold()) in names for one in journey.references_of(journey.trigger))


def _entrants(
    tx: Tx, asked: Asked, event: EventDefinition, check: BodyCheck, *, required: bool
) -> list[Entrant] | None:
    """The contacts of a body, each as an event of the definition would have it; faults are noted in `check`."""
    listed = check.items_of("contacts", required=required)
    if listed is None:
        return None
    if not 1 <= len(listed) <= MOST_CONTACTS:
        check.refuse(ValueNotAllowed(f"contacts must list 1 to {MOST_CONTACTS} contacts, not {len(listed)}."))
        return None
    form = fire_event.find_form(tx, asked.account, event.key, asked.offset)
    entrants: list[Entrant] = []
    for place, raw in enumerate(listed):
        entrant = _entrant(raw, f"contacts[{place}]", check)
        if entrant is not None:
            _accept(form, entrant, f"contacts[{place}]", check)
            if any(entrant.contact_key == other.contact_key for other in entrants):
                check.refuse(ValueNotAllowed(f"contacts[{place}].contactKey stands twice."))
            entrants.append(entrant)
    return entrants


def _entrant(raw: Any, place: str, check: BodyCheck) -> Entrant | None:
    if not isinstance(raw, Mapping):
        check.refuse(WrongType(f"{place} must be an object."))
        return None
    inner = BodyCheck(raw, f"{place}.", check.items)
    key, data = inner.text("contactKey", required=True), inner.members("data")
    return Entrant(key, data or {}) if key is not None else None


def _accept(form: fire_event.EventForm, entrant: Entrant, place: str, check: BodyCheck) -> None:
    try:
        fire_event.accept(form, entrant.contact_key, entrant.data)
    except WaystageError as error:
        check.refuse(type(error)(f"{place}: {error.message}"))
