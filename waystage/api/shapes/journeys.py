"""Journeys: create, update, read, list, delete (api.md 3)."""

from __future__ import annotations

from typing import Final

from waystage.api.interaction_lists import STATUSES
from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter
from waystage.api.shapes.parameters import EXTRAS, PAGE, VERSION, order
from waystage.api.shapes.schema import (
    ANYTHING,
    COUNT,
    DATE,
    FLAG,
    FROM_ONE,
    GIVEN_DATE,
    GUID,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Named,
    Schema,
    about,
    answer,
    array,
    body,
    either,
    just,
    nullable,
    optional,
    page_of,
    words,
)
from waystage.ground.errors import (
    AlreadyExists,
    InteractionNotFound,
    InvalidTransition,
    MalformedUpdate,
    NoChange,
    StaleVersion,
    StateConflict,
    ValidationErrors,
    ValueNotAllowed,
)
from waystage.spec.check import MAX_NAME, MAX_PARTS, REQUIRED_TO_CREATE, REQUIRED_TO_UPDATE
from waystage.spec.document import DEFINITION_TYPES, ENTRY_MODES

JOURNEYS: Final = Family("Journeys", "Journeys and their versions. A key names a journey, key and version a version.")

LABEL: Final[Schema] = {"type": "string", "maxLength": MAX_NAME}
_PART: Final = {
    "id": TEXT,
    "key": TEXT,
    "type": TEXT,
    "name": TEXT,
    "description": TEXT,
    "arguments": OBJECT,
    "configurationArguments": OBJECT,
    "metaData": OBJECT,
}
OUTCOME: Final = Named(
    "Outcome",
    body(optional({"key": LABEL, "next": about(TEXT, "Key of the activity that follows."), "arguments": OBJECT,
        "metaData": OBJECT})),
)  # fmt: skip
PART: Final = Named("Part", body(optional({**_PART, "outcomes": array(OUTCOME)})))
ACTIVITY: Final = Named(
    "Activity",
    body({**optional({**_PART, "outcomes": array(OUTCOME)}), "key": LABEL, "type": LABEL}, "key", "type"),
)
TAG: Final = Named("Tag", body({"name": LABEL}, "name"))

#: What a caller may set; everything else that it sends is kept and given back (contract 9).
_SET_BY_CALLER: Final = {
    "description": TEXT,
    "activities": array(ACTIVITY, most=MAX_PARTS),
    "triggers": array(PART, most=MAX_PARTS),
    "goals": array(PART, most=MAX_PARTS),
    "exits": array(PART, most=MAX_PARTS, text="Exit criteria."),
    "notifiers": array(ANYTHING),
    "entryMode": words(ENTRY_MODES),
    "definitionType": words(DEFINITION_TYPES, "Set once."),
    "channel": TEXT,
    "defaults": body(optional({"email": array(TEXT), "mobileNumber": array(TEXT), "properties": OBJECT})),
    "metaData": OBJECT,
    "executionMode": about(TEXT, "Production or Test."),
    "categoryId": WHOLE,
}
_KEY: Final = {**LABEL, "description": "Names the journey, in any letter case; set once."}
_SENT: Final = {
    "key": _KEY,
    "name": LABEL,
    "workflowApiVersion": about(NUMBER, "0.5 or 1.0."),
    **optional(_SET_BY_CALLER | {"campaigns": array(ANYTHING), "tags": array(either(LABEL, TAG))}),
}
NEW_JOURNEY: Final = Named("NewJourney", body(_SENT, *REQUIRED_TO_CREATE))
ANY_JOURNEY: Final = Named("AnyJourney", body(_SENT))
CHANGED_JOURNEY: Final = Named(
    "ChangedJourney",
    body(
        {
            **_SENT,
            "id": nullable(TEXT),
            "version": about(FROM_ONE, "Selects the version."),
            "modifiedDate": about(GIVEN_DATE, "As it was read: the save is refused if somebody saved in between."),
        },
        *REQUIRED_TO_UPDATE,
    ),
)
STATS: Final = Named(
    "JourneyStats",
    answer(
        {
            "currentPopulation": COUNT,
            "cumulativePopulation": COUNT,
            "metGoal": COUNT,
            "metExitCriteria": COUNT,
            "goalPerformance": about(NUMBER, "Percent."),
        }
    ),
)
HEALTH: Final = answer({"currentlyInCount": COUNT, "delayedContactCount": COUNT, "delayedMinuteInterval": COUNT})
JOURNEY: Final = Named(
    "Journey",
    answer(
        {
            "id": about(GUID, "Of the journey, the same in all its versions."),
            "key": _KEY,
            "name": LABEL,
            "lastPublishedDate": about(DATE, "0001-01-01T00:00:00 until it was published."),
            "description": TEXT,
            "version": FROM_ONE,
            "workflowApiVersion": NUMBER,
            "createdDate": DATE,
            "modifiedDate": about(DATE, "Moves with every save; an update has to send it."),
            "goals": array(PART),
            "exits": array(PART),
            "notifiers": array(ANYTHING),
            "entryMode": words(ENTRY_MODES),
            "definitionType": words(DEFINITION_TYPES),
            "channel": TEXT,
            "defaults": OBJECT,
            "metaData": OBJECT,
            "executionMode": TEXT,
            "categoryId": WHOLE,
            "status": words(STATUSES),
            "definitionId": about(GUID, "Of this version."),
            "scheduledStatus": just("Draft"),
        },
        {
            "activities": array(ACTIVITY),
            "triggers": array(PART),
            "stats": STATS,
            "healthStats": HEALTH,
            "tags": array(TAG),
            "campaigns": array(ANYTHING),
        },
        more=True,
    ),
)
_SUMMARY: Final = answer(
    {
        "totalInteractions": COUNT,
        "totalRunningVersionsWithDefinedGoal": COUNT,
        "totalRunningVersionsMeetingGoal": COUNT,
        "cumulativePopulation": COUNT,
    }
)
PAGE_OF_JOURNEYS: Final = page_of("Journeys", JOURNEY, {"summary": _SUMMARY})

_LIST: Final = (
    Parameter("status", array(words(STATUSES)), "Versions in one of these statuses; all but Deleted without it."),
    Parameter("versionNumber", WHOLE, "Versions with this number."),
    Parameter("specificApiVersionNumber", NUMBER, "Journeys of this version of the journey document."),
    Parameter("mostRecentVersionOnly", FLAG, "Only the newest matching version of each journey; true without it."),
    Parameter("mostRecentVersionOrRunningOnly", FLAG, "The newest matching version of each journey, and running ones."),
    Parameter("definitionType", words(DEFINITION_TYPES), "In any letter case."),
    Parameter("nameOrDescription", TEXT, "A piece of name or description, in any letter case."),
    Parameter("name", TEXT, "The whole name, in any letter case."),
    Parameter("key", TEXT, "The key."),
    Parameter("id", TEXT, "The id of the journey or of a version."),
    Parameter("tag", TEXT, "The name of a tag."),
    *EXTRAS,
    *PAGE,
    order("ModifiedDate", "Name", "Performance", usual="ModifiedDate DESC"),
)

_EXAMPLE: Final = {"key": "welcome-series", "name": "Welcome series", "workflowApiVersion": 1.0}
_CHANGE: Final = {**_EXAMPLE, "version": 3, "modifiedDate": "2026-02-11T07:40:02.6", "description": "Three mails."}

CREATE: Final = Call(
    JOURNEYS,
    {200: Answer("The Draft as it is stored, without counters.", JOURNEY)},
    Body(NEW_JOURNEY, _EXAMPLE),
    refuses=(ValidationErrors, AlreadyExists),
    text="A new journey; or the next version of the one with this key, unless its newest version is a Draft.",
)
UPDATE: Final = Call(
    JOURNEYS,
    {200: Answer("The version as it is stored now.", JOURNEY)},
    Body(CHANGED_JOURNEY, _CHANGE, "What is left out stays; what is there replaces what is stored."),
    VERSION,
    refuses=(NoChange, MalformedUpdate, InteractionNotFound, StaleVersion, StateConflict),
    text="Changes a Draft. Send the modifiedDate that was read, so that nobody's work is lost.",
)
READ: Final = Call(
    JOURNEYS, {200: Answer("The version.", JOURNEY)}, query=(*VERSION, *EXTRAS), refuses=(InteractionNotFound,)
)
DELETE: Final = Call(
    JOURNEYS,
    {200: Answer("The id of the journey.", GUID)},
    query=VERSION,
    refuses=(InteractionNotFound, InvalidTransition),
    text="Deletes one version, or all of them. A running version has to be stopped first.",
)
LIST: Final = Call(
    JOURNEYS,
    {200: Answer("A page of versions, without activities and triggers unless extras ask for them.", PAGE_OF_JOURNEYS)},
    query=_LIST,
    refuses=(ValueNotAllowed,),
)
