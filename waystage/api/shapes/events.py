"""Firing events, one or many (api.md 7)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter
from waystage.api.shapes.parameters import PAGE, order
from waystage.api.shapes.schema import (
    ANYTHING,
    COUNT,
    DATE,
    GIVEN_DATE,
    GUID,
    OBJECT,
    TEXT,
    WHOLE,
    Named,
    about,
    answer,
    array,
    body,
    nullable,
    page_of,
    words,
)
from waystage.ground.errors import MissingValue, ValidationErrors, ValueNotAllowed, WrongFormat
from waystage.operations.fire_many import MOST
from waystage.operations.read_members import STATUSES
from waystage.operations.write_rows import LONGEST_CONTACT_KEY

EVENTS: Final = Family("Events", "What happens to a contact starts journeys, and ends waits for it.")

CONTACT_KEY: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST_CONTACT_KEY}
_DATA: Final = about(OBJECT, "Values by the names of the data extension's fields; others are ignored.")
EVENT: Final = Named(
    "Event",
    body(
        {"ContactKey": CONTACT_KEY, "EventDefinitionKey": nullable(TEXT), "Data": nullable(_DATA)},
        "ContactKey",
    ),
)
FIRE: Final = Call(
    EVENTS,
    {
        201: Answer(
            "It is stored; whether the contact enters is decided later.",
            Named("FiredEvent", answer({"eventInstanceId": GUID})),
        )
    },
    Body(EVENT, {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Mail": "ann@example.com"}}),
    query=(
        Parameter(
            "eventDefinitionKey",
            TEXT,
            "The event where the body does not name it; without Data its other properties are the values then.",
        ),
    ),
    refuses=(MissingValue, WrongFormat, ValueNotAllowed, ValidationErrors),
)

_ANSWERED: Final = Named(
    "FiredMember",
    answer({"contactKey": ANYTHING}, {"eventInstanceId": GUID, "errorcode": WHOLE, "message": TEXT}),
)
FIRE_MANY: Final = Call(
    EVENTS,
    {
        202: Answer(
            "One entry for each member, in the order of the request; bad members do not fail the others.",
            Named(
                "FiredEvents",
                answer({"requestId": GUID, "count": COUNT, "notQueuedCount": COUNT, "members": array(_ANSWERED)}),
            ),
        )
    },
    Body(
        Named(
            "Events",
            body({"eventDefinitionKey": TEXT, "members": array(ANYTHING, least=1, most=MOST)}, "eventDefinitionKey",
                "members"),
        ),
        {"eventDefinitionKey": "signup", "members": [{"contactKey": "ann", "data": {"Mail": "ann@example.com"}}]},
        "Members are {contactKey, data}; what is wrong with one is told in its entry of the answer.",
    ),
    refuses=(MissingValue, ValueNotAllowed),
)  # fmt: skip
_ROW: Final = Named(
    "EventStatus",
    answer(
        {
            "requestId": GUID,
            "eventInstanceId": nullable(GUID),
            "eventDefinitionKey": TEXT,
            "contactKey": nullable(TEXT),
            "status": words(STATUSES),
            "errorcode": nullable(WHOLE),
            "message": nullable(TEXT),
            "createdDate": DATE,
            "modifiedDate": DATE,
        }
    ),
)
STATUS: Final = Call(
    EVENTS,
    {200: Answer("A page of members of requests.", page_of("EventStatuses", _ROW))},
    query=(
        Parameter("type", words(word.lower() for word in STATUSES), "What became of them, in any letter case."),
        Parameter("contactKey", TEXT, "The contact."),
        Parameter("requestId", GUID, "The request."),
        Parameter("eventInstanceId", TEXT, "The event."),
        Parameter("eventDefinitionKey", TEXT, "The event definition."),
        Parameter("startDate", GIVEN_DATE, "From this instant on; 30 days back without it."),
        Parameter("endDate", GIVEN_DATE, "Up to this instant."),
        order("modifiedDate", usual="the order of the requests"),
        *PAGE,
    ),
    refuses=(MissingValue, ValueNotAllowed, WrongFormat),
    text="At least one of type, contactKey, requestId, eventInstanceId, eventDefinitionKey is required.",
)
