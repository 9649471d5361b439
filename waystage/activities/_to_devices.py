"""Messages to whatever a contact has installed: one table, for they differ by their names only (journey-spec 3.11).

They are addressed to the contact key: the provider knows the devices of a contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from waystage.plan import wording
from waystage.plan.expressions import ContactKey
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Emit, Route, Step
from waystage.spec.document import Activity


@dataclass(frozen=True, slots=True)
class ToDevice:
    """One row: the type, its other names, its channel, what it does; `is_bare` if it needs no text."""

    type: str
    aliases: tuple[str, ...]
    channel: str
    does: str
    is_bare: bool = False


TABLE = (
    ToDevice("PUSHNOTIFICATIONACTIVITY", ("MOBILEPUSH", "PUSHSYNC"), "push", "Send a push notification"),
    ToDevice("PUSHINBOXACTIVITY", ("INBOX",), "inbox", "Put a message into the inbox of an app"),
    ToDevice("INAPPSYNCACTIVITY", ("INAPP",), "inapp", "Show a message inside an app"),
    ToDevice("LINEACTIVITY", ("LINE",), "line", "Send a LINE message"),
    ToDevice(
        "WHATSAPPSESSIONTRANSFERACTIVITY", (), "whatsapp", "Hand a WhatsApp conversation over to somebody",
        is_bare=True,
    ),
)  # fmt: skip


def members() -> list[ActivityType]:
    """Every row as an activity type."""
    return [_member(row) for row in TABLE]


def _member(row: ToDevice) -> ActivityType:
    example = Example(
        "the contact does not wait for the delivery",
        given={"message": "Hello %%FirstName%%", "application": {"name": "Shop"}},
        script=("enter",),
        trail={"ann": ("on",)},
    )
    return ActivityType(
        type=row.type,
        aliases=row.aliases,
        summary=f"{row.does}; the contact goes on at once.",
        history_name=row.type.casefold(),
        step=partial(_step, row),
        examples=(example,),
    )


def _step(row: ToDevice, activity: Activity, site: Site) -> Step:
    return (Emit(wording.effect(activity, site, row.channel, ContactKey(), is_bare=row.is_bare)), Route.to())
