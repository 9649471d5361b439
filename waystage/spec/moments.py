"""Instants as milliseconds UTC: dates on the wire, durations, calendar steps; `now` is always an argument."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import Enum
from functools import lru_cache
from typing import Final

from waystage.spec.zones import EPOCH, MILLISECOND, fixed_zone, instant, local_time, zone_of

__all__ = [
    "NEVER",
    "Duration",
    "Unit",
    "add",
    "add_duration",
    "at_time_of_day",
    "fixed_zone",
    "has_time",
    "iso_z",
    "parse_date",
    "parse_duration",
    "parse_time_of_day",
    "relative",
    "start_of_day",
    "stretch",
    "unit_of",
    "wire_date",
    "zone_of",
]

NEVER: Final = "0001-01-01T00:00:00"
"""How a date that never came is written (api.md 1.3)."""

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_FIRST: Final = datetime.min  # noqa: DTZ901 -- bounds of local times
_LAST: Final = datetime.max.replace(microsecond=999_000)  # noqa: DTZ901
_ZERO: Final = EPOCH.replace(tzinfo=None)
_ISO: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.IGNORECASE,
)
_US: Final = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:\s?([AP]M))?)?",
    re.IGNORECASE,
)
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:\s?([AP]M))?", re.IGNORECASE)
_NUMBER: Final = r"([0-9]{1,9})"
_DURATION: Final = re.compile(
    rf"P(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}(?:[.,]([0-9]{{1,9}}))?S)?)?"
)


class Unit(Enum):
    """Units of waits and relative dates; a day is 24 hours, months and years follow the calendar."""

    SECONDS = "SECONDS"
    MINUTES = "MINUTES"
    HOURS = "HOURS"
    DAYS = "DAYS"
    WEEKS = "WEEKS"
    MONTHS = "MONTHS"
    YEARS = "YEARS"

    @property
    def is_shorter_than_a_day(self) -> bool:
        return self in {Unit.SECONDS, Unit.MINUTES, Unit.HOURS}


_FIXED: Final = {Unit.SECONDS: SECOND, Unit.MINUTES: MINUTE, Unit.HOURS: HOUR, Unit.DAYS: DAY, Unit.WEEKS: 7 * DAY}


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: calendar months, and milliseconds on top."""

    months: int
    ms: int


@lru_cache(maxsize=64)
def unit_of(text: str) -> Unit:
    """The unit with this name in any case, singular or plural; raises ValueError naming the choices."""
    name = text.strip().upper()
    for unit in Unit:
        if name in (unit.value, unit.value[:-1]):
            return unit
    raise ValueError(f'"{text[:40]}" is no unit: give one of {", ".join(unit.value for unit in Unit)}.')


def parse_date(text: str, offset_minutes: int) -> int:
    """The instant (ms UTC) of a date on the wire; `offset_minutes` is the account's, for dates without a zone.

    Accepts the ISO forms of api.md 1.3 (fractions beyond milliseconds are cut off), a date alone, and the US form
    `MM/DD/YYYY[ hh:mm[:ss][ AM/PM]]`. Raises ValueError for anything else.
    """
    stripped = text.strip()
    found = _ISO.fullmatch(stripped)
    if found is not None:
        local, zone = _iso_date(found), found.group(8)
    elif (american := _US.fullmatch(stripped)) is not None:
        local, zone = _us_date(american), None
    else:
        raise ValueError(f'"{text[:60]}" is no date: write it as 2026-02-11T07:40:02.')
    return _as_utc(local) - (offset_minutes * MINUTE if zone is None else _offset_ms(zone))


def has_time(text: str) -> bool:
    """Whether a date names a time of day: without one, Equal means the whole day (journey-spec 4.3)."""
    return ":" in text


def wire_date(ms: int | None, offset_minutes: int) -> str:
    """`YYYY-MM-DDThh:mm:ss[.fff]` in the account's zone, zeros at the end of the fraction trimmed; None is NEVER."""
    if ms is None:
        return NEVER
    try:
        local = _ZERO + timedelta(milliseconds=ms, minutes=offset_minutes)
    except OverflowError:
        # An offset may push the first and last hours of the calendar over its edge: they stay at the edge.
        local = _FIRST if ms < 0 else _LAST
    return _written(local)


def iso_z(ms: int) -> str:
    """The instant in UTC with `Z`, as our own resources and history write it."""
    return f"{wire_date(ms, 0)}Z"


def stretch(beginning: str) -> tuple[int, int] | None:
    """The first and the last instant that `iso_z` may write with this beginning; None if it is shorter than a date.

    A longer beginning than that of a second is taken for the second.
    """
    for length, unit in ((19, SECOND), (16, MINUTE), (13, HOUR), (10, DAY)):
        if len(beginning) >= length:
            try:
                first = parse_date(beginning[:length] + "0000-00-00T00:00:00Z"[length:], 0)
            except (ValueError, OverflowError):
                return None
            return first, first + unit - 1
    return None


def add(ms: int, amount: int, unit: Unit, zone: tzinfo) -> int:
    """The instant `amount` units after (negative: before) `ms`; months and years clamp to the month's end in `zone`."""
    if unit in _FIXED:
        return _within(ms + amount * _FIXED[unit])
    months = amount * (12 if unit is Unit.YEARS else 1)
    return instant(_plus_months(local_time(ms, zone), months), zone) if months else ms


def parse_duration(text: str) -> Duration:
    """The duration of `P3DT2H` and the like (whole numbers, seconds with a fraction); raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text[:40]}" is no duration: write it as P3DT2H (ISO 8601).')
    years, months, weeks, days, hours, minutes, seconds = (int(found.group(place) or 0) for place in range(1, 8))
    fraction = int((found.group(8) or "0").ljust(3, "0")[:3])
    ms = (weeks * 7 + days) * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction
    return Duration(years * 12 + months, ms)


def add_duration(ms: int, duration: Duration, zone: tzinfo) -> int:
    """The instant a duration after `ms`: first its months, then the rest."""
    return _within(add(ms, duration.months, Unit.MONTHS, zone) + duration.ms)


def parse_time_of_day(text: str) -> time:
    """The time of `HH:mm[:ss][ AM/PM]`; raises ValueError."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text[:40]}" is no time of day: write it as 09:30.')
    return time(_hour(found.group(1), found.group(4)), int(found.group(2)), int(found.group(3) or 0))


def at_time_of_day(ms: int, text: str, zone: tzinfo) -> int:
    """The first instant at or after `ms` whose local time in `zone` is `HH:mm`.

    A local time that does not exist on its day moves to the next valid instant; of two equal ones the first counts.
    """
    wanted = parse_time_of_day(text)
    today = local_time(ms, zone).date()
    # Yesterday's may have been moved past midnight by a gap.
    days = (day for step in (-1, 0, 1, 2) if (day := _shifted(datetime.combine(today, wanted), step)))
    return next(found for day in days if (found := instant(day, zone)) >= ms)


def start_of_day(ms: int, zone: tzinfo) -> int:
    """The first instant of the local day in which `ms` lies."""
    return instant(datetime.combine(local_time(ms, zone).date(), time()), zone)


def relative(now: int, amount: int, unit: Unit, zone: tzinfo) -> int:
    """The instant that a relative date of criteria means: from a day on the start of its day (journey-spec 4.3)."""
    moved = add(now, amount, unit, zone)
    return moved if unit.is_shorter_than_a_day else start_of_day(moved, zone)


def _as_utc(local: datetime) -> int:
    """The milliseconds since 1970 that a local time would be in UTC; whole numbers only, for this runs per event."""
    seconds = ((local.toordinal() - _ZERO.toordinal()) * 24 + local.hour) * 3_600 + local.minute * 60 + local.second
    return seconds * SECOND + local.microsecond // 1_000


def _offset_ms(zone: str) -> int:
    return 0 if zone in "Zz" else (zone_of(zone).utcoffset(None) or timedelta()) // MILLISECOND


def _iso_date(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, _ = found.groups("0")
    microseconds = int(fraction.ljust(3, "0")[:3]) * 1_000
    return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microseconds)  # noqa: DTZ001


def _us_date(found: re.Match[str]) -> datetime:
    month, day, year = (int(found.group(place)) for place in range(1, 4))
    hour = _hour(found.group(4), found.group(7)) if found.group(4) else 0
    return datetime(year, month, day, hour, int(found.group(5) or 0), int(found.group(6) or 0))  # noqa: DTZ001


def _hour(text: str, half: str | None) -> int:
    hour = int(text)
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half} is no time of day.")
    return hour % 12 + (12 if half.upper() == "PM" else 0)


def _written(local: datetime) -> str:
    whole = local.replace(microsecond=0).isoformat()
    fraction = f"{local.microsecond // 1_000:03}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _within(ms: int) -> int:
    """`ms`, if it lies in the years 1 to 9999: no other instant can be written."""
    if not (_FIRST - _ZERO) // MILLISECOND <= ms <= (_LAST - _ZERO) // MILLISECOND:
        raise ValueError("The instant lies outside the years 1 to 9999.")
    return ms


def _plus_months(local: datetime, months: int) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("The instant lies outside the years 1 to 9999.")
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))


def _shifted(local: datetime, days: int) -> datetime | None:
    try:
        return local + timedelta(days=days)
    except OverflowError:
        return None
