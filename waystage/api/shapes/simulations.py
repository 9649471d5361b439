"""Simulations: a journey, contacts and a seed in, a report out (contract 21, 36)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, path
from waystage.api.shapes.control import INSIGHT
from waystage.api.shapes.journeys import ANY_JOURNEY
from waystage.api.shapes.schema import (
    COUNT,
    FROM_ONE,
    GIVEN_DATE,
    GUID,
    OBJECT,
    TEXT,
    UTC_DATE,
    WHOLE,
    Named,
    about,
    answer,
    array,
    body,
    either,
    nullable,
    optional,
    words,
)
from waystage.ground.errors import InteractionNotFound, Overloaded, SimulationNotFound, ValidationErrors, WrongType
from waystage.operations.ask_simulation import MOST_GIVEN, MOST_MADE
from waystage.operations.made_engagements import KINDS

STATUSES: Final = ("running", "completed", "failed")
_STATUS: Final = words(STATUSES)
_SHARE: Final = {"type": "number", "minimum": 0, "maximum": 1}
_CONTACT: Final = body({"contactKey": TEXT, "data": nullable(OBJECT), "at": nullable(GIVEN_DATE)}, "contactKey")
_DIGITS: Final = {"type": "string", "pattern": "^[0-9]+$"}
_ASKED: Final = Named(
    "NewSimulation",
    body(
        {
            **optional(
                {
                    "journey": ANY_JOURNEY,
                    "journeyKey": about(TEXT, "A stored journey; this or journey is required."),
                    "version": about(either(FROM_ONE, _DIGITS), "Of the stored journey; default: the newest."),
                    "seed": about(either(WHOLE, TEXT), "The same seed gives the same report. Default: 0."),
                    "start": about(GIVEN_DATE, "When contacts enter; default: now."),
                    "until": about(GIVEN_DATE, "The end, five years later at most; default: a year later."),
                    "eventDefinition": either(
                        about(TEXT, "The key of the event definition that starts the journey."),
                        about(OBJECT, "One that exists in the simulation alone."),
                    ),
                    "engagement": body(optional(dict.fromkeys(KINDS, _SHARE))),
                }
            ),
            "contacts": either(
                about(either({"type": "integer", "minimum": 1, "maximum": MOST_MADE}, _DIGITS), "So many are made."),
                array(_CONTACT, least=1, most=MOST_GIVEN),
            ),
        },
        "contacts",
    ),
)
_EXAMPLE: Final = {
    "journeyKey": "welcome",
    "version": 1,
    "seed": 7,
    "start": "2026-01-01T00:00:00Z",
    "until": "2026-12-31T00:00:00Z",
    "contacts": 1000,
    "engagement": {"open": 0.4, "click": 0.1},
}
CREATE: Final = Call(
    INSIGHT,
    {201: Answer("It waits or runs.", Named("Simulation", answer({"id": GUID, "status": _STATUS})))},
    Body(_ASKED, _EXAMPLE),
    refuses=(ValidationErrors, WrongType, InteractionNotFound, Overloaded),
)
_STEP: Final = answer(
    {
        "activityKey": TEXT,
        "arrived": COUNT,
        "waiting": about(COUNT, "Who is there at the end."),
        "outcomes": about({"type": "object", "additionalProperties": COUNT}, "How many went on by which outcome."),
    }
)
_TIMING: Final = answer(
    {"activityKey": TEXT, **dict.fromkeys(("contacts", "least", "median", "average", "most"), COUNT)}
)
_DAY: Final = {"type": "string", "format": "date"}
_PROBLEM: Final = answer(
    {"code": TEXT, "severity": words(("Error", "Warning", "Advice")), "message": TEXT},
    {"activityKey": TEXT, "count": COUNT, "path": TEXT},
)
READ: Final = Call(
    INSIGHT,
    {
        200: Answer(
            "The report; empty while it runs.",
            Named(
                "SimulationReport",
                answer(
                    {
                        "id": GUID,
                        "status": _STATUS,
                        "seed": either(WHOLE, TEXT),
                        "start": UTC_DATE,
                        "until": UTC_DATE,
                        "contacts": COUNT,
                        "entered": about(COUNT, "Entries; a contact may enter several times."),
                        "funnel": array(_STEP, text="Every activity, in the order of the journey."),
                        "timing": array(_TIMING, text="How long contacts rested, in whole seconds."),
                        "messages": array(
                            answer({"activityKey": TEXT, "day": _DAY, "count": COUNT}), text="But the suppressed."
                        ),
                        "engagement": array(answer({"activityKey": TEXT, "type": words(KINDS), "count": COUNT})),
                        "ended": about({"type": "object", "additionalProperties": COUNT}, "Passages by reason."),
                        "problems": array(_PROBLEM),
                    }
                ),
            ),
        )
    },
    path=path("id", TEXT, "The id that POST has given."),
    refuses=(SimulationNotFound,),
)
