"""Creating and updating journey versions: what is refused, in which order, what a save completes (api.md 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waystage.ground import ids
from waystage.ground.errors import (
    AlreadyExists,
    InteractionNotFound,
    MalformedUpdate,
    MissingValue,
    NoChange,
    StaleVersion,
    StateConflict,
    ValidationErrors,
    ValueNotAllowed,
    WaystageError,
    WrongFormat,
    WrongType,
)
from waystage.spec.check import REQUIRED_TO_CREATE, REQUIRED_TO_UPDATE, SELECTING, check
from waystage.spec.document import complete, merge, parse, same, without_server_fields
from waystage.spec.moments import parse_date
from waystage.spec.problems import Finding
from waystage.store import audit, event_definitions, folders, listening, versions
from waystage.store.sql import Tx
from waystage.store.versions import Journey, Selector, Version

SINGLE_VERSION = frozenset({"Transactional", "Quicksend"})
_ERRORS: Mapping[str, type[WaystageError]] = {
    "missing": MissingValue,
    "type": WrongType,
    "value": ValueNotAllowed,
    "format": WrongFormat,
}


class Unchanged(NoChange):
    """NoChange of an update; `version` is what is stored."""

    def __init__(self, version: Version) -> None:
        """Keep the stored version, for answers that show it all the same (D-24)."""
        self.version = version
        super().__init__()


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves: business unit and user number; `offset` in minutes is the zone of dates without one."""

    account: int
    user: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Update:
    """What a PUT says beside its body: how the path names the journey (None: the body's key), `?versionNumber=`."""

    selector: Selector | None = None
    version_number: int | None = None
    require_modified_date: bool = True


def create(tx: Tx, author: Author, body: object, now: int) -> Version:
    """Store a new journey, or the next Draft of one; ValidationErrors, AlreadyExists (D-15 to D-18)."""
    raw = formed(body, REQUIRED_TO_CREATE, ValidationErrors)
    selector = Selector("key", raw["key"])
    journey = versions.find_journey(tx, author.account, selector)
    source = {}
    if journey is not None:
        stored = versions.of_journey(tx, journey.number)
        _refuse_second_draft(stored)
        source = _named(stored[0])
    number = versions.last_version(tx, author.account, raw["key"]) + 1
    definition_id = ids.new_guid()
    if journey is None:
        guid = definition_id if number == 1 else ids.new_guid()
        journey = versions.add_journey(tx, author.account, guid, raw["key"], now)
    document = _completed(journey, without_server_fields(raw))
    made = _add(tx, author, journey, Draft(definition_id, number, document), now)
    audit.of_version(tx, made, "Create", source)
    return made


def _named(source: Version) -> dict[str, dict[str, Any]]:
    """What the audit says of the version before, of which this one is the successor (api.md 5.9)."""
    return {"sourceInteraction": {"id": source.definition_id, "version": source.version, "key": source.key}}


@dataclass(frozen=True, slots=True)
class Draft:
    """A version about to be stored."""

    definition_id: str
    version: int
    document: dict[str, Any]


def _add(tx: Tx, author: Author, journey: Journey, draft: Draft, now: int) -> Version:
    version = Version(
        number=0,
        account=author.account,
        journey=journey.number,
        guid=journey.guid,
        key=journey.key,
        definition_id=draft.definition_id,
        version=draft.version,
        status="Draft",
        document=draft.document,
        created=now,
        created_by=author.user,
        modified=now,
        modified_by=author.user,
        published=None,
    )
    number = versions.add_version(tx, version)
    _listen(tx, author.account, number, draft.document)
    return versions.find_number(tx, number) or version


def _refuse_second_draft(stored: Sequence[Version]) -> None:
    """Refuse a version beside a Draft, and a second version of kinds that have only one (D-15)."""
    newest = stored[0]
    if newest.status == "Draft":
        raise AlreadyExists(f"Version {newest.version} of this journey is a Draft. Update it instead.")
    if newest.document["definitionType"] in SINGLE_VERSION:
        raise AlreadyExists(f"A {newest.document['definitionType']} journey has only one version.")


def update(tx: Tx, author: Author, asked: Update, body: object, now: int) -> Version:
    """Replace what the body names of one version, in the order of D-25.

    MalformedUpdate, InteractionNotFound, StaleVersion, NoChange, StateConflict. `modifiedDate` moves strictly forward
    (contract 2).
    """
    raw = _formed_update(asked, body)
    stored = versions.find(tx, author.account, asked.selector or Selector("key", raw["key"]), _wanted(asked, raw))
    if stored is None:
        raise InteractionNotFound
    _match_identity(stored, raw)
    _match_date(stored, raw, author.offset)
    sent = without_server_fields(raw) | {"key": stored.key}
    document = _completed(stored, merge(stored.document, sent), stored.document)
    if same(document, stored.document):
        raise Unchanged(stored)
    _match_state(tx, stored)
    if not versions.save(tx, stored, document, max(now, stored.modified + 1), author.user):
        raise StaleVersion
    _listen(tx, author.account, stored.number, document)
    saved = versions.find_number(tx, stored.number) or stored
    audit.of_version(tx, saved, "Modify", {"changed": audit.changed(stored.document, document)})
    return saved


def formed(body: object, required: Sequence[str], refusal: type[ValidationErrors | MalformedUpdate]) -> dict[str, Any]:
    """The body as an object of the right form, or the refusal with everything that is wrong with it."""
    findings = check(body, required)
    if findings or not isinstance(body, dict):
        raise refusal([_error(finding) for finding in findings])
    return body


def _error(finding: Finding) -> WaystageError:
    return _ERRORS[finding.kind](finding.message)


def _formed_update(asked: Update, body: object) -> dict[str, Any]:
    """Check the form and what the selectors say of each other (D-20, D-21, D-22)."""
    spared = () if asked.require_modified_date else SELECTING
    findings = [_error(finding) for finding in check(body, REQUIRED_TO_UPDATE, spared)]
    if isinstance(body, dict):
        findings.extend(_contradictions(asked, body))
    if findings or not isinstance(body, dict):
        raise MalformedUpdate(findings)
    return body


def _wanted(asked: Update, raw: Mapping[str, Any]) -> int | None:
    """The version that is meant (D-20); where neither place has to name it, the newest one."""
    return asked.version_number if raw.get("version") is None else int(raw["version"])


def _contradictions(asked: Update, body: Mapping[str, Any]) -> list[WaystageError]:
    found: list[WaystageError] = []
    key, version = body.get("key"), body.get("version")
    named = asked.selector.text if asked.selector is not None and asked.selector.by == "key" else None
    if named is not None and isinstance(key, str) and key.casefold() != named.casefold():
        found.append(ValueNotAllowed("key must be the key of the path; a key cannot be changed."))
    if asked.version_number is not None and version is not None and version != asked.version_number:
        found.append(ValueNotAllowed("version and the query parameter versionNumber must agree."))
    if body.get("id") is not None and not isinstance(body["id"], str):
        found.append(WrongType("id must be text."))
    return found


def _match_identity(stored: Version, raw: Mapping[str, Any]) -> None:
    """Refuse a body that names another journey than the path, or changes what is set once (D-21, api.md 3.1)."""
    found: list[WaystageError] = []
    if raw["key"].casefold() != stored.key.casefold():
        found.append(ValueNotAllowed("key must be the key of the journey; a key cannot be changed."))
    if raw.get("id") and raw["id"].lower() not in {stored.guid, stored.definition_id}:
        found.append(ValueNotAllowed("id must be the id of the journey."))
    kind = raw.get("definitionType")
    if kind is not None and kind.casefold() != stored.document["definitionType"].casefold():
        found.append(ValueNotAllowed(f"definitionType must stay {stored.document['definitionType']}."))
    if found:
        raise MalformedUpdate(found)


def _match_date(stored: Version, raw: Mapping[str, Any], offset: int) -> None:
    """Compare instants in milliseconds, not texts (D-23)."""
    sent = raw.get("modifiedDate")
    if sent is not None and parse_date(sent, offset) != stored.modified:
        raise StaleVersion


def _match_state(tx: Tx, stored: Version) -> None:
    """Refuse a change outside the editable states, or while a job of the version is in progress (D-26)."""
    editable = {"Draft", "Paused"} if stored.document["definitionType"] in SINGLE_VERSION else {"Draft"}
    if stored.status not in editable:
        raise StateConflict(f"The journey cannot be changed in {stored.status} status.")
    if versions.has_open_job(tx, stored.number):
        raise StateConflict("A publish or validate job of this version is in progress.")


def _completed(
    owner: Journey | Version, raw: Mapping[str, Any], previous: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    document = complete(raw, ids.new_guid, previous)
    document["key"] = owner.key
    document["definitionType"] = previous["definitionType"] if previous else parse(document).definition_type
    document["entryMode"] = parse(document).entry_mode
    if document.get("categoryId") is None:
        document["categoryId"] = folders.JOURNEYS
    return document


def _listen(tx: Tx, account: int, number: int, document: Mapping[str, Any]) -> None:
    """Note which event definitions the version's triggers name; unknown ones are publish errors, not save errors."""
    found: list[int] = []
    journey = parse(document)
    for trigger in journey.triggers:
        for by, text in journey.references_of(trigger):
            find = event_definitions.find if by == "id" else event_definitions.find_by_key
            definition = find(tx, account, text)
            if definition is not None:
                found.append(definition.number)
                break
    listening.set_for(tx, account, number, found)
