"""Whom an entry source lets in without an event being posted: rows of a data extension, and when (journey-spec 2.5)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from waystage.plan.expressions import Kind
from waystage.spec.moments import DAY, MINUTE, Unit, add
from waystage.spec.schedules import Schedule
from waystage.spec.zones import fixed_zone, local_time

#: Anniversaries of older dates are not looked for.
_YEARS = 200


@dataclass(frozen=True, slots=True)
class DateRule:
    """Rows whose date plus an offset falls on the day of the evaluation, in its year or every year (contract 27)."""

    field: str
    amount: int = 0
    unit: Unit = Unit.DAYS
    annual: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """The rows of a data extension, entered when the version is published, by a schedule, or on a signal.

    `new_only` leaves out those that an earlier evaluation has seen, unless `reset_mark` forgets that at publish.
    `repeats`: a contact may have several rows; they come in the order of the primary key `key`.
    """

    extension: int
    repeats: bool = False
    key: tuple[tuple[str, Kind], ...] = ()
    schedule: Schedule | None = None
    on_publish: bool = False
    on_signal: bool = False
    new_only: bool = False
    reset_mark: bool = False
    date_rule: DateRule | None = None


def matching(rule: DateRule, midnight: int, offset_minutes: int) -> list[tuple[int, int]]:
    """The dates, as ranges [from, to) in ms, that a rule means on the day that begins at `midnight`; ascending.

    An offset in months that leads to a day which a month lacks leads to its last one; and 29 February is 28 February
    in other years.
    """
    if rule.unit in {Unit.MONTHS, Unit.YEARS}:
        months = rule.amount * (12 if rule.unit is Unit.YEARS else 1)
        days, rest = _months_before(_date(midnight, offset_minutes), months), 0
    else:
        low = add(midnight, -rule.amount, rule.unit, fixed_zone(offset_minutes))
        days = [_date(low, offset_minutes)]
        rest = low - _instant(days[0], offset_minutes)
    if rule.annual:
        days = sorted({one for day in days for one in _anniversaries(day)})
    starts = [_instant(day, offset_minutes) + rest for day in days]
    return _merged([(start, start + DAY) for start in starts])


def _months_before(day: date, months: int) -> list[date]:
    """The dates that so many months lead to `day`: of a longer month also those behind its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if not 1 <= year <= 9999:
        return []
    last = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return [date(year, month + 1, one) for one in range(day.day, (last if is_last else min(day.day, last)) + 1)]


def _anniversaries(day: date) -> list[date]:
    """The dates whose anniversary `day` is: in its year and earlier ones."""
    years = range(max(1, day.year - _YEARS), day.year + 1)
    found = [date(year, day.month, day.day) for year in years if _exists(year, day)]
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        found += [date(year, 2, 29) for year in years if calendar.isleap(year)]
    return found


def _exists(year: int, day: date) -> bool:
    return (day.month, day.day) != (2, 29) or calendar.isleap(year)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for low, high in ranges:
        if found and found[-1][1] >= low:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found


def _date(ms: int, offset_minutes: int) -> date:
    return local_time(ms, fixed_zone(offset_minutes)).date()


def _instant(day: date, offset_minutes: int) -> int:
    return (day - date(1970, 1, 1)) // timedelta(days=1) * DAY - offset_minutes * MINUTE
