"""Firing many events of one definition at once (api.md 7.2, D-52): the good ones go the way of a single event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waystage.ground import ids
from waystage.ground.errors import WaystageError
from waystage.ground.ids import InboxNumbers
from waystage.operations import fire_event
from waystage.operations.fire_event import AcceptedEvent, EventForm
from waystage.operations.write_rows import LONGEST_CONTACT_KEY
from waystage.store import event_requests, inbox
from waystage.store.event_requests import EventRequest, Member
from waystage.store.inbox import InboxRow
from waystage.store.sql import Tx

#: Members of one request at most (api.md 1.9).
MOST = 100


@dataclass(frozen=True, slots=True)
class GivenMember:
    """One member as it was sent: what is wrong with its form, or its contact key and data."""

    contact_key: object
    data: Mapping[str, Any]
    error: WaystageError | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """What became of a request; `guids` has the event of each member, None where it was refused."""

    request: str
    members: Sequence[Member]
    guids: Sequence[str | None]

    @property
    def lanes(self) -> set[int]:
        """The lanes whose inbox has something new."""
        return {member.lane for member in self.members if member.event}


def accept(form: EventForm, given: Sequence[GivenMember]) -> list[AcceptedEvent | WaystageError]:
    """Each member as an event that the inbox takes, or why it is refused; nothing is stored."""
    return [_accepted(form, member) for member in given]


def _accepted(form: EventForm, member: GivenMember) -> AcceptedEvent | WaystageError:
    if member.error is not None:
        return member.error
    try:
        return fire_event.accept(form, str(member.contact_key), member.data)
    except WaystageError as error:
        return error


def fire(
    tx: Tx,
    form: EventForm,
    given: Sequence[GivenMember],
    accepted: Sequence[AcceptedEvent | WaystageError],
    numbers: InboxNumbers,
    now: int,
) -> Fired:
    """Store all of a request in one transaction: rows that must be there first, events, and how each member stands."""
    events = [one for one in accepted if not isinstance(one, WaystageError)]
    if form.placed_first and events:
        fire_event.place_rows(tx, form, events, now)
    number, *taken = numbers.take(1 + len(events))
    rows = [InboxRow(each, *event) for each, event in zip(taken, events, strict=True)]
    if rows:
        inbox.append(tx, rows)
    following = iter(rows)
    members = [
        _refused(member, one) if isinstance(one, WaystageError) else _member(tx, next(following))
        for member, one in zip(given, accepted, strict=True)
    ]
    request = ids.new_guid()
    event_requests.append(tx, EventRequest(form.account, number, request, form.definition, form.key, now), members)
    guids = [ids.guid_of("event", member.lane, member.event) if member.event else None for member in members]
    return Fired(request, members, guids)


def _member(tx: Tx, row: InboxRow) -> Member:
    return Member(row.contact_key, ids.lane_of(row.account, row.contact_key, tx.lanes), row.id)


def _refused(member: GivenMember, error: WaystageError) -> Member:
    """What is no possible contact key is not kept."""
    key = member.contact_key
    usable = isinstance(key, str) and 0 < len(key) <= LONGEST_CONTACT_KEY and "\0" not in key
    return Member(str(key) if usable else None, errorcode=error.errorcode, message=error.message.replace("\0", ""))
