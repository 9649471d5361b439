"""What a wait asks for: a duration, a date, a date of each contact's own, or an event (journey-spec 3.3, 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from waystage.plan.expressions import Heard, Kind, Literal
from waystage.plan.kinds import Site
from waystage.plan.moves import Arm, At, Fixed, Hearing, Park, Route, Span, Step, Until
from waystage.spec import moments, problems
from waystage.spec.document import Activity
from waystage.spec.fields import FieldType
from waystage.spec.zones import instant

#: The planned end, as it was on arrival: neither a pause nor an event moves it afterwards.
OUTPUTS = {"endDate": FieldType.DATE}

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
    """The step of any wait: what its content asks for decides the mode (journey-spec 3.3)."""
    if event_key(activity):
        return _until_event(activity, site)
    until = _until(activity, site)
    if until is None or _is_ignored(activity, site, until):
        return (Route.to(),)
    return (Park(until, outputs=tuple(OUTPUTS)), Route.to())


def event_key(activity: Activity) -> str:
    """The key of the event that is waited for; empty if the activity waits for none."""
    return str(activity.configuration.get("waitForEventKey") or "")


def _until(activity: Activity, site: Site) -> Until | None:
    """The end of a wait without an event; a problem gives None."""
    settings = activity.configuration
    try:
        if settings.get("specificDate"):
            return _date(settings, site)
        if settings.get("waitEndDateAttributeExpression"):
            return _attribute(activity, site)
        return _duration(activity, site)
    except ValueError as error:
        site.problem(problems.WAIT, f"Wait {activity.key}: {error}")
        return None


def _read(settings: Mapping[str, Any], *names: str) -> object:
    """The first of several spellings that is there: workflowApiVersion 0.5 has names of its own."""
    return next((settings[name] for name in names if settings.get(name) not in (None, "")), None)


def _duration(activity: Activity, site: Site) -> Span:
    settings = activity.configuration
    given = _read(settings, "waitDuration", "duration")
    amount = whole(given)
    if amount is None or amount < 1:
        raise ValueError(f"waitDuration must be a whole number of at least 1, not {given!r}.")
    unit = _unit(settings, amount)
    time_of_day, zone = _extension(activity, site)
    return Span(amount, unit, time_of_day, zone)


def _unit(settings: Mapping[str, Any], amount: int) -> str:
    unit = moments.unit_of(str(_read(settings, "waitUnit", "durationUnits") or ""))
    if unit not in _LONGEST:
        raise ValueError("waitUnit must be one of MINUTES, HOURS, DAYS, WEEKS and MONTHS.")
    if abs(amount) > _LONGEST[unit]:
        raise ValueError(f"At most {_LONGEST[unit]} {unit.value} are allowed.")
    return unit.value


def whole(value: object) -> int | None:
    """A whole number as journeys write it: a number, or its digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else None


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


def _date(settings: Mapping[str, Any], site: Site) -> Fixed:
    """A local date and time in the zone of the wait; without a time its beginning."""
    zone = moments.zone_of(_zone(settings, site))
    day = moments.wire_date(moments.parse_date(str(settings["specificDate"]), 0), 0)[:10]
    time_of_day = moments.parse_time_of_day(str(settings.get("specifiedTime") or "00:00"))
    return Fixed(instant(datetime.combine(date.fromisoformat(day), time_of_day), zone))


def _attribute(activity: Activity, site: Site) -> At | None:
    """A date that each contact brings, moved by a signed offset; a bare path is read as a binding."""
    settings = activity.configuration
    text = str(settings["waitEndDateAttributeExpression"]).strip()
    bound = site.bound(text if "{{" in text else f"{{{{{text}}}}}", f"Wait {activity.key}")
    if isinstance(bound.value, Literal):
        return None
    if bound.value.kind is Kind.INTEGER and bound.field is not None and bound.field.type is not FieldType.DATE:
        raise ValueError(f"waitEndDateAttributeExpression names a {bound.field.type.value}; a Date is needed.")
    given = str(_read(settings, "specifiedTime", "specificTime") or "")
    time_of_day = given if given not in {"", "00:00"} or (given and activity.meta.get("isExtended") is True) else None
    if time_of_day is not None:
        moments.parse_time_of_day(time_of_day)
    zone = _zone(settings, site)
    amount = _signed(activity)
    unit = _unit(settings, amount) if amount else moments.Unit.DAYS.value
    return At(bound.value, amount, unit, time_of_day, zone)


def _signed(activity: Activity) -> int:
    """The offset: negative is before, 0 on the date (journey-spec 3.3)."""
    given = _read(activity.configuration, "waitDuration", "duration")
    if given is None:
        given = activity.meta.get("waitOffset", 0)
    amount = whole(given)
    if amount is None:
        raise ValueError(f"waitDuration must be a whole number, negative for before the date, not {given!r}.")
    return -abs(amount) if activity.meta.get("isBefore") is True else amount


def _is_ignored(activity: Activity, site: Site, until: Until) -> bool:
    if site.journey.goals or not isinstance(until, Span) or until.time_of_day:
        return False
    is_last = all(outcome.next is None for outcome in activity.outcomes)
    return is_last and until.unit == moments.Unit.MINUTES.value and until.amount * 60_000 <= _IGNORED


def _until_event(activity: Activity, site: Site) -> Step:
    """Rest until the event comes or the longest time is over; each has an outcome of its own (journey-spec 3.4)."""
    event = site.catalog.event("key", event_key(activity))
    if event is None:
        site.problem(problems.EXPRESSION, f"Wait {activity.key}: there is no event definition {event_key(activity)!r}.")
        return (Route.to(),)
    try:
        until = _duration(activity, site)
    except ValueError as error:
        site.problem(problems.WAIT, f"Wait {activity.key}: {error}")
        return (Route.to(),)
    criteria = str(activity.configuration.get("criteria") or "")
    condition = site.condition(criteria, f"Wait {activity.key}: criteria", problems.WAIT)
    heard, silent = _ways(activity, site)
    hearing = Hearing(event.number, condition)
    return (Park(until, hearing, tuple(OUTPUTS)), Route((Arm(heard, Heard()), *Route.to(silent).arms)))


def _ways(activity: Activity, site: Site) -> tuple[int, int]:
    """The places of the outcomes for event and time-out: by `arguments.when`, by key, else in that order."""
    if len(activity.outcomes) != 2:
        count = len(activity.outcomes)
        site.problem(problems.WAIT, f"Wait {activity.key}: it needs two outcomes, event and no event, and has {count}.")
    for place, outcome in enumerate(activity.outcomes):
        if outcome.arguments.get("when") in (True, "true", "True") or outcome.key == "event_path":
            return place, 1 - min(place, 1)
        if outcome.arguments.get("when") in (False, "false", "False") or outcome.key == "no_event_path":
            return 1 - min(place, 1), place
    return 0, 1
