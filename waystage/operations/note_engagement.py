"""What people did with a message: each fact is kept once, for engagement splits and path optimizers (design 8.15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from waystage.ground import ids
from waystage.ground.errors import MissingValue, ValueNotAllowed
from waystage.operations.body_check import BodyCheck
from waystage.plan.engagement import bare
from waystage.plan.suppression import ALL_LISTS
from waystage.store import plans, unsubscribes, whereabouts, winners
from waystage.store.moves import SUPPRESSED
from waystage.store.sql import Tx
from waystage.store.unsubscribes import Unsubscribe
from waystage.store.winners import Fact, Sent

OPEN, CLICK, BOUNCE, UNSUBSCRIBE = TYPES = ("open", "click", "bounce", "unsubscribe")
_LONGEST_URL = 2_000


class Engagement(NamedTuple):
    """A fact as a caller tells it; `link` is the clicked address without query and fragment, '' but for clicks."""

    request_id: str
    kind: str
    link: str


def read(body: Mapping[str, Any]) -> Engagement:
    """The fact of a body; ValidationErrors."""
    check = BodyCheck(body)
    request_id = check.guid("requestId")
    if body.get("requestId") in (None, ""):
        check.refuse(MissingValue("requestId is required."))
    kind = check.choice("type", TYPES)
    if body.get("type") is None:
        check.refuse(MissingValue("type is required."))
    url = check.text("url", longest=_LONGEST_URL) or ""
    check.settle()
    return Engagement(request_id or "", kind or "", bare(url) if kind == CLICK else "")


def note(tx: Tx, account: int, told: Engagement, now: int) -> None:
    """Keep a fact; ValueNotAllowed if the message is not known or never left."""
    found = _message(tx, told)
    if found is None or found[1].account != account:
        raise ValueNotAllowed("requestId names no message.")
    if found[1].state >= SUPPRESSED:
        raise ValueNotAllowed("requestId names a message that was suppressed: nobody has received it.")
    _keep(tx, *found, told, now)


def note_followed(tx: Tx, told: Engagement, now: int) -> bool:
    """Keep a fact that a signed link tells; whether there is such a message."""
    found = _message(tx, told)
    if found is None or found[1].state >= SUPPRESSED:
        return False
    _keep(tx, *found, told, now)
    return True


def _message(tx: Tx, told: Engagement) -> tuple[int, Sent] | None:
    """The message and its lane."""
    named = ids.read_guid(told.request_id)
    kind, lane, seq, _ = named or ("", 0, 0, 0)
    place = whereabouts.find(tx, "outbox", lane, seq) if kind == "request" else None
    found = winners.message(tx, *place) if place is not None else None
    return None if place is None or found is None else (place[0], found)


def _keep(tx: Tx, lane: int, sent: Sent, told: Engagement, now: int) -> None:
    """A fact once; whoever unsubscribes wants nothing more from the list of the send (contract 25).

    Of a contact that is deleted nothing is kept any more.
    """
    if sent.is_deleted:
        return
    winners.note(tx, Fact(lane, sent.instance, sent.hop, sent.activity, told.kind, told.link), now)
    form = plans.forms(tx, [sent.form]).get(sent.form) if told.kind == UNSUBSCRIBE else None
    if form is not None:
        list_id = form.mail.list_id if form.mail is not None else ALL_LISTS
        unsubscribes.add(tx, lane, sent.contact, Unsubscribe(form.channel, list_id, now))
