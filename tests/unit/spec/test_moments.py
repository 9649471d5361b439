"""Moments: every written form, calendar steps at the edges of months, and local times that skip or repeat."""

import zoneinfo
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from waystage.spec.moments import (
    NEVER,
    Duration,
    Unit,
    add,
    add_duration,
    at_time_of_day,
    fixed_zone,
    has_time,
    iso_z,
    parse_date,
    parse_duration,
    relative,
    start_of_day,
    stretch,
    unit_of,
    wire_date,
    zone_of,
)

BERLIN = zone_of("W. Europe Standard Time")
_offsets = st.integers(-14 * 60, 14 * 60)
_instants = st.integers(-62_000_000_000_000, 253_000_000_000_000)
_near = st.integers(0, 4_000_000_000_000)
_zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC", "-03:30"]
).map(zone_of)


def at(text: str) -> int:
    return parse_date(text, 0)


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("2026-02-11T07:40:02", 0, "2026-02-11T07:40:02Z"),
        ("2026-02-11T07:40:02", -360, "2026-02-11T13:40:02Z"),
        ("2026-02-11T07:40:02Z", -360, "2026-02-11T07:40:02Z"),
        ("2021-11-18T14:55:49.0000Z", 60, "2021-11-18T14:55:49Z"),
        ("2026-02-11T07:40:02.6", 0, "2026-02-11T07:40:02.6Z"),
        ("2026-02-11T07:40:02.1239999", 0, "2026-02-11T07:40:02.123Z"),
        ("2026-02-11T07:40:02+02:00", 0, "2026-02-11T05:40:02Z"),
        ("2026-02-11T07:40:02-0530", 0, "2026-02-11T13:10:02Z"),
        ("2026-02-11 07:40", 0, "2026-02-11T07:40:00Z"),
        ("2026-02-11", -360, "2026-02-11T06:00:00Z"),
        ("02/11/2026", 0, "2026-02-11T00:00:00Z"),
        ("2/1/2026 9:05 PM", 0, "2026-02-01T21:05:00Z"),
        ("02/11/2026 12:00:01 AM", 0, "2026-02-11T00:00:01Z"),
        ("02/11/2026T18:30", 0, "2026-02-11T18:30:00Z"),
        ("1/1/0001 12:00:00 AM", 0, "0001-01-01T00:00:00Z"),
    ],
)
def test_written_dates(text: str, offset: int, expected: str) -> None:
    assert iso_z(parse_date(text, offset)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-02-30", "2026-02-11T25:00", "02/30/2026", "13:00", "2026-02-11T07:40:02+99:00",
     "2/1/2026 13:00 PM", "２０２６-02-11", "2026-02-11T07", "20260211", "2026-02-11T07:40:02.", "0000-01-01"],
)  # fmt: skip
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(text, 0)


@given(_instants, _offsets)
def test_a_wire_date_read_back_is_the_same_instant(ms: int, offset: int) -> None:
    text = wire_date(ms, offset)
    assert parse_date(text, offset) == ms
    assert parse_date(iso_z(ms), offset) == ms
    assert not text.endswith("0") or "." not in text


def test_never_is_written_alike_in_every_zone() -> None:
    assert wire_date(None, 600) == NEVER == wire_date(parse_date(NEVER, 600), 600)
    assert wire_date(parse_date(NEVER, 0), -600) == NEVER
    assert wire_date(at("9999-12-31T23:00:00"), 600).startswith("9999-12-31")


def test_only_a_colon_makes_a_time() -> None:
    assert has_time("2026-02-11T07:40")
    assert not has_time("2026-02-11")


@pytest.mark.parametrize(
    ("begin", "amount", "unit", "expected"),
    [
        ("2026-01-31T10:00:00", 1, Unit.MONTHS, "2026-02-28T10:00:00Z"),
        ("2024-01-31T10:00:00", 1, Unit.MONTHS, "2024-02-29T10:00:00Z"),
        ("2026-03-31T10:00:00", -1, Unit.MONTHS, "2026-02-28T10:00:00Z"),
        ("2024-02-29T10:00:00", 1, Unit.YEARS, "2025-02-28T10:00:00Z"),
        ("2026-12-15T00:00:00", 2, Unit.MONTHS, "2027-02-15T00:00:00Z"),
        ("2026-01-01T00:00:00", 90, Unit.MINUTES, "2026-01-01T01:30:00Z"),
        ("2026-01-01T00:00:00", -2, Unit.HOURS, "2025-12-31T22:00:00Z"),
        ("2026-01-01T00:00:00", 3, Unit.DAYS, "2026-01-04T00:00:00Z"),
        ("2026-01-01T00:00:00", 2, Unit.WEEKS, "2026-01-15T00:00:00Z"),
    ],
)
def test_steps(begin: str, amount: int, unit: Unit, expected: str) -> None:
    assert iso_z(add(at(begin), amount, unit, UTC)) == expected


def test_months_are_counted_in_the_zone_of_the_account() -> None:
    # 31 January 23:30 UTC is already February at +01:00.
    late = at("2026-01-31T23:30:00")
    assert iso_z(add(late, 1, Unit.MONTHS, UTC)) == "2026-02-28T23:30:00Z"
    assert iso_z(add(late, 1, Unit.MONTHS, fixed_zone(60))) == "2026-02-28T23:30:00Z"
    assert iso_z(add(at("2026-03-31T23:30:00"), -1, Unit.MONTHS, fixed_zone(60))) == "2026-02-28T23:30:00Z"
    assert iso_z(add(at("2026-03-30T23:30:00"), -1, Unit.MONTHS, fixed_zone(60))) == "2026-02-27T23:30:00Z"


@given(_near, st.integers(-600, 600), st.sampled_from([Unit.MONTHS, Unit.YEARS]), _offsets)
def test_months_keep_the_time_and_clamp_only_the_day(ms: int, amount: int, unit: Unit, offset: int) -> None:
    before, after = (
        datetime.fromtimestamp(each // 1000, timezone(timedelta(minutes=offset)))
        for each in (ms, add(ms, amount, unit, fixed_zone(offset)))
    )
    months = amount * (12 if unit is Unit.YEARS else 1)
    assert after.year * 12 + after.month == before.year * 12 + before.month + months
    assert after.time() == before.time()
    assert after.day == before.day or (after.day < before.day and (after + timedelta(days=1)).day == 1)


def test_the_calendar_ends() -> None:
    for amount, unit in ((10_000, Unit.YEARS), (-10_000, Unit.YEARS), (10**9, Unit.WEEKS), (-(10**9), Unit.DAYS)):
        with pytest.raises(ValueError, match="9999"):
            add(0, amount, unit, UTC)


@pytest.mark.parametrize(
    ("text", "unit"), [("days", Unit.DAYS), ("Day", Unit.DAYS), (" MONTHS ", Unit.MONTHS), ("hour", Unit.HOURS)]
)
def test_units(text: str, unit: Unit) -> None:
    assert unit_of(text) is unit


def test_unknown_units_name_the_choices() -> None:
    with pytest.raises(ValueError, match="MINUTES"):
        unit_of("fortnights")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P3DT2H", Duration(0, 74 * 3_600_000)),
        ("PT0.5S", Duration(0, 500)),
        ("P1Y2M", Duration(14, 0)),
        ("P2W", Duration(0, 14 * 86_400_000)),
        ("PT1H30M10S", Duration(0, 5_410_000)),
        ("P0D", Duration(0, 0)),
    ],
)
def test_durations(text: str, expected: Duration) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "3D", "-P1D", "P1.5D", "P1H", "P9999999999D", "p1d"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def test_a_duration_adds_its_months_first() -> None:
    assert iso_z(add_duration(at("2026-01-31"), parse_duration("P1M1DT1H"), UTC)) == "2026-03-01T01:00:00Z"


@pytest.mark.parametrize(
    "name",
    ["W. Europe Standard Time", "EasternStandardTime", "utc", "Europe/Berlin", "europe/berlin", "+01:00", "-0330"],
)
def test_zones_are_found(name: str) -> None:
    assert zone_of(name) is not None


@pytest.mark.parametrize("name", ["", "Mars", "../etc/passwd", "America", "+25:00", "+01:99", "/etc/passwd", "a\0b"])
def test_unknown_zones_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        zone_of(name)


def test_windows_names_follow_daylight_saving() -> None:
    assert at_time_of_day(at("2026-07-01T00:00:00"), "09:00", BERLIN) == at("2026-07-01T07:00:00")
    assert at_time_of_day(at("2026-01-01T00:00:00"), "09:00", BERLIN) == at("2026-01-01T08:00:00")


@pytest.mark.parametrize(
    ("begin", "time", "expected"),
    [
        ("2026-02-01T08:00:00", "09:30", "2026-02-01T09:30:00Z"),
        ("2026-02-01T09:30:00", "09:30", "2026-02-01T09:30:00Z"),
        ("2026-02-01T09:30:00.001", "09:30", "2026-02-02T09:30:00Z"),
        ("2026-02-01T10:00:00", "9:30 AM", "2026-02-02T09:30:00Z"),
    ],
)
def test_the_first_such_time_at_or_after(begin: str, time: str, expected: str) -> None:
    assert iso_z(at_time_of_day(at(begin), time, UTC)) == expected


def test_a_skipped_time_moves_to_the_end_of_the_gap() -> None:
    # Berlin goes from 02:00 to 03:00 on 29 March 2026, which is 01:00 UTC.
    assert at_time_of_day(at("2026-03-28T12:00:00"), "02:30", BERLIN) == at("2026-03-29T01:00:00")
    assert at_time_of_day(at("2026-03-29T01:00:00"), "02:30", BERLIN) == at("2026-03-29T01:00:00")
    assert at_time_of_day(at("2026-03-29T01:00:01"), "02:30", BERLIN) == at("2026-03-30T00:30:00")


def test_of_two_equal_times_the_first_counts() -> None:
    # Berlin goes back from 03:00 to 02:00 on 25 October 2026, which is 01:00 UTC.
    assert at_time_of_day(at("2026-10-24T12:00:00"), "02:30", BERLIN) == at("2026-10-25T00:30:00")
    assert at_time_of_day(at("2026-10-25T00:45:00"), "02:30", BERLIN) == at("2026-10-26T01:30:00")


def test_a_day_may_begin_after_midnight() -> None:
    # Cairo skipped from 00:00 to 01:00 on 28 April 2023.
    assert iso_z(start_of_day(at("2023-04-28T12:00:00"), zone_of("Africa/Cairo"))) == "2023-04-27T22:00:00Z"


@given(_near, st.times(), _zones)
def test_a_time_of_day_is_never_early_and_at_most_two_days_off(
    ms: int, time: datetime, zone: zoneinfo.ZoneInfo
) -> None:
    found = at_time_of_day(ms, f"{time.hour:02}:{time.minute:02}", zone)
    assert ms <= found < ms + 50 * 3_600_000
    local = datetime.fromtimestamp(found // 1000, zone)
    day_before = datetime.fromtimestamp(found // 1000 - 1, zone)
    skipped = local.utcoffset() != day_before.utcoffset()
    assert skipped or (local.hour, local.minute) == (time.hour, time.minute)


@given(_near, _zones)
def test_the_start_of_a_day_is_its_first_instant(ms: int, zone: zoneinfo.ZoneInfo) -> None:
    begin = start_of_day(ms, zone)
    today, eve = (datetime.fromtimestamp(each / 1000, zone).date() for each in (begin, begin - 1))
    assert begin <= ms
    assert eve < today == datetime.fromtimestamp(ms // 1000, zone).date()
    assert start_of_day(begin, zone) == begin


@given(_near, st.integers(-1000, 1000), st.sampled_from(Unit), _offsets)
def test_relative_dates_begin_with_the_day_from_days_on(now: int, amount: int, unit: Unit, offset: int) -> None:
    zone = fixed_zone(offset)
    assume(unit is not Unit.YEARS or amount > -1900)
    found = relative(now, amount, unit, zone)
    if unit.is_shorter_than_a_day:
        assert found == add(now, amount, unit, zone)
    else:
        assert (found + offset * 60_000) % 86_400_000 == 0
        assert 0 <= add(now, amount, unit, zone) - found < 86_400_000


@pytest.mark.parametrize(
    ("beginning", "first", "milliseconds"),
    [
        ("2026-02-28", "2026-02-28T00:00:00Z", 86_400_000),
        ("2026-02-28T", "2026-02-28T00:00:00Z", 86_400_000),
        ("2026-02-28T23", "2026-02-28T23:00:00Z", 3_600_000),
        ("2026-02-28T23:5", "2026-02-28T23:00:00Z", 3_600_000),
        ("2026-02-28t23:59", "2026-02-28T23:59:00Z", 60_000),
        ("2026-02-28T23:59:58", "2026-02-28T23:59:58Z", 1_000),
        ("2026-02-28T23:59:58.123Z", "2026-02-28T23:59:58Z", 1_000),
    ],
)
def test_the_stretch_that_a_beginning_means(beginning: str, first: str, milliseconds: int) -> None:
    found = stretch(beginning)
    assert found is not None
    assert iso_z(found[0]) == first
    assert found[1] - found[0] == milliseconds - 1


@pytest.mark.parametrize(
    "beginning", ["", "2026", "2026-02", "2026-02-30", "2026-02-28T24", "0000-01-01", "abcdefghijkl"]
)
def test_no_stretch(beginning: str) -> None:
    assert stretch(beginning) is None
