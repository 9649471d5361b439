"""What happened to one contact in one journey, and why (contract 22)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Call, path
from waystage.api.shapes.control import INSIGHT
from waystage.api.shapes.parameters import PAGE
from waystage.api.shapes.schema import (
    COUNT,
    FLAG,
    FROM_ONE,
    GUID,
    NULL,
    NUMBER,
    TEXT,
    UTC_DATE,
    Named,
    about,
    answer,
    array,
    either,
    nullable,
    words,
)
from waystage.ground.errors import ContactNotFound, InteractionNotFound
from waystage.operations.explain_passage import STATES

_VALUE: Final = either(TEXT, NUMBER, FLAG, NULL)
WHY: Final = Named(
    "Why",
    answer(
        {
            "expression": about(TEXT, "What was looked at, as criteria and bindings call it."),
            "value": about(_VALUE, "What it was; null if there was none, or if it is not known any more."),
            "operator": nullable(TEXT),
            "operand": either(_VALUE, array(_VALUE)),
            "result": about(_VALUE, "Whether it held; of a wait the instant that it led to."),
        }
    ),
)
_WHYS: Final = array(WHY, text="In the order in which it was looked at.")
_VISIT: Final = Named(
    "ExplainedVisit",
    answer(
        {
            "activityKey": TEXT,
            "type": TEXT,
            "arrived": UTC_DATE,
            "departed": nullable(UTC_DATE),
            "outcome": nullable(TEXT),
            "why": _WHYS,
        },
        {"message": answer({"requestId": GUID, "channel": TEXT, "status": TEXT, "reason": nullable(TEXT)})},
    ),
)
_PASSAGE: Final = Named(
    "ExplainedPassage",
    answer(
        {
            "version": FROM_ONE,
            "definitionInstanceId": GUID,
            "entered": UTC_DATE,
            "entry": answer({"decision": TEXT, "reason": TEXT}, {"why": _WHYS}),
            "visits": array(_VISIT),
            "state": words(STATES, "Forgotten: the history of the passage is kept no longer."),
        },
        {
            "waitingFor": answer({}, {"until": UTC_DATE, "event": TEXT}),
            "ended": answer({"at": UTC_DATE, "reason": TEXT}),
            "leftOut": about(COUNT, "Rows of history before the first visit of an endless passage."),
        },
    ),
)
_REFUSAL: Final = answer({"at": UTC_DATE, "version": FROM_ONE, "reason": TEXT}, {"why": _WHYS})
EXPLAIN: Final = Call(
    INSIGHT,
    {
        200: Answer(
            "Passages and refusals, the oldest first; the first page has the newest.",
            Named(
                "Explanation",
                answer(
                    {
                        "contactKey": TEXT,
                        "journeyKey": TEXT,
                        "passages": array(_PASSAGE),
                        "refusals": array(_REFUSAL),
                        "count": about(COUNT, "Passages on all pages."),
                        "page": FROM_ONE,
                        "pageSize": FROM_ONE,
                    }
                ),
            ),
        )
    },
    query=PAGE,
    path=path("key", TEXT, "The key of a journey.") | path("contactKey", TEXT, "The key of a contact."),
    refuses=(InteractionNotFound, ContactNotFound),
)
