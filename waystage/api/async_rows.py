"""Rows of data extensions written after the answer (api.md 11.5)."""

from __future__ import annotations

from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request, recased
from waystage.operations import load_rows, read_load
from waystage.operations.body_check import as_object
from waystage.operations.load_rows import INSERT, UPSERT
from waystage.store.row_requests import Refusal, RowRequest


async def insert(request: Request) -> Reply:
    """POST rows: 202 once they are stored to be inserted; a primary key that exists is an error of its row."""
    return await _accept(request, INSERT)


async def upsert(request: Request) -> Reply:
    """PUT rows: 202 once they are stored to be upserted."""
    return await _accept(request, UPSERT)


async def _accept(request: Request, kind: str) -> Reply:
    items = load_rows.read_items(recased(as_object(request.json()), ("items",)))
    pieces, account = load_rows.pieces_of(items), request.caller.account
    guid = await request.write(load_rows.request, account, request.path, kind, len(items), pieces, request.now)
    request.world.loader.start(guid)
    return Reply(202, {"requestId": guid, "resultMessages": []})


async def status(request: Request) -> Reply:
    """GET status: how far a request has come; 200 for an unknown one too, with a message."""
    guid = request.path["requestId"]
    found = await request.read(read_load.find, request.caller.account, guid)
    if found is None:
        return _unknown(guid)
    return Reply(body={"status": _status(found, request.world.settings.utc_offset), "requestId": found.guid})


def _status(found: RowRequest, offset: int) -> dict[str, object]:
    over = found.completed is not None
    return {
        "callDateTime": wire_date(found.called, offset),
        "completionDateTime": wire_date(found.completed, offset) if over else None,
        "hasErrors": found.refused > 0,
        "pickupDateTime": wire_date(found.picked, offset) if found.picked is not None else None,
        "requestStatus": found.status,
        "resultStatus": ("Error" if found.refused else "OK") if over else None,
        "requestId": found.guid,
    }


async def results(request: Request) -> Reply:
    """GET results: one item for each row that was looked at, in the order of the request."""
    paging, guid = request.paging(), request.path["requestId"]
    found = await request.read(read_load.results, request.caller.account, guid, paging.size, paging.offset)
    if found is None:
        return _unknown(guid)
    asked, places, refused = found
    items = [_result(refused.get(place)) for place in places]
    body = {"page": paging.page, "pageSize": paging.size, "count": asked.done, "items": items, "requestId": asked.guid}
    return Reply(body=body)


def _result(refusal: Refusal | None) -> dict[str, object]:
    if refusal is None:
        return {"errorCode": "", "message": "", "status": "OK"}
    return {"errorCode": str(refusal.errorcode), "message": refusal.message, "status": "Error"}


def _unknown(guid: str) -> Reply:
    message = {
        "resultType": "Operational",
        "resultClass": "Error",
        "resultCode": "AsyncRequestStatusNotFound",
        "message": f"Unable to locate an Async Request Status Record for the provided RequestId: {guid}.",
    }
    return Reply(body={"requestId": guid, "resultMessages": [message]})
