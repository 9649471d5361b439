"""When a rest is over: spans and dates in calendars and zones, which SQL is not asked about (design 8.19)."""

from __future__ import annotations

from datetime import datetime

from waystage.plan.expressions import Kind
from waystage.plan.moves import NEVER_DUE, At, Fixed, Reply, Span, Verdict
from waystage.spec import moments, zones


def instant_of(until: Span | Fixed | Verdict | Reply, now: int, offset_minutes: int) -> int:
    """The instant at which a rest that begins now is over; one for the whole batch.

    Who waits for a verdict is due at once, but held until it is known (engine.plans).
    """
    match until:
        case Verdict():
            return now
        case Reply():
            return NEVER_DUE
        case Fixed(instant):
            return max(instant, now)
        case Span(amount, unit, time_of_day, zone):
            due = moments.add(now, amount, moments.unit_of(unit), moments.fixed_zone(offset_minutes))
            return moments.at_time_of_day(due, time_of_day, moments.zone_of(zone or "UTC")) if time_of_day else due


def own_instant(until: At, text: str, now: int, offset_minutes: int) -> int | None:
    """The instant that a date leads to, no earlier than now; None if it cannot be read as one.

    `text` is the date as ms in digits, or as somebody wrote it if the field is a text.
    """
    try:
        date = int(text) if until.value.kind is Kind.INTEGER else moments.parse_date(text, offset_minutes)
        due = moments.add(date, until.amount, moments.unit_of(until.unit), moments.fixed_zone(offset_minutes))
        return max(now, _on_that_day(due, until) if until.time_of_day else due)
    except ValueError:
        return None


def _on_that_day(due: int, until: At) -> int:
    """The same day in the zone of the wait, at its time of day."""
    zone = moments.zone_of(until.zone or "UTC")
    day = zones.local_time(due, zone).date()
    return zones.instant(datetime.combine(day, moments.parse_time_of_day(until.time_of_day or "00:00")), zone)
