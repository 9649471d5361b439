"""Counters of journeys (api.md 5.1 to 5.4) and the journey map (5.5)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family
from waystage.api.shapes.journeys import JOURNEYS
from waystage.api.shapes.parameters import VERSION
from waystage.api.shapes.schema import (
    COUNT,
    DATE,
    EMPTY,
    FROM_ONE,
    GUID,
    NUMBER,
    TEXT,
    Named,
    answer,
    array,
    body,
    nullable,
    words,
)
from waystage.ground.errors import EventDefinitionNotFound, InteractionNotFound

STATISTICS: Final = Family("Statistics", "Counters; they agree with the history.")

_STATUS: Final = answer(
    {
        "eventType": words(("MetCriteria", "ContactAttempted", "Failed", "ContactsWaiting")),
        "category": words(("success", "information", "failure")),
        "count": COUNT,
    }
)
_OF_ACTIVITY: Final = {"activityId": TEXT, "activityKey": TEXT}
_DAY: Final = Named(
    "GoalDay",
    answer(
        {
            "date": DATE,
            "activities": array(
                answer(
                    {
                        **_OF_ACTIVITY,
                        "activityType": TEXT,
                        "cumulativePopulationForDay": COUNT,
                        "metGoalForDay": COUNT,
                    }
                )
            ),
            "cumulativePopulation": COUNT,
            "metGoal": COUNT,
            "metExitCriteria": COUNT,
            "goalPerformance": NUMBER,
        }
    ),
)
_WAIT: Final = Named(
    "WaitCount",
    answer({**_OF_ACTIVITY, "name": TEXT, "type": TEXT, "count": COUNT, "nextReleaseDate": nullable(DATE)}),
)
_OF_VERSION: Final = {"id": GUID, "version": FROM_ONE}

TRIGGER: Final = Call(
    STATISTICS,
    {200: Answer("Of the last 30 days.", Named("TriggerStatistics", answer({"statuses": array(_STATUS)})))},
    refuses=(EventDefinitionNotFound, InteractionNotFound),
)
GOALS: Final = Call(
    STATISTICS,
    {
        200: Answer(
            "Day by day, without the quiet ones.", Named("GoalStatistics", answer({**_OF_VERSION, "days": array(_DAY)}))
        )
    },
    query=VERSION,
    refuses=(InteractionNotFound,),
)
CLEAR_GOALS: Final = Call(
    STATISTICS,
    {200: Answer("The goal reads zero from now on.", EMPTY)},
    query=VERSION,
    refuses=(InteractionNotFound,),
)
WAITS: Final = Call(
    STATISTICS,
    {200: Answer("How many wait where.", Named("WaitStatistics", answer({**_OF_VERSION, "activities": array(_WAIT)})))},
    query=VERSION,
    refuses=(InteractionNotFound,),
)

_MAP: Final = Named("JourneyMap", answer({}, {"createdDate": DATE, "modifiedDate": DATE}, more=True))
READ_MAP: Final = Call(JOURNEYS, {200: Answer("The document; empty if there is none.", _MAP)})
SAVE_MAP: Final = Call(
    JOURNEYS,
    {200: Answer("The document as it is stored.", _MAP)},
    Body(Named("NewJourneyMap", body({})), {"stages": ["visit", "buy", "come back"]}),
    text="Replaces the one document that a business unit has.",
)
