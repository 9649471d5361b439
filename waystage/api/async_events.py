"""Many events at once, and what became of them (api.md 7.2, 7.3, D-52, D-53)."""

from __future__ import annotations

from typing import Any

from waystage.api.events import event_form
from waystage.api.replies import Reply, collection, wire_date
from waystage.api.requests import Request, recased
from waystage.ground import ids
from waystage.ground.errors import MissingValue, ValueNotAllowed, WaystageError, WrongFormat, WrongType
from waystage.operations import fire_many, read_members
from waystage.operations.body_check import as_object, is_guid
from waystage.operations.fire_many import Fired, GivenMember
from waystage.spec import moments
from waystage.store.event_requests import Status, Wanted

_BODY = ("eventDefinitionKey", "members")
_MEMBER = ("contactKey", "data")
_ONE_OF = ("type", "contactKey", "requestId", "eventInstanceId", "eventDefinitionKey")
_FEW = ("requestId", "contactKey", "eventInstanceId")


async def fire(request: Request) -> Reply:
    """POST async/events: 202 once all of them are stored; members in the order of the request."""
    key, members = _read(request)
    form = await event_form(request, key)
    given = [_member(place, member) for place, member in enumerate(members)]
    accepted = fire_many.accept(form, given)
    world = request.world
    fired = await request.write(fire_many.fire, form, given, accepted, world.numbers, request.now)
    if fired.lanes:
        world.engine.notify(fired.lanes)
    return Reply(202, _answer(members, fired))


def _read(request: Request) -> tuple[str, list[Any]]:
    body = recased(as_object(request.json()), _BODY)
    key, members = body.get("eventDefinitionKey"), body.get("members")
    if key is None or key == "":
        raise MissingValue("eventDefinitionKey is required.")
    if not isinstance(key, str):
        raise WrongType("eventDefinitionKey must be text.")
    if members is None:
        raise MissingValue("members is required.")
    if not isinstance(members, list):
        raise WrongType("members must be an array.")
    if not 1 <= len(members) <= fire_many.MOST:
        raise ValueNotAllowed(
            f"Interaction Count Limit Exceeded: members must have 1 to {fire_many.MOST} entries, not {len(members)}."
        )
    return key, members


def _member(place: int, sent: object) -> GivenMember:
    """One member as it was sent; what is wrong with it is its own error, not the request's."""
    try:
        member = recased(as_object(sent, f"members[{place}]"), _MEMBER)
        data = member.get("data")
        if data is not None and not isinstance(data, dict):
            raise WrongType("data must be an object.")
        key = member.get("contactKey")
        if key is None or key == "":
            raise MissingValue("contactKey is required.")
        if not isinstance(key, str):
            raise WrongType("contactKey must be text.")
    except WaystageError as error:
        return GivenMember(_contact_key(sent), {}, error)
    return GivenMember(key, data or {})


def _contact_key(sent: object) -> object:
    """What stands for the contact key in a member, whatever it is."""
    named = sent.items() if isinstance(sent, dict) else ()
    return next((value for name, value in named if name.lower() == "contactkey"), None)


def _answer(members: list[Any], fired: Fired) -> dict[str, object]:
    items: list[dict[str, object]] = []
    for sent, member, guid in zip(members, fired.members, fired.guids, strict=True):
        item: dict[str, object] = {"contactKey": _contact_key(sent)}
        if guid is not None:
            item["eventInstanceId"] = guid
        else:
            item |= {"errorcode": member.errorcode, "message": member.message}
        items.append(item)
    refused = sum(guid is None for guid in fired.guids)
    return {"requestId": fired.request, "count": len(items), "notQueuedCount": refused, "members": items}


# -- status ---------------------------------------------------------------------------------------------------------


async def status(request: Request) -> Reply:
    """GET async/events/status: a collection, in the order of the requests and their members unless asked otherwise."""
    wanted = _wanted(request)
    paging, account = request.paging(), request.caller.account
    if wanted is None:
        return Reply(body=collection([], 0, paging.page, paging.size))
    count, found = await request.read(read_members.page, account, wanted, paging.size, paging.offset)
    items = [_row(one, request.world.settings.utc_offset) for one in found]
    return Reply(body=collection(items, count, paging.page, paging.size))


def _wanted(request: Request) -> Wanted | None:
    """What is asked for; None where nothing can be meant, because an event id is none of ours."""
    text = {name: request.query.text(name) or None for name in _ONE_OF}
    if not any(text.values()):
        raise MissingValue(f"At least one of {', '.join(_ONE_OF)} is required.")
    by_change, descending = _order(request, text)
    event = _event(text["eventInstanceId"])
    if text["eventInstanceId"] is not None and event is None:
        return None
    start, end = _date(request, "startDate"), _date(request, "endDate")
    return Wanted(
        start=request.now - read_members.KEPT if start is None else start,
        end=end,
        status=_type(text["type"]),
        contact_key=text["contactKey"],
        request=_guid("requestId", text["requestId"]),
        event=event,
        event_key=text["eventDefinitionKey"],
        by_change=by_change,
        descending=descending,
    )


def _type(word: str | None) -> str | None:
    if word is None:
        return None
    known = {status.lower(): status for status in read_members.STATUSES}
    if word.strip().lower() not in known:
        raise ValueNotAllowed("type must be errored, queued or processed.")
    return known[word.strip().lower()]


def _guid(name: str, text: str | None) -> str | None:
    if text is not None and not is_guid(text):
        raise WrongFormat(f"{name} must be a GUID.")
    return None if text is None else text.lower()


def _event(guid: str | None) -> tuple[int, int] | None:
    """Lane and number of the event with this id."""
    found = ids.read_guid(_guid("eventInstanceId", guid) or "")
    return (found[1], found[2]) if found is not None and found[0] == "event" and not found[3] else None


def _order(request: Request, given: dict[str, str | None]) -> tuple[bool, bool]:
    """Whether the order is that of the last change, and whether it is descending."""
    words = (request.query.text("$orderBy") or "").lower().split()
    if not words:
        return False, False
    if words[0] != "modifieddate" or words[1:] not in ([], ["asc"], ["desc"]):
        raise ValueNotAllowed("$orderBy must be modifiedDate, followed by ASC or DESC.")
    if not any(given[name] for name in _FEW):
        raise ValueNotAllowed(f"$orderBy is only possible together with one of {', '.join(_FEW)}.")
    return True, words[1:] == ["desc"]


def _date(request: Request, name: str) -> int | None:
    text = request.query.text(name)
    if not text:
        return None
    try:
        return moments.parse_date(text, request.world.settings.utc_offset)
    except (ValueError, OverflowError) as error:
        raise WrongFormat(f"{name}: {error}") from error


def _row(found: Status, offset: int) -> dict[str, object]:
    member = found.member
    return {
        "requestId": found.request,
        "eventInstanceId": ids.guid_of("event", member.lane, member.event) if member.event else None,
        "eventDefinitionKey": found.event_key,
        "contactKey": member.contact_key,
        "status": found.status,
        "errorcode": member.errorcode,
        "message": member.message,
        "createdDate": wire_date(found.created, offset),
        "modifiedDate": wire_date(found.modified, offset),
    }
