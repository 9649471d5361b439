"""Rows of history on the wire (journey-spec 9.1, 9.3, api.md 9.1)."""

from __future__ import annotations

from waystage.api.replies import iso_z
from waystage.operations.history_rows import HistoryRow
from waystage.operations.search_trace import event_type


def wire_row(row: HistoryRow) -> dict[str, object]:
    """Write one row; dates in UTC with Z."""
    texts, at = row.origin.texts, iso_z(row.at)
    return {
        "id": row.id,
        "longId": str(int(row.id.replace("-", ""), 16)),
        "mid": texts.account,
        "eid": texts.account,
        "eventId": texts.event_id,
        "eventName": texts.event_name,
        "definitionId": texts.definition_id,
        "definitionName": row.origin.name,
        "definitionInstanceId": row.instance_id,
        "contactKey": row.contact_key,
        "activityId": row.place.id,
        "activityName": row.place.name,
        "activityType": row.place.type,
        "activityBatchInstanceId": row.visit_id,
        "outcomeActivityId": row.outcome_activity,
        "transactionTime": at,
        "epochTimeInMilliseconds": row.at,
        "createdDate": at,
        "startDate": at,
        "endDate": None if row.end is None else iso_z(row.end),
        "status": row.status,
        "clientStatus": row.client_status,
        "message": row.message,
        "messageSource": row.messages[0].code if row.messages else "",
        "sourceType": row.origin.entry_source,
        "entrySource": texts.event_key,
        "result": _result(row),
    }


def _result(row: HistoryRow) -> dict[str, object]:
    return {
        "status": row.client_status,
        "tags": list(row.origin.tags),
        "messages": [
            {"level": one.level, "errorCode": one.code, "message": one.text, "parameters": {}} for one in row.messages
        ],
        "outcome": row.outcome,
    }


def source(row: HistoryRow) -> dict[str, object]:
    """Write one trace event: the row, and the names of journey-spec 9.3."""
    return {
        **wire_row(row),
        "EventType": event_type(row),
        "ActivityType": row.place.type,
        "ActivityKey": row.place.key,
        "OutcomeKey": row.outcome,
        "OutcomeStatus": row.client_status,
        "ContactKey": row.contact_key,
        "DefinitionId": row.origin.texts.definition_id,
        "DefinitionInstanceId": row.instance_id,
        "TransactionTime": iso_z(row.at),
        "Message": row.message,
    }
