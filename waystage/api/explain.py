"""GET journeys/{key}/contacts/{contactKey}: what happened to one contact, and why (contract 22)."""

from __future__ import annotations

from waystage.api.replies import Reply, iso_z
from waystage.api.requests import Request
from waystage.operations import explain as explaining
from waystage.operations.explain import Question, Refused, Told
from waystage.operations.explain_messages import SentMessage
from waystage.operations.explain_passage import Visit
from waystage.operations.explain_words import Why


async def explain(request: Request) -> Reply:
    """Every passage and refusal, the oldest first; of several pages the first has the newest."""
    world, paging = request.world, request.paging()
    key, contact = request.path["key"], request.path["contactKey"]
    asked = Question(request.caller.account, key, contact, paging.size, paging.offset)
    found = await request.read(explaining.explain, world.kinds, asked, request.now, world.settings.utc_offset)
    return Reply(
        body={
            "contactKey": found.contact_key,
            "journeyKey": found.journey_key,
            "passages": [_passage(one) for one in found.passages],
            "refusals": [_refusal(one) for one in found.refusals],
            "count": found.count,
            "page": paging.page,
            "pageSize": paging.size,
        }
    )


def _passage(told: Told) -> dict[str, object]:
    passage = told.passage
    entry: dict[str, object] = {"decision": told.entry.decision, "reason": told.entry.reason}
    body: dict[str, object] = {
        "version": told.version,
        "definitionInstanceId": told.instance_id,
        "entered": iso_z(told.entered),
        "entry": entry | ({"why": [_why(one) for one in told.entry.why]} if told.entry.why else {}),
        "visits": [_visit(one) for one in passage.visits],
        "state": passage.state,
    }
    until = {} if passage.until is None else {"until": iso_z(passage.until)}
    event = {} if passage.event is None else {"event": passage.event}
    if until or event:
        body["waitingFor"] = until | event
    if passage.ended is not None:
        at, reason = passage.ended
        body["ended"] = {"at": iso_z(at), "reason": reason}
    return body | ({"leftOut": passage.earlier} if passage.earlier else {})


def _visit(visit: Visit) -> dict[str, object]:
    body: dict[str, object] = {
        "activityKey": visit.activity_key,
        "type": visit.type,
        "arrived": iso_z(visit.arrived),
        "departed": None if visit.departed is None else iso_z(visit.departed),
        "outcome": visit.outcome,
        "why": [_why(one) for one in visit.why],
    }
    return body | ({} if visit.message is None else {"message": _message(visit.message)})


def _message(message: SentMessage) -> dict[str, object]:
    return {
        "requestId": message.request_id,
        "channel": message.channel,
        "status": message.status,
        "reason": message.reason,
    }


def _why(why: Why) -> dict[str, object]:
    return {
        "expression": why.expression,
        "value": why.value,
        "operator": why.operator,
        "operand": why.operand,
        "result": why.result,
    }


def _refusal(refused: Refused) -> dict[str, object]:
    body: dict[str, object] = {"at": iso_z(refused.at), "version": refused.version, "reason": refused.reason}
    return body | ({"why": [_why(one) for one in refused.why]} if refused.why else {})
