"""Event definitions (api.md 6) and trigger tests (5.7)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter
from waystage.api.shapes.parameters import EXTRAS, PAGE
from waystage.api.shapes.schema import (
    COUNT,
    DATE,
    EMPTY,
    FINDING,
    FLAG,
    FROM_ONE,
    GUID,
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
    nullable,
    optional,
    page_of,
    words,
)
from waystage.ground.errors import (
    AlreadyExists,
    EventDefinitionNotFound,
    InteractionNotFound,
    InvalidTransition,
    NotValidNow,
    TriggerTestNotFound,
    ValidationErrors,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.operations.define_event import LONGEST_KEY, LONGEST_NAME, LONGEST_TEXT
from waystage.operations.trigger_tests import MOST_CONTACTS

EVENT_DEFINITIONS: Final = Family(
    "Event definitions", "Kinds of events that start journeys, each with the data extension that its data goes to."
)

_NAME: Final[Schema] = {"type": "string", "maxLength": LONGEST_NAME}
_TEXT: Final[Schema] = {"type": "string", "maxLength": LONGEST_TEXT}
_KEY: Final[Schema] = {
    "type": "string",
    "maxLength": LONGEST_KEY,
    "description": "Letters, digits, hyphens, underscores and spaces; unique in any letter case.",
}
_LENGTH: Final = either(TEXT, WHOLE)
EVENT_FIELD: Final = Named(
    "EventField",
    body(
        {
            "name": TEXT,
            **optional(
                {
                    "dataType": about(TEXT, "Text, Number, Decimal, Date, Boolean, EmailAddress, Phone or Locale."),
                    "maxLength": about(_LENGTH, "Characters; of a Decimal digits and scale, such as 18,2."),
                    "isNullable": either(FLAG, TEXT),
                    "isPrimaryKey": either(FLAG, TEXT),
                    "isDevicePreference": either(FLAG, TEXT),
                }
            ),
            "defaultValue": {},
        },
        "name",
    ),
)
EVENT_SCHEMA: Final = Named(
    "EventSchema",
    body(
        {
            "fields": array(EVENT_FIELD, least=1),
            **optional(
                {
                    "sendableCustomObjectField": about(TEXT, "The field that holds the contact key."),
                    "sendableSubscriberField": TEXT,
                }
            ),
        },
        "fields",
    ),
)
_SENT: Final = optional(
    {
        "dataExtensionId": about(TEXT, "The id of a data extension; this or a schema is required."),
        "schema": EVENT_SCHEMA,
        "mode": words(("Production", "Test")),
        "description": _TEXT,
        "iconUrl": _TEXT,
        "category": _TEXT,
        "sourceApplicationExtensionId": _NAME,
        "filterDefinitionId": _NAME,
        "automationId": _NAME,
        "filterDefinitionTemplate": TEXT,
        "entrySourceGroupConfigUrl": TEXT,
        "isVisibleInPicker": FLAG,
        "disableDEDataLogging": about(FLAG, "Do not write the data of events into the data extension."),
        "arguments": about(OBJECT, "criteria, useHighWatermark and the like."),
        "configurationArguments": OBJECT,
        "metaData": OBJECT,
        "schedule": about(OBJECT, "When an audience is evaluated."),
    }
)
_CREATING: Final = {"type": _NAME, "name": _NAME, "eventDefinitionKey": _KEY}
NEW_EVENT_DEFINITION: Final = Named("NewEventDefinition", body({**_CREATING, **_SENT}, *_CREATING))
CHANGED_EVENT_DEFINITION: Final = Named(
    "ChangedEventDefinition", body({**optional(_CREATING), **_SENT, "schema": nullable(OBJECT)})
)
_SHOWN: Final = Named(
    "EventDefinition",
    answer(
        {
            "id": GUID,
            "type": TEXT,
            "name": TEXT,
            "eventDefinitionKey": TEXT,
            "createdDate": DATE,
            "createdBy": WHOLE,
            "modifiedDate": DATE,
            "modifiedBy": WHOLE,
            "dataExtensionId": GUID,
            "dataExtensionName": TEXT,
            "sourceApplicationExtensionId": TEXT,
            "description": TEXT,
            "mode": words(("Production", "Test")),
            "filterDefinitionId": TEXT,
            "filterDefinitionTemplate": TEXT,
            "iconUrl": TEXT,
            "configurationArguments": OBJECT,
            "metaData": OBJECT,
            "isVisibleInPicker": FLAG,
            "category": TEXT,
            "automationId": TEXT,
            "disableDEDataLogging": FLAG,
            "arguments": answer(
                {"eventDefinitionId": GUID, "eventDefinitionKey": TEXT, "dataExtensionId": GUID}, more=True
            ),
            "interactionCount": about(COUNT, "Journeys that use it."),
            "publishedInteractionCount": about(COUNT, "Running ones of these."),
            "isPlatformObject": FLAG,
        },
        {"schema": EVENT_SCHEMA, "schedule": OBJECT},
        more=True,
    ),
)
_SAMPLE: Final = {
    "type": "APIEvent",
    "name": "Sign-up",
    "eventDefinitionKey": "signup",
    "schema": {
        "fields": [
            {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
            {"name": "Mail", "dataType": "EmailAddress"},
        ],
        "sendableCustomObjectField": "ContactKey",
        "sendableSubscriberField": "_SubscriberKey",
    },
}

CREATE: Final = Call(
    EVENT_DEFINITIONS,
    {200: Answer("The event definition, with the data extension of its schema.", _SHOWN)},
    Body(NEW_EVENT_DEFINITION, _SAMPLE),
    refuses=(ValidationErrors, WrongFormat, ValueNotAllowed, AlreadyExists),
)
UPDATE: Final = Call(
    EVENT_DEFINITIONS,
    {200: Answer("The event definition.", _SHOWN)},
    Body(CHANGED_EVENT_DEFINITION, {"name": "Sign-up, new"}, "What is left out stays; type, category and schema too."),
    refuses=(ValidationErrors, WrongFormat, ValueNotAllowed, EventDefinitionNotFound, AlreadyExists, NotValidNow),
)
READ: Final = Call(
    EVENT_DEFINITIONS, {200: Answer("The event definition.", _SHOWN)}, refuses=(EventDefinitionNotFound,)
)
LIST: Final = Call(
    EVENT_DEFINITIONS,
    {200: Answer("A page, last modified first.", page_of("EventDefinitions", _SHOWN))},
    query=(Parameter("name", TEXT, "A piece of the name."), *EXTRAS, *PAGE),
)
DELETE: Final = Call(
    EVENT_DEFINITIONS,
    {200: Answer("It is gone; its data extension stays.", EMPTY)},
    refuses=(EventDefinitionNotFound, InvalidTransition),
)

_CONTACT: Final = body({"contactKey": TEXT, "data": nullable(OBJECT)}, "contactKey")
_CONTACTS: Final = array(_CONTACT, least=1, most=MOST_CONTACTS)
_VERSION: Final = optional(
    {
        "definitionId": about(TEXT, "Id of the version; without it and key, the newest that the event starts."),
        "key": about(TEXT, "Key of the journey."),
        "versionNumber": either(FROM_ONE, {"type": "string", "pattern": "^[0-9]*$"}),
    }
)
_TEST: Final = {"id": GUID, "eventDefinitionId": TEXT, "status": words(("Running", "Completed")), "createdDate": DATE}
_RAN: Final = Named(
    "Rehearsed",
    answer(
        {
            "contactKey": TEXT,
            "entered": FLAG,
            "refused": nullable(TEXT),
            "activities": array(answer({"activityKey": TEXT, "date": DATE, "outcome": TEXT})),
            "messages": array(
                answer(
                    {
                        "activityKey": TEXT,
                        "channel": TEXT,
                        "to": nullable(TEXT),
                        "subject": TEXT,
                        "reason": nullable(TEXT),
                        "createdDate": DATE,
                    }
                )
            ),
            "ended": nullable(answer({"date": DATE, "reason": TEXT})),
        }
    ),
)
_REPORT: Final = {**_TEST, "errors": array(FINDING), "stopped": nullable(TEXT), "results": array(_RAN)}
_TEST_SAMPLE: Final = {"contacts": [{"contactKey": "ann", "data": {"Mail": "ann@example.com"}}]}
_TEST_REFUSALS = (ValidationErrors, EventDefinitionNotFound)

CREATE_TEST: Final = Call(
    EVENT_DEFINITIONS,
    {201: Answer("The test; PUT shows what came of it.", Named("TriggerTest", answer(_TEST)))},
    Body(Named("NewTriggerTest", body({**_VERSION, "contacts": _CONTACTS}, "contacts")), _TEST_SAMPLE),
    refuses=(*_TEST_REFUSALS, AlreadyExists),
    text="Runs a version on a few contacts at once: nothing is sent, waits take no time. An extension of ours (D-44).",
)
UPDATE_TEST: Final = Call(
    EVENT_DEFINITIONS,
    {200: Answer("What the test has shown.", Named("TriggerTestReport", answer(_REPORT)))},
    Body(
        Named("ChangedTriggerTest", body({"contacts": nullable(_CONTACTS)})),
        _TEST_SAMPLE,
        "Other contacts; without any the test stays as it is.",
        required=False,
    ),
    refuses=(*_TEST_REFUSALS, InteractionNotFound, TriggerTestNotFound),
)
DELETE_TEST: Final = Call(
    EVENT_DEFINITIONS,
    {200: Answer("It is over.", EMPTY)},
    refuses=(EventDefinitionNotFound, TriggerTestNotFound),
)
