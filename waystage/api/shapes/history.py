"""History, trace and audit of journeys (api.md 5.6, 5.8, 5.9, 9)."""

from __future__ import annotations

from typing import Final

from waystage.api.history import LISTS, MOST_VALUES
from waystage.api.history_columns import COLUMNS, FORMATS, MEDIA_TYPES
from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.parameters import PAGE, VERSION, order
from waystage.api.shapes.schema import (
    COUNT,
    DATE,
    FLAG,
    FROM_ONE,
    GIVEN_DATE,
    GUID,
    OBJECT,
    TEXT,
    UTC_DATE,
    WHOLE,
    Named,
    answer,
    array,
    body,
    either,
    nullable,
    optional,
    page_of,
    words,
)
from waystage.ground.errors import InteractionNotFound, MissingValue, ValueNotAllowed, WrongFormat
from waystage.operations import read_audit, read_history

HISTORY: Final = Family("History", "What happened to every contact. All dates are in UTC.")
ORDER: Final = order("TransactionTime", usual="TransactionTime DESC")

_MESSAGE: Final = answer({"level": TEXT, "errorCode": TEXT, "message": TEXT, "parameters": OBJECT})
_ROW: Final = {
    "id": GUID,
    "longId": TEXT,
    "mid": WHOLE,
    "eid": WHOLE,
    "eventId": nullable(TEXT),
    "eventName": nullable(TEXT),
    "definitionId": nullable(TEXT),
    "definitionName": nullable(TEXT),
    "definitionInstanceId": nullable(GUID),
    "contactKey": TEXT,
    "activityId": nullable(TEXT),
    "activityName": nullable(TEXT),
    "activityType": nullable(TEXT),
    "activityBatchInstanceId": nullable(TEXT),
    "outcomeActivityId": nullable(TEXT),
    "transactionTime": UTC_DATE,
    "epochTimeInMilliseconds": WHOLE,
    "createdDate": UTC_DATE,
    "startDate": UTC_DATE,
    "endDate": nullable(UTC_DATE),
    "status": TEXT,
    "clientStatus": TEXT,
    "message": TEXT,
    "messageSource": TEXT,
    "sourceType": TEXT,
    "entrySource": nullable(TEXT),
    "result": answer({"status": TEXT, "tags": array(TEXT), "messages": array(_MESSAGE), "outcome": nullable(TEXT)}),
}
ROW: Final = Named("HistoryRow", answer(_ROW))
PAGE_OF_ROWS: Final = page_of("HistoryRows", ROW)
_DATES: Final = {"start": GIVEN_DATE, "end": GIVEN_DATE}
FILTER: Final = Named(
    "HistoryFilter", body(optional({**_DATES, **{name: array(TEXT, most=MOST_VALUES) for name in LISTS}}))
)
_SAMPLE: Final = {"start": "2026-01-01T00:00:00Z", "contactKeys": ["ann"], "statuses": ["Complete"]}

SEARCH: Final = Call(
    HISTORY,
    {200: Answer("A page of rows; count stops at 10,000.", PAGE_OF_ROWS)},
    Body(FILTER, _SAMPLE, required=False),
    (*PAGE, ORDER),
    refuses=(ValueNotAllowed, WrongFormat),
)
COLLECT: Final = Call(
    HISTORY,
    {200: Answer("A page of rows; count stops at 10,000.", PAGE_OF_ROWS)},
    query=(
        *PAGE,
        ORDER,
        Parameter("definitionId", TEXT, "The id of a version, or of a journey with all its versions."),
        Parameter("contactKey", TEXT, "The contact."),
        Parameter("start", GIVEN_DATE, "From this instant on."),
        Parameter("end", GIVEN_DATE, "Up to this instant."),
    ),
    refuses=(ValueNotAllowed, WrongFormat),
)
_FILE: Final = (
    Parameter("format", words(FORMATS), "csv without it."),
    Parameter("columns", array(words(COLUMNS)), "The columns, in this order."),
)
DOWNLOAD: Final = Call(
    HISTORY,
    {200: Answer("The file, streamed; compressed if the client takes gzip.", files=tuple(MEDIA_TYPES.values()))},
    Body(FILTER, _SAMPLE, required=False),
    _FILE,
    headers=(Parameter("x-direct-pipe", words(("true",)), "Always true.", "header", required=True),),
    refuses=(MissingValue, ValueNotAllowed, WrongFormat),
)
ESTIMATE: Final = Call(
    HISTORY,
    {
        200: Answer(
            "How large the file would be.",
            Named(
                "HistoryEstimate", answer({"rowCount": COUNT, "fileSizeBytes": COUNT, "compressedFileSizeBytes": COUNT})
            ),
        )
    },
    Body(FILTER, _SAMPLE, required=False),
    _FILE,
    refuses=(ValueNotAllowed, WrongFormat),
)
FRESHNESS: Final = Call(
    HISTORY,
    {200: Answer("The seconds by which history lags.", Named("HistoryFreshness", answer({"freshness": COUNT})))},
)

_EVENT: Final = Named(
    "TraceEvent",
    answer(
        {
            **_ROW,
            **{name: nullable(TEXT) for name in ("EventType", "ActivityType", "ActivityKey", "OutcomeKey",
                "OutcomeStatus", "ContactKey", "DefinitionId", "DefinitionInstanceId", "Message")},
            "TransactionTime": UTC_DATE,
        }
    ),
)  # fmt: skip
_HITS: Final = Named(
    "TraceEvents",
    answer(
        {
            "timed_out": FLAG,
            "hits": answer({"total": COUNT, "hits": array(answer({"_id": GUID, "_source": _EVENT}))}),
        }
    ),
)
_MOST: Final = {"type": "integer", "minimum": 0, "maximum": read_history.MOST}
_QUERY: Final = body({"query_string": nullable(body(optional({"query": TEXT})))})
TRACE: Final = Call(
    HISTORY,
    {200: Answer("A JSON document within a JSON string; with format=object the document itself.", either(TEXT, _HITS))},
    Body(
        Named(
            "TraceQuery",
            body(
                optional(
                    {
                        "from": _MOST,
                        "size": _MOST,
                        "filter": body({"fquery": nullable(body({"query": nullable(_QUERY)}))}),
                        "query": _QUERY,
                    }
                )
            ),
        ),
        {
            "size": 10,
            "filter": {"fquery": {"query": {"query_string": {"query": "contactKey:ann AND status:Complete"}}}},
        },
        required=False,
    ),
    (Parameter("format", words(("object",)), "The document itself instead of a string."),),
    refuses=(ValueNotAllowed, WrongFormat),
)

_USER: Final = answer({"name": TEXT, "userId": WHOLE})
_CHANGE: Final = Named(
    "JourneyChange",
    answer(
        {
            "id": GUID,
            "action": words(read_audit.ACTIONS.values()),
            "user": _USER,
            "timeStamp": DATE,
            "key": TEXT,
            "versionNumber": FROM_ONE,
            "originalDefinitionId": GUID,
            "name": TEXT,
            "description": TEXT,
        },
        {
            "executionMode": TEXT,
            "publishStatus": words(("PublishCompleted", "Error")),
            "publishRequestId": GUID,
            "errors": array(answer({"ErrorDetail": TEXT, "ErrorCode": TEXT})),
            "sourceInteraction": answer({"id": GUID, "version": FROM_ONE, "key": TEXT}),
            "ContactsEjected": COUNT,
        },
        more=True,
    ),
)
_ACTION: Final = words((read_audit.ALL, *read_audit.ACTIONS), "In any letter case.")
AUDIT: Final = Call(
    HISTORY,
    {200: Answer("A page of changes, the newest first.", page_of("JourneyChanges", _CHANGE))},
    query=(*VERSION, *PAGE),
    path=path("action", _ACTION, "Which changes."),
    refuses=(InteractionNotFound, ValueNotAllowed),
    text="Also of journeys that are deleted.",
)
