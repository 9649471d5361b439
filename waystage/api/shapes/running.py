"""Publishing, stopping, pausing, transactional journeys (api.md 4)."""

from __future__ import annotations

from typing import Final

from waystage.api.interaction_lists import STATUSES
from waystage.api.shapes.call import Answer, Body, Call, Family
from waystage.api.shapes.parameters import EVERY, ONE_VERSION
from waystage.api.shapes.schema import (
    ACCEPTED,
    COUNT,
    FINDING,
    FLAG,
    FROM_ONE,
    GUID,
    TEXT,
    Named,
    about,
    answer,
    array,
    body,
    either,
    optional,
    words,
)
from waystage.ground.errors import (
    BadRequest,
    InteractionNotFound,
    StateConflict,
    StatusNotFound,
    ValidationErrors,
    ValueNotAllowed,
)

RUNNING: Final = Family("Running journeys", "A Draft is published by a job; then it runs until it is stopped.")

JOB: Final = Named(
    "Job", answer({"statusUrl": about(TEXT, "Where to ask for the result, relative to the server."), "statusId": GUID})
)
JOB_STATUS: Final = Named(
    "JobStatus",
    answer(
        {
            "statusId": GUID,
            "status": words(
                ("PublishInProcess", "PublishCompleted", "ValidateInProcess", "ValidateCompleted", "Error")
            ),
            "errors": array(FINDING),
            "warnings": array(FINDING),
        }
    ),
)
_FLAG: Final = either(FLAG, words(("true", "false")))
PAUSE: Final = Named(
    "Pause",
    body(
        optional(
            {
                "ExtendWaitEndDates": about(_FLAG, "Waits end later by the length of the pause."),
                "PausedDays": about(either(FROM_ONE, {"type": "string", "pattern": "^[0-9]+$"}), "1 to 14."),
                "GuardrailAction": words(("stop", "resume", "none"), "What happens after PausedDays."),
                "RetainContactInjectionWhileJourneyPaused": about(_FLAG, "Who enters meanwhile waits at the door."),
                "ProcessWaitUntilEvents": _FLAG,
            }
        )
    ),
)
VERSION_STATUS: Final = answer({"id": GUID, "status": words(STATUSES), "versionNumber": FROM_ONE})
_SAID: Final = {
    **FINDING,
    "properties": {**FINDING["properties"], "message": about(TEXT, "The errorDetail.")},
}
FINDINGS: Final = Named("Findings", answer({"errors": array(_SAID)}))

_START = (InteractionNotFound, ValueNotAllowed, BadRequest, StateConflict)
_CHANGE = (InteractionNotFound, ValueNotAllowed, BadRequest)

PUBLISH: Final = Call(
    RUNNING,
    {200: Answer("The job that was started.", JOB)},
    query=ONE_VERSION,
    refuses=_START,
    text="Starts a job that checks the version and publishes it. Poll statusUrl until it says PublishCompleted.",
)
VALIDATE: Final = Call(
    RUNNING,
    {200: Answer("The job that was started.", JOB)},
    query=ONE_VERSION,
    refuses=_START,
    text="Checks as publishing would, and changes nothing.",
)
JOB_RESULT: Final = Call(
    RUNNING, {200: Answer("How far the job is, and what it found.", JOB_STATUS)}, refuses=(StatusNotFound,)
)
STOP: Final = Call(
    RUNNING,
    {200: Answer("Done.", ACCEPTED)},
    query=EVERY,
    refuses=_CHANGE,
    text="At once and for good: whoever is inside leaves.",
)
PAUSE_CALL: Final = Call(
    RUNNING,
    {202: Answer("Done.", ACCEPTED)},
    Body(PAUSE, {"PausedDays": 7, "GuardrailAction": "resume"}, required=False),
    EVERY,
    refuses=_CHANGE,
    text="Contacts stay where they are until the version is resumed.",
)
RESUME: Final = Call(RUNNING, {202: Answer("Done.", ACCEPTED)}, query=EVERY, refuses=_CHANGE)
STATUS: Final = Call(
    RUNNING,
    {200: Answer("The versions; none if there is no such version.", array(VERSION_STATUS))},
    query=EVERY,
    refuses=(InteractionNotFound, ValueNotAllowed),
)
SUMMARY: Final = Call(
    RUNNING,
    {
        200: Answer(
            "Activities of the newest version by type.",
            answer({"id": GUID, "activities": array(answer({"type": TEXT, "count": COUNT}))}),
        )
    },
    refuses=(InteractionNotFound,),
)
TRANSACTIONAL: Final = Call(
    RUNNING,
    {
        200: Answer("Done.", FINDINGS),
        400: Answer("What keeps the journey from it, or a refusal.", FINDINGS),
    },
    Body(
        Named("TransactionalJourney", body({"definitionId": about(TEXT, "Id of the journey.")}, "definitionId")),
        {"definitionId": "5b0c4a0e-6a0a-4f1b-9a5e-0d6f2f9f8c11"},
    ),
    refuses=(ValidationErrors, InteractionNotFound, BadRequest, StateConflict),
)
