"""The event definition of a transactional journey: foreseen while it is compiled, made when it is activated.

Its key, type and data extension follow from the `highThroughput` settings of the e-mail (journey-spec 1.5); one that
has the key already is used as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from waystage.operations import define_event
from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.spec import problems
from waystage.spec.document import Journey, parse
from waystage.spec.parts import object_at, text_at
from waystage.spec.problems import Problem
from waystage.store import event_definitions
from waystage.store.sql import Tx
from waystage.store.versions import Version

TYPE = "transactional-api"
#: The number of an event definition that does not exist yet.
FORESEEN = 0


@dataclass(frozen=True, slots=True)
class _Settings:
    """What an activity says of the definition; `place` names it in messages."""

    place: str
    key: str
    extension: str


def foresee(catalog: Catalog, document: Journey) -> tuple[Catalog, list[Problem]]:
    """The catalog with the event definition that activation would make, and why it could not make it (121500).

    What is missing in the settings altogether is found by the compiler (plan.advice).
    """
    settings = _settings(document)
    if settings is None or catalog.event("key", settings.key) is not None:
        return catalog, []
    extension = catalog.extension(settings.extension)
    if extension is None or not extension.schema.contact_field:
        text = f"dataExtensionId {settings.extension} names no data extension with a sendable field."
        return catalog, [_problem(settings, "dataExtensionId", text)]
    if not define_event.is_key(settings.key):
        text = "definitionKey may hold at most 200 letters, digits, hyphens, underscores and spaces."
        return catalog, [_problem(settings, "definitionKey", text)]
    made = EventDefinition(FORESEEN, "", settings.key, TYPE, extension)
    return replace(catalog, events=(*catalog.events, made)), []


def define(tx: Tx, version: Version, catalog: Catalog, now: int) -> None:
    """Store the event definition that was foreseen."""
    settings = _settings(parse(version.document))
    extension = catalog.extension(settings.extension) if settings is not None else None
    if settings is None or extension is None or _exists(tx, version.account, settings.key):
        return
    define_event.create(tx, version.account, version.modified_by, _body(settings, extension, version), now=now)


def _exists(tx: Tx, account: int, key: str) -> bool:
    return event_definitions.find_by_key(tx, account, key) is not None


def _body(settings: _Settings, extension: Extension, version: Version) -> dict[str, str]:
    return {
        "type": TYPE,
        "name": str(version.document["name"])[: define_event.LONGEST_NAME],
        "eventDefinitionKey": settings.key,
        "dataExtensionId": extension.guid,
    }


def _settings(document: Journey) -> _Settings | None:
    """Of the first activity that has both; None for other journeys."""
    if document.definition_type != "Transactional":
        return None
    for activity in document.activities:
        raw = object_at(activity.meta, "highThroughput")
        found = _Settings(activity.key, text_at(raw, "definitionKey"), text_at(raw, "dataExtensionId"))
        if found.key and found.extension:
            return found
    return None


def _problem(settings: _Settings, name: str, text: str) -> Problem:
    path = f"activities[{settings.place}].metaData.highThroughput.{name}"
    return problems.problem(problems.TRANSACTIONAL_INCOMPLETE, f"Activity {settings.place}: {text}", path=path)
