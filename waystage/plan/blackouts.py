"""Black-out windows: daily hours in which nobody is written to (journey-spec 3.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from waystage.spec import moments
from waystage.spec.zones import instant, local_time, zone_of

#: Windows that follow one another are left one by one; whoever is still inside after a week is never let out.
_LONGEST = 7 * moments.DAY


@dataclass(frozen=True, slots=True)
class Window:
    """The hours from `start` to `end` (HH:mm) of each day in `zone`; over midnight if `end` is the earlier."""

    start: str
    end: str
    zone: str


def end_of(windows: Sequence[Window], now: int) -> int | None:
    """When an instant inside a window is outside of them all again; None if it lies in none. Both in ms UTC.

    Windows that cover every hour have no end, which `covers_all` tells beforehand; a week is taken for it.
    """
    end = now
    while end - now < _LONGEST and (later := max((_end(one, end) for one in windows), default=end)) > end:
        end = later
    return end if end > now else None


def covers_all(windows: Sequence[Window], now: int) -> bool:
    """Whether whoever is inside these windows never gets out."""
    end = end_of(windows, now)
    return end is not None and end - now >= _LONGEST


def checked(start: object, end: object, zone: str) -> Window:
    """A window as it is configured; raises ValueError saying what is wrong."""
    zone_of(zone)
    texts = [str(one).strip() if isinstance(one, str) else "" for one in (start, end)]
    first, last = (minutes_of(text) for text in texts)
    return Window(_written(first), _written(last), zone)


def _end(window: Window, now: int) -> int:
    """The end of a window in which `now` lies; `now` if it does not. A window that ends as it begins has no length."""
    zone = zone_of(window.zone)
    start, end = moments.parse_time_of_day(window.start), moments.parse_time_of_day(window.end)
    today = local_time(now, zone).date()
    for step in (-1, 0):
        day = today + timedelta(days=step)
        last_day = day + timedelta(days=1) if end < start else day
        first, last = instant(datetime.combine(day, start), zone), _last(datetime.combine(last_day, end), zone)
        if start != end and first <= now < last:
            return last
    return now


def _last(local: datetime, zone: tzinfo) -> int:
    """The instant of a local time; of two the second, so that a night with an hour more is quiet to its end."""
    first = instant(local, zone)
    again = first + moments.HOUR
    return again if local_time(again, zone) == local else first


def minutes_of(text: str) -> int:
    """The minute of the day that a time of day means; raises ValueError."""
    try:
        found = moments.parse_time_of_day(text)
    except ValueError as error:
        raise ValueError(f'"{text[:40]}" is no time of day: write it as 09:30.') from error
    return found.hour * 60 + found.minute


def _written(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
