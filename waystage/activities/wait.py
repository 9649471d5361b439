"""WAIT: hold each contact for a duration, or until one date (journey-spec 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Fixed, Park, Route, Span, Step, Until
from waystage.spec import moments, problems
from waystage.spec.document import Activity
from waystage.spec.zones import instant

#: A final wait of three minutes or less is ignored unless the journey has a goal (journey-spec 3.3).
_IGNORED = 3 * 60_000
#: A hundred years of each unit: wherever a contact arrives, the end lies inside the calendar.
_LONGEST = {
    moments.Unit.MINUTES: 52_560_000,
    moments.Unit.HOURS: 876_000,
    moments.Unit.DAYS: 36_500,
    moments.Unit.WEEKS: 5_200,
    moments.Unit.MONTHS: 1_200,
}


def step(activity: Activity, site: Site) -> Step:
    """Park until the wait is over, then go on."""
    until = _until(activity, site)
    if until is None or _is_ignored(activity, site, until):
        return (Route.to(),)
    return (Park(until), Route.to())


def _until(activity: Activity, site: Site) -> Until | None:
    """What the content asks for decides the mode; a problem gives None."""
    settings = activity.configuration
    if settings.get("waitForEventKey"):
        _refused(site, problems.NOT_BUILT, f"Wait {activity.key}: waiting for an event is not built yet.")
        return None
    if settings.get("specificDate"):
        return _date(activity, site)
    if settings.get("waitEndDateAttributeExpression"):
        _refused(site, problems.NOT_BUILT, f"Wait {activity.key}: waiting for an attribute is not built yet.")
        return None
    return _duration(activity, site)


def _refused(site: Site, code: str, message: str) -> None:
    """Note a problem; there is nothing to wait for then."""
    site.problem(code, message)


def _read(settings: Mapping[str, Any], *names: str) -> object:
    """The first of several spellings that is there: workflowApiVersion 0.5 has names of its own."""
    return next((settings[name] for name in names if settings.get(name) not in (None, "")), None)


def _duration(activity: Activity, site: Site) -> Span | None:
    settings = activity.configuration
    amount = _whole(_read(settings, "waitDuration", "duration"))
    if amount is None or amount < 1:
        _refused(
            site,
            problems.WAIT,
            f"Wait {activity.key}: waitDuration must be a whole number of at least 1,"
            f" not {_read(settings, 'waitDuration', 'duration')!r}.",
        )
        return None
    try:
        unit = moments.unit_of(str(_read(settings, "waitUnit", "durationUnits") or ""))
        time_of_day, zone = _extension(activity, site)
    except ValueError as error:
        _refused(site, problems.WAIT, f"Wait {activity.key}: {error}")
        return None
    if unit is moments.Unit.YEARS:
        _refused(site, problems.WAIT, f"Wait {activity.key}: waitUnit must be one of MINUTES to MONTHS.")
        return None
    if amount > _LONGEST[unit]:
        _refused(site, problems.WAIT, f"Wait {activity.key}: at most {_LONGEST[unit]} {unit.value} are allowed.")
        return None
    return Span(amount, unit.value, time_of_day, zone)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _extension(activity: Activity, site: Site) -> tuple[str | None, str | None]:
    """The time of day to which the wait is extended; without a word on it a time other than 00:00 counts."""
    settings = activity.configuration
    given = str(_read(settings, "specifiedTime", "specificTime") or "")
    extended = activity.meta.get("isExtended")
    wanted = extended is True or (extended is None and given not in {"", "00:00"})
    if not wanted:
        return None, None
    moments.parse_time_of_day(given or "00:00")
    return given or "00:00", _zone(settings, site)


def _zone(settings: Mapping[str, Any], site: Site) -> str:
    name = str(_read(settings, "timeZone", "timeZoneId") or "")
    if not name:
        minutes = site.offset
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    moments.zone_of(name)
    return name


def _date(activity: Activity, site: Site) -> Fixed | None:
    """A local date and time in the zone of the wait; without a time its beginning."""
    settings = activity.configuration
    try:
        zone = moments.zone_of(_zone(settings, site))
        day = moments.wire_date(moments.parse_date(str(settings["specificDate"]), 0), 0)[:10]
        time_of_day = moments.parse_time_of_day(str(settings.get("specifiedTime") or "00:00"))
        return Fixed(instant(datetime.combine(date.fromisoformat(day), time_of_day), zone))
    except ValueError as error:
        _refused(site, problems.WAIT, f"Wait {activity.key}: {error}")
        return None


def _is_ignored(activity: Activity, site: Site, until: Until) -> bool:
    if site.journey.goals or not isinstance(until, Span) or until.time_of_day:
        return False
    is_last = all(outcome.next is None for outcome in activity.outcomes)
    return is_last and until.unit == moments.Unit.MINUTES.value and until.amount * 60_000 <= _IGNORED


ACTIVITY = ActivityType(
    type="WAIT",
    aliases=("WAITBYDURATION", "WAITUNTILDATE", "WAITBYATTRIBUTE"),
    summary="Hold each contact for a duration, optionally until a time of day, or until one date.",
    history_name="waitactivity",
    step=step,
    outputs=(),
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
    ),
)
