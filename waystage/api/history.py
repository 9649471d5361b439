"""History and trace of journeys over HTTP (api.md 5.6, 5.8, 9.1); all dates in UTC with Z (D-54a)."""

from __future__ import annotations

from typing import Any

import msgspec

from waystage.api.history_replies import source, wire_row
from waystage.api.replies import Reply, collection
from waystage.api.requests import Request, recased
from waystage.ground.errors import ValueNotAllowed, WrongFormat, WrongType
from waystage.operations import read_history, search_trace
from waystage.operations.body_check import as_object
from waystage.operations.history_rows import HistoryRow
from waystage.operations.read_history import Asked
from waystage.spec import moments, query_string

PAGE_SIZE = 100
#: Values that one list of a filter may have.
MOST_VALUES = 1_000
#: Trace events of one answer, when the caller does not say how many, and at most (D-43).
FEW_EVENTS, MOST_EVENTS = 10, 1_000

LISTS = {
    "definitionIds": "definition_ids",
    "activityIds": "activity_ids",
    "activityTypes": "activity_types",
    "contactKeys": "contact_keys",
    "statuses": "statuses",
    "clientStatuses": "client_statuses",
    "definitionInstanceIds": "instance_ids",
    "tags": "tags",
}


async def search(request: Request) -> Reply:
    """POST interactions/journeyhistory/search: rows of history, the newest first unless asked otherwise."""
    asked = asked_filter(as_object(request.json()), descending=_descending(request))
    return await _page(request, asked, PAGE_SIZE)


async def collect(request: Request) -> Reply:
    """GET history: the same rows with a filter in the query (D-45)."""
    text = request.query.text
    body = {name: text(name) or None for name in ("start", "end")}
    lists = {name: [value] for name, value in _named(request).items() if value}
    return await _page(request, asked_filter({**body, **lists}, descending=_descending(request)), None)


def _named(request: Request) -> dict[str, str | None]:
    return {"definitionIds": request.query.text("definitionId"), "contactKeys": request.query.text("contactKey")}


async def _page(request: Request, asked: Asked, size: int | None) -> Reply:
    largest = request.world.settings.max_page_size
    paging = request.query.paging(largest) if size is None else request.query.paging(largest, size)
    account, kinds = request.caller.account, request.world.kinds
    count, rows = await request.read(read_history.page, kinds, account, asked, paging.size, paging.offset)
    return Reply(body=collection([wire_row(row) for row in rows], count, paging.page, paging.size))


def _descending(request: Request) -> bool:
    words = (request.query.text("$orderBy") or "transactiontime desc").lower().split()
    if words[0] != "transactiontime" or words[1:] not in ([], ["asc"], ["desc"]):
        raise ValueNotAllowed("$orderBy must be TransactionTime, followed by ASC or DESC.")
    return words[1:] == ["desc"]


def asked_filter(body: dict[str, Any], *, descending: bool = True) -> Asked:
    """Read the body that searches, downloads and estimates share; errors name the property."""
    given = recased(body, (*LISTS, "start", "end"))
    lists = {field: _texts(name, given.get(name)) for name, field in LISTS.items()}
    start, end = (_date(name, given.get(name)) for name in ("start", "end"))
    return Asked(start=start, end=end, descending=descending, **lists)


def _date(name: str, value: object) -> int | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise WrongType(f"{name} must be a date.")
    try:
        return moments.parse_date(value, 0)
    except (ValueError, OverflowError) as error:
        raise WrongFormat(f"{name}: {error}") from error


def _texts(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise WrongType(f"{name} must be an array of texts.")
    if len(value) > MOST_VALUES:
        raise ValueNotAllowed(f"{name} must not have more than {MOST_VALUES} values.")
    if any("\0" in one for one in value):
        raise WrongFormat(f"{name} must not contain the character U+0000.")
    return tuple(dict.fromkeys(value))


# -- trace ----------------------------------------------------------------------------------------------------------


async def search_events(request: Request) -> Reply:
    """POST interactions/traceevents/search: a JSON document within a JSON string, or plain with `format=object`."""
    body = as_object(request.json())
    size = min(_whole(body, "size", FEW_EVENTS), MOST_EVENTS)
    offset = _whole(body, "from", 0)
    query = _query(body)
    asked = _asked_events(query)

    def fits(row: HistoryRow) -> bool:
        return query_string.matches(query, _fields(row))

    account, kinds = request.caller.account, request.world.kinds
    found = await request.read(search_trace.search, kinds, account, asked, fits, (size, offset))
    hits = [{"_id": row.id, "_source": source(row)} for row in found.rows]
    answer = {"timed_out": found.is_partial, "hits": {"total": found.total, "hits": hits}}
    plain = (request.query.text("format") or "").lower() == "object"
    return Reply(body=answer if plain else msgspec.json.encode(answer).decode())


def _whole(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"{name} must be a whole number.")
    if not 0 <= value <= read_history.MOST:
        raise ValueNotAllowed(f"{name} must lie between 0 and {read_history.MOST}.")
    return value


def _query(body: dict[str, Any]) -> query_string.Query:
    """The query of `filter.fquery.query.query_string.query`, or of `query.query_string.query`; everything if absent."""
    found: object = body
    for name in ("filter", "fquery", "query", "query_string", "query") if "filter" in body else (
        "query", "query_string", "query",
    ):  # fmt: skip
        if found is None:
            break
        found = as_object(found, "What leads to query_string").get(name)
    if found is None:
        return query_string.parse("")
    if not isinstance(found, str):
        raise WrongType("query_string.query must be text.")
    try:
        return query_string.parse(found)
    except ValueError as error:
        raise WrongFormat(f"query_string.query: {error}") from error


def _asked_events(query: query_string.Query) -> Asked:
    """What of a query reaches the tables by key or by time; the whole query is applied to the rows again."""
    names = {
        "contactkey": "contact_keys",
        "definitionid": "definition_ids",
        "definitioninstanceid": "instance_ids",
        "activityid": "activity_ids",
        "activitytype": "activity_types",
        "status": "statuses",
    }
    terms = query_string.required(query)
    lists = {names[name]: (value,) for name, value in terms.items() if name in names and "\0" not in value}
    start, end = moments.stretch(query_string.begun(query, "transactiontime")) or (None, None)
    return Asked(start=start, end=end, descending=True, **lists)


def _fields(row: HistoryRow) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in source(row).items() if isinstance(value, str | int)}
