"""SMSSYNC: send a text message and go on at once; one of a black-out window leaves at its end (journey-spec 3.11)."""

from __future__ import annotations

from waystage.plan import expressions as e
from waystage.plan import wording
from waystage.plan.blackouts import Window
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Emit, Route, Step
from waystage.plan.waits import whole
from waystage.spec.document import Activity
from waystage.spec.fields import FieldType

#: Both name the message of this visit, as `GET messages` and engagements know it.
_NAMES = ("smsJobId", "outMessageId")
_OUTPUTS = {
    "smsJobId": FieldType.TEXT,
    "isAddressCreated": FieldType.BOOLEAN,
    "isSubscriptionCreated": FieldType.BOOLEAN,
    "isTriggeredSend": FieldType.BOOLEAN,
    "isWithinBlackout": FieldType.BOOLEAN,
    "isValidMobileNumber": FieldType.BOOLEAN,
    "outMessageId": FieldType.TEXT,
}
_HONOURED = 1


def step(activity: Activity, site: Site) -> Step:
    """Emit one message to the contact's mobile number, then go on."""
    number, quiet = site.mobile_number(), _quiet(activity, site)
    gives: tuple[tuple[str, e.Value], ...] = (
        ("isAddressCreated", e.Literal(0)),
        ("isSubscriptionCreated", e.Literal(0)),
        ("isTriggeredSend", e.Literal(1)),
        ("isWithinBlackout", e.Truth(e.Quiet(quiet))),
        ("isValidMobileNumber", e.Truth(e.Not(e.Absent(number)))),
    )
    effect = wording.effect(activity, site, "sms", number, quiet=quiet, gives=gives)
    return (Emit(effect, _NAMES), Route.to())


def _quiet(activity: Activity, site: Site) -> tuple[Window, ...]:
    """The window, in the account's zone, where it is to be honoured."""
    settings = activity.configuration
    if whole(settings.get("honorBlackoutWindowEnum")) != _HONOURED:
        return ()
    start, end = (settings.get(f"mobileBlackoutWindow{name}Time") for name in ("Start", "End"))
    return wording.quiet(activity, site, [(start, end, _zone(site.offset))])


def _zone(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_PEOPLE = {"ann": {"Tier": "+49 151 2345-678"}, "bob": {}}

ACTIVITY = ActivityType(
    type="SMSSYNC",
    aliases=("SMS",),
    summary="Send a text message to the contact's mobile number; the contact goes on at once.",
    history_name="smssync",
    step=step,
    outputs=_OUTPUTS,
    examples=(
        Example(
            "nobody waits for the delivery, in a black-out window neither",
            given={
                "message": "Hello %%FirstName%%",
                "honorBlackoutWindowEnum": 1,
                "mobileBlackoutWindowStartTime": "21:00",
                "mobileBlackoutWindowEndTime": "08:00",
            },
            contacts=_PEOPLE,
            script=("to 2026-01-01T22:00:00Z", "enter"),
            trail={"ann": ("", "on"), "bob": ("", "on")},
        ),
    ),
)
