"""Schedules of audiences: the recurrence of an event definition as instants (journey-spec 2.5).

Days, weeks, months and years recur at a local time, which a change of the clocks moves as it moves that of a wait;
minutes and hours count elapsed time, so that a night with such a change loses and doubles no occurrence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

from dateutil import rrule

from waystage.spec.moments import HOUR, MINUTE, has_time, parse_date
from waystage.spec.zones import fixed_zone, instant, local_time, zone_of

#: What a rule of dateutil is told of days and months: names of its arguments and their values.
Pattern: TypeAlias = tuple[tuple[str, tuple[Any, ...]], ...]

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_MONTHS: Final = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_SUNDAY: Final = 6
_MOST: Final = 1_000_000
_FIRST_MIDNIGHT: Final = datetime(2000, 1, 1)  # noqa: DTZ001 -- local times carry their zone beside them
#: Zones have skipped whole days: so far before an instant nobody need look for the next occurrence.
_LOOK_BACK: Final = timedelta(days=2)
_ZONED: Final = re.compile(r":[0-9.,]*\s?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)\s*$", re.IGNORECASE)


class ScheduleError(ValueError):
    """A schedule that cannot be used; `field` is the property that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        """`message` is a sentence without the field's name."""
        super().__init__(f"schedule.{field} {message}")
        self.field = field


class Frequency(Enum):
    """How often, with the number that dateutil has for it."""

    MINUTELY = rrule.MINUTELY
    HOURLY = rrule.HOURLY
    DAILY = rrule.DAILY
    WEEKLY = rrule.WEEKLY
    MONTHLY = rrule.MONTHLY
    YEARLY = rrule.YEARLY


_ELAPSED: Final = {Frequency.MINUTELY: MINUTE, Frequency.HOURLY: HOUR}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurrence. `start` and `until` (inclusive) are local times of `zone`; `count` limits the occurrences."""

    start: datetime
    zone: tzinfo
    frequency: Frequency = Frequency.DAILY
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    pattern: Pattern = ()

    def next_after(self, ms: int) -> int | None:
        """The first occurrence strictly after an instant (ms UTC); None when there is none any more."""
        first = instant(self.start, self.zone)
        ms = max(ms, first - 1)
        try:
            local = local_time(ms, self.zone)
        except ValueError:
            return None
        if self.frequency in _ELAPSED:
            return self._elapsed(ms, first)
        since = local - _LOOK_BACK if local - self.start > _LOOK_BACK else self.start
        return next((found for one in self._since(since) if (found := instant(one, self.zone)) > ms), None)

    def _since(self, local: datetime) -> Iterator[datetime]:
        """The occurrences at or after a local time; those of a plain number of days are computed from it."""
        if self.frequency is not Frequency.DAILY or self.pattern:
            return _rule(self).xafter(local, inc=True)
        place = -((self.start - local) // timedelta(days=self.interval))
        count = None if self.count is None else max(0, self.count - place)
        start = self.start + place * timedelta(days=self.interval)
        return iter(_rule(replace(self, start=start, count=count)))

    def _elapsed(self, ms: int, first: int) -> int | None:
        step = self.interval * _ELAPSED[self.frequency]
        place = (ms - first) // step + 1
        found = first + place * step
        over = self.until is not None and found > instant(self.until, self.zone)
        return None if over or (self.count is not None and place >= self.count) else found


@lru_cache(maxsize=256)
def _rule(schedule: Schedule) -> rrule.rrule:
    """The rule in local time; it remembers the occurrences that it has found."""
    return rrule.rrule(
        schedule.frequency.value, dtstart=schedule.start, interval=schedule.interval, count=schedule.count,
        until=schedule.until, wkst=_SUNDAY, cache=True, **dict(schedule.pattern),
    )  # fmt: skip


def every_midnight(offset_minutes: int) -> Schedule:
    """At 00:00 of the account's zone, for ever (contract 27)."""
    return Schedule(_FIRST_MIDNIGHT, fixed_zone(offset_minutes))


def once(document: Mapping[str, Any], offset_minutes: int) -> Schedule:
    """Only at the start of a schedule; ScheduleError. `offset_minutes` is the account's zone."""
    given = _folded(document)
    zone = _zone(given, offset_minutes)
    return Schedule(_local(given, "startDateTime", zone), zone, count=1)


def parse(document: Mapping[str, Any], offset_minutes: int) -> Schedule:
    """The recurrence of a `schedule` object, names in any case; ScheduleError. `offset_minutes` as for `once`."""
    given = _folded(document)
    zone = _zone(given, offset_minutes)
    start = _local(given, "startDateTime", zone)
    frequency = _frequency(given)
    count, until = _end(given, zone, start)
    every_weekday, pattern = _pattern(given, frequency)
    interval = 1 if every_weekday else _whole(given, "interval", 1, _MOST, default=1)
    return Schedule(start, zone, frequency, interval, count, until, pattern)


def _folded(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in document.items() if value is not None}


def _zone(given: Mapping[str, Any], offset_minutes: int) -> tzinfo:
    name = given.get("timezone", "")
    if name == "":
        return fixed_zone(offset_minutes)
    try:
        return zone_of(str(name))
    except ValueError as error:
        raise ScheduleError("timeZone", f"cannot be used: {error}") from error


def _local(given: Mapping[str, Any], name: str, zone: tzinfo) -> datetime:
    """A local time of `zone`, to the second; a date with an offset of its own is converted."""
    text = given.get(name.casefold())
    if not isinstance(text, str) or not text.strip():
        raise ScheduleError(name, "is required.")
    try:
        found = local_time(parse_date(text, 0), zone if _ZONED.search(text) else UTC)
    except ValueError as error:
        raise ScheduleError(name, f"cannot be read: {error}") from error
    return found.replace(microsecond=0)


def _end(given: Mapping[str, Any], zone: tzinfo, start: datetime) -> tuple[int | None, datetime | None]:
    """How many occurrences, or until when: an end without a time of day is the end of that day."""
    kind = _word(given, "endType", "enddate" if "enddatetime" in given else "occurrences", {"enddate", "occurrences"})
    if kind == "occurrences":
        return _whole(given, "occurrences", 1, _MOST), None
    until = _local(given, "endDateTime", zone)
    if not has_time(str(given["enddatetime"])):
        until = until.replace(hour=23, minute=59, second=59)
    if until < start:
        raise ScheduleError("endDateTime", "lies before the start.")
    return None, until


def _frequency(given: Mapping[str, Any]) -> Frequency:
    if "frequency" not in given:
        raise ScheduleError("frequency", "is required.")
    names = {one.name.casefold(): one for one in Frequency}
    return names[_word(given, "frequency", "", set(names))]


def _pattern(given: Mapping[str, Any], frequency: Frequency) -> tuple[bool, Pattern]:
    """Whether every weekday is meant, and what the rule is told."""
    match frequency:
        case Frequency.MINUTELY | Frequency.HOURLY:
            _word(given, "recurrencePattern", "interval", {"interval"})
        case Frequency.DAILY:
            if _word(given, "recurrencePattern", "interval", {"interval", "everyweekday"}) == "everyweekday":
                return True, (("byweekday", tuple(range(5))),)
        case Frequency.WEEKLY:
            _word(given, "recurrencePattern", "byday", {"byday"})
            return False, (("byweekday", _chosen_days(given)),)
        case Frequency.MONTHLY | Frequency.YEARLY:
            month = (("bymonth", (_month(given),)),) if frequency is Frequency.YEARLY else ()
            by_week = _word(given, "recurrencePattern", "byday", {"byday", "byweek"}) == "byweek"
            return False, (*month, *(_of_week(given) if by_week else _of_month(given)))
    return False, ()


def _chosen_days(given: Mapping[str, Any]) -> tuple[int, ...]:
    days = tuple(number for number, day in enumerate(_DAYS) if str(given.get(day, "")).casefold() == "true")
    if not days:
        raise ScheduleError("monday", "to sunday: at least one day must be true.")
    return days


def _of_month(given: Mapping[str, Any]) -> Pattern:
    """A day of the month; a month without it has its last one instead."""
    day = _whole(given, "scheduledDay", 1, 31)
    return (("bymonthday", tuple(range(min(day, 28), day + 1))), ("bysetpos", (-1,)))


def _of_week(given: Mapping[str, Any]) -> Pattern:
    day = _DAYS.index(_word(given, "scheduledDayOfWeek", "", set(_DAYS)))
    week = _WEEKS[_word(given, "scheduledWeek", "", set(_WEEKS))]
    return (("byweekday", (rrule.weekday(day, week),)),)


def _month(given: Mapping[str, Any]) -> int:
    name = str(given.get("scheduledmonth", "")).strip().casefold()
    return _MONTHS.index(name) + 1 if name in _MONTHS else _whole(given, "scheduledMonth", 1, 12)


def _word(given: Mapping[str, Any], name: str, default: str, words: set[str]) -> str:
    found = str(given.get(name.casefold(), "")).strip().casefold() or default
    if found not in words:
        raise ScheduleError(name, f"must be one of {', '.join(sorted(words))}.")
    return found


def _whole(given: Mapping[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    value = given.get(name.casefold(), default)
    text = "" if isinstance(value, bool) else str(value).strip()
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not low <= int(text) <= high:
        raise ScheduleError(name, f"must be a whole number from {low} to {high}.")
    return int(text)
