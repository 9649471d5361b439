"""What people did with a message: each fact is kept once, for engagement splits and path optimizers (design 8.15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from waystage.ground import ids
from waystage.ground.errors import MissingValue, ValueNotAllowed
from waystage.operations.body_check import BodyCheck
from waystage.store import winners
from waystage.store.moves import SUPPRESSED
from waystage.store.sql import Tx, lane_numbers
from waystage.store.winners import Fact

TYPES = ("open", "click", "bounce", "unsubscribe")
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
    link = url.partition("#")[0].partition("?")[0] if kind == "click" else ""
    return Engagement(request_id or "", kind or "", link)


def note(tx: Tx, account: int, told: Engagement, now: int) -> None:
    """Keep a fact; ValueNotAllowed if the message is not known or never left."""
    named = ids.read_guid(told.request_id)
    kind, lane, seq, _ = named or ("", 0, 0, 0)
    found = winners.message(tx, lane, seq) if kind == "request" and lane in lane_numbers(tx) else None
    if found is None or found.account != account:
        raise ValueNotAllowed("requestId names no message.")
    if found.state == SUPPRESSED:
        raise ValueNotAllowed("requestId names a message that was suppressed: nobody has received it.")
    winners.note(tx, Fact(lane, found.instance, found.hop, found.activity, told.kind, told.link), now)
