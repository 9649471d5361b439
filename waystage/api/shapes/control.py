"""Our own control of time and engine, messages and what people do with them (contract, "our own resources")."""

from __future__ import annotations

from typing import Final

from waystage.api import differences
from waystage.api.control import MOST_PATIENCE
from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.journeys import ANY_JOURNEY
from waystage.api.shapes.parameters import PAGE
from waystage.api.shapes.schema import (
    ACCEPTED,
    COUNT,
    DATE,
    EMPTY,
    FROM_ONE,
    GUID,
    TEXT,
    UTC_DATE,
    Named,
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
    AutomationNotFound,
    ClockNotVirtual,
    InteractionNotFound,
    InvalidTransition,
    MissingValue,
    NotFound,
    SettleTimeout,
    ValidationErrors,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.operations.note_engagement import TYPES
from waystage.store.message_lists import STATUSES

CONTROL: Final = Family("Time and engine", "What the reference does not have: the clock that journeys live by.")
MESSAGES: Final = Family("Messages", "Every message that journeys sent or would have sent, and what came of it.")
INSIGHT: Final = Family("Insight", "Explanations, comparisons and simulations of journeys.")

_CLOCK: Final = {"mode": about(TEXT, "system, virtual or scaled."), "now": UTC_DATE}
CLOCK: Final = Named("Clock", answer(_CLOCK))
READ_CLOCK: Final = Call(CONTROL, {200: Answer("How time moves, and the present instant of journeys.", CLOCK)})
ADVANCE: Final = Call(
    CONTROL,
    {
        200: Answer(
            "Everything due has been done.",
            Named("AdvancedClock", answer({**_CLOCK, "instants": COUNT, "moved": COUNT})),
        )
    },
    Body(
        Named(
            "ClockAdvance",
            body(
                optional(
                    {
                        "by": about(TEXT, "A duration of ISO 8601."),
                        "to": about(TEXT, "An instant; this or by is required."),
                    }
                )
            ),
        ),
        {"by": "P3DT2H"},
    ),
    refuses=(MissingValue, ValueNotAllowed, WrongFormat, ClockNotVirtual),
)
_PATIENCE: Final = {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_PATIENCE}
SETTLE: Final = Call(
    CONTROL,
    {200: Answer("Nothing is runnable.", CLOCK)},
    Body(Named("Settle", body(optional({"timeoutSeconds": _PATIENCE}))), {"timeoutSeconds": 30}, required=False),
    refuses=(ValueNotAllowed, SettleTimeout),
)
AUTOMATION: Final = Call(
    CONTROL,
    {202: Answer("Its audiences are evaluated soon.", EMPTY)},
    path=path("automationId", TEXT, "The automation that event definitions name."),
    refuses=(AutomationNotFound,),
)

_MESSAGE: Final = Named(
    "Message",
    answer(
        {
            "requestId": GUID,
            "channel": TEXT,
            "contactKey": TEXT,
            "to": nullable(TEXT),
            "subject": TEXT,
            "html": TEXT,
            "text": TEXT,
            "status": words(STATUSES),
            "reason": nullable(TEXT),
            "journeyKey": TEXT,
            "version": FROM_ONE,
            "activityKey": TEXT,
            "createdDate": DATE,
            "sentDate": nullable(DATE),
        }
    ),
)
LIST_MESSAGES: Final = Call(
    MESSAGES,
    {
        200: Answer(
            "A page, the newest first; `count` goes up to 100,000, pages on to the millionth message.",
            page_of("Messages", _MESSAGE),
        )
    },
    query=(
        Parameter("contactKey", TEXT, "To this contact."),
        Parameter("journeyKey", TEXT, "Of this journey."),
        Parameter("activityKey", TEXT, "Of this activity."),
        Parameter("channel", TEXT, "By this channel."),
        Parameter("status", words(STATUSES), "In this status."),
        *PAGE,
    ),
    refuses=(ValueNotAllowed,),
)
NOTE: Final = Call(
    MESSAGES,
    {202: Answer("Noted, once.", ACCEPTED)},
    Body(
        Named(
            "Engagement",
            body({"requestId": GUID, "type": words(TYPES), "url": nullable(TEXT)}, "requestId", "type"),
        ),
        {"requestId": "6a5c0d3e-6a0a-4f1b-9a5e-0d6f2f9f8c11", "type": "click", "url": "https://example.com/shop"},
    ),
    refuses=(ValidationErrors, ValueNotAllowed),
)
_NUMBER: Final = either(FROM_ONE, {"type": "string", "pattern": "^[0-9]+$"})
DECIDE: Final = Call(
    MESSAGES,
    {
        200: Answer(
            "Whoever waits for the decision goes on by this path.",
            Named(
                "Winner",
                answer({"journeyKey": TEXT, "versionNumber": FROM_ONE, "activityKey": TEXT, "outcomeKey": TEXT}),
            ),
        )
    },
    Body(
        Named("NewWinner", body({"versionNumber": _NUMBER, "outcomeKey": TEXT}, "versionNumber", "outcomeKey")),
        {"versionNumber": 1, "outcomeKey": "path-a"},
    ),
    refuses=(ValidationErrors, ValueNotAllowed, InteractionNotFound, NotFound, InvalidTransition),
)
FINDING: Final = Named(
    "LintFinding",
    answer(
        {
            "code": TEXT,
            "severity": words(("Error", "Warning", "Advice")),
            "message": TEXT,
            "path": about(TEXT, "Where in the body; may be empty."),
        },
        {"activityKey": TEXT},
    ),
)
LINT: Final = Call(
    INSIGHT,
    {200: Answer("Findings, errors first; all on one page.", page_of("LintFindings", FINDING))},
    Body(ANY_JOURNEY, {"key": "welcome", "name": "Welcome", "workflowApiVersion": 1, "activities": []}),
    refuses=(ValidationErrors,),
)
_PARTS: Final = ("trigger", "activity", "goal", "exit")
_MEMBER: Final = answer({"part": words(_PARTS), "key": TEXT, "type": TEXT, "name": TEXT})
_REROUTED: Final = answer({"activityKey": TEXT, "outcome": TEXT, "from": nullable(TEXT), "to": nullable(TEXT)})
_SET: Final = answer(
    {
        "part": words(("journey", *_PARTS)),
        "key": TEXT,
        "path": about(TEXT, "Where the value stands, with dots."),
        "from": about({}, "The former value; criteria in words; null for none."),
        "to": about({}, "The later value."),
    }
)
DIFFERENCES: Final = Named(
    "Differences",
    answer(
        {
            "journeyKey": TEXT,
            "from": FROM_ONE,
            "to": FROM_ONE,
            "added": array(_MEMBER),
            "removed": array(_MEMBER),
            "rerouted": array(_REROUTED, text="Outcomes that lead elsewhere; null is the end of the path."),
            "reconfigured": array(_SET),
            "text": array(TEXT, text="The same for people, a line each."),
        }
    ),
)
DIFF: Final = Call(
    INSIGHT,
    {
        200: Answer(
            "What was added, removed, re-routed and re-configured; as text a line for each.",
            DIFFERENCES,
            files=(differences.TEXT,),
        )
    },
    path=path("key", TEXT, "The key of a journey."),
    query=(
        Parameter("from", FROM_ONE, "One version; default: the one before the other."),
        Parameter("to", FROM_ONE, "The other one; default: the newest."),
        Parameter("format", words(differences.FORMATS), "json without it, unless only text is accepted."),
    ),
    refuses=(InteractionNotFound, ValueNotAllowed),
)
