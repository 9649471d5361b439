"""WAIT: hold each contact for a duration, until one date, or until a date of its own (journey-spec 3.3)."""

from __future__ import annotations

from waystage.plan import waits
from waystage.plan.kinds import ActivityType, Example

ACTIVITY = ActivityType(
    type="WAIT",
    aliases=("WAITBYDURATION", "WAITUNTILDATE", "WAITBYATTRIBUTE"),
    summary="Hold each contact for a duration, until a time of day, until one date, or until a date of its own.",
    history_name="waitactivity",
    step=waits.step,
    outputs=waits.OUTPUTS,
    examples=(
        Example(
            "three days",
            given={"waitDuration": 3, "waitUnit": "DAYS"},
            script=("enter", "P2D", "P1D"),
            trail={"ann": ("waiting", "waiting", "on")},
        ),
        Example(
            "a month is clamped to the end of the month",
            given={"waitDuration": "1", "waitUnit": "months"},
            script=("to 2026-01-31T00:00:00Z", "enter", "to 2026-02-27T23:59:59Z", "to 2026-02-28T00:00:00Z"),
            trail={"ann": ("", "waiting", "waiting", "on")},
        ),
        Example(
            "extended to a time of day in a zone",
            given={
                "waitDuration": 1,
                "waitUnit": "HOURS",
                "specifiedTime": "09:00",
                "timeZone": "W. Europe Standard Time",
            },
            meta={"isExtended": True},
            script=("to 2026-01-05T10:00:00Z", "enter", "to 2026-01-06T07:59:59Z", "to 2026-01-06T08:00:00Z"),
            trail={"ann": ("", "waiting", "waiting", "on")},
        ),
        Example(
            "until a date",
            given={"specificDate": "2026-03-01T00:00:00", "specifiedTime": "08:30", "timeZone": "UTC"},
            script=("to 2026-02-28T00:00:00Z", "enter", "to 2026-03-01T08:29:00Z", "to 2026-03-01T08:30:00Z"),
            trail={"ann": ("", "waiting", "waiting", "on")},
        ),
        Example(
            "a date that is past holds nobody",
            given={"specificDate": "2020-01-01T00:00:00", "timeZone": "UTC"},
            script=("enter",),
            trail={"ann": ("on",)},
        ),
        Example(
            "two days before a date of the contact's own",
            given={
                "waitEndDateAttributeExpression": "{{Event.{event}.Day}}",
                "waitDuration": -2,
                "waitUnit": "DAYS",
                "specifiedTime": "10:00",
                "timeZone": "W. Europe Standard Time",
            },
            meta={"isExtended": False},
            contacts={"ann": {"Day": "2026-03-10"}, "bob": {"Day": "2026-03-30T00:00:00"}, "cem": {}},
            script=("to 2026-03-01T00:00:00Z", "enter", "to 2026-03-08T08:59:59Z", "to 2026-03-08T09:00:00Z", "P20D"),
            trail={
                "ann": ("", "waiting", "waiting", "on", "on"),
                "bob": ("", "waiting", "waiting", "waiting", "on"),
                "cem": ("", "on", "on", "on", "on"),
            },
        ),
    ),
)
