"""Time zones by their Windows, IANA or offset names, and local times as instants (journey-spec 3.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
_LOCAL_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- local times carry their zone beside them
_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")


def fixed_zone(offset_minutes: int) -> tzinfo:
    """The zone of an account: a fixed offset from UTC in minutes, within a day (contract 33)."""
    return timezone(timedelta(minutes=offset_minutes))


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """The zone with a Windows name, an IANA name or an offset such as `+01:00`; raises ValueError for others.

    Case and, in Windows names, spaces do not matter: the reference itself writes `EasternStandardTime`.
    """
    text = name.strip()
    if text.casefold() in {"utc", "z"}:
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is not None:
        return fixed_zone(_minutes(found))
    iana = _windows_names().get(_folded(text)) or _iana_names().get(text.casefold())
    if iana is None:
        raise ValueError(f'"{text[:80]}" is no time zone: give a Windows name, an IANA name or an offset.')
    return ZoneInfo(iana)


def local_time(ms: int, zone: tzinfo) -> datetime:
    """The local time of an instant (ms UTC), without zone; raises ValueError outside the years 1 to 9999."""
    try:
        return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError("The instant lies outside the years 1 to 9999.") from error


def instant(local: datetime, zone: tzinfo) -> int:
    """The instant (ms UTC) of a local time without zone: of two the first, in a gap the first valid one after it."""
    before, after = _offset_ms(local, zone, 0), _offset_ms(local, zone, 1)
    ms = (local - _LOCAL_EPOCH) // MILLISECOND
    if before >= after:
        return ms - before
    return _end_of_gap(ms - after, ms - before, zone)


def _end_of_gap(low: int, high: int, zone: tzinfo) -> int:
    """The instant in (low, high] at which the zone's offset changes; `low` lies before it, `high` at or after it."""
    old = _offset_at(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(middle, zone) == old:
            low = middle
        else:
            high = middle
    return high


def _offset_at(ms: int, zone: tzinfo) -> timedelta | None:
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone).utcoffset()


def _offset_ms(local: datetime, zone: tzinfo, fold: int) -> int:
    return (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()) // MILLISECOND


def _minutes(found: re.Match[str]) -> int:
    minutes = int(found.group(2)) * 60 + int(found.group(3) or 0)
    if minutes >= 24 * 60 or int(found.group(3) or 0) > 59:
        raise ValueError(f'"{found.group()}" is no offset from UTC.')
    return -minutes if found.group(1) == "-" else minutes


def _folded(name: str) -> str:
    return re.sub(r"[\s_]", "", name).casefold()


@cache
def _windows_names() -> dict[str, str]:
    return {_folded(name): iana for name, iana in win_tz.items()}


@cache
def _iana_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
