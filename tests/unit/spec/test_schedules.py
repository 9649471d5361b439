"""Schedules: which instants they mean, whatever the frequency, zone, end and spelling."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waystage.spec.moments import iso_z
from waystage.spec.schedules import Schedule, ScheduleError, every_midnight, once, parse

pytestmark = pytest.mark.spec("2.5")

WEEKLY: dict[str, Any] = {
    "startDateTime": "2026-03-02T05:30:00",
    "timeZone": "W. Europe Standard Time",
    "occurrences": 52,
    "endType": "Occurrences",
    "frequency": "Weekly",
    "recurrencePattern": "ByDay",
    "interval": 1,
    "monday": True,
    "tuesday": False,
    "thursday": True,
}
ENDLESS: dict[str, Any] = {
    "startDateTime": "2027-01-15T10:00:00",
    "endType": "EndDate",
    "endDateTime": "2079-06-06T00:00:00",
    "timeZone": "UTC",
}
BY_WEEK = {"frequency": "Monthly", "recurrencePattern": "byWeek"}


def first(schedule: Schedule, count: int, since: int = 0) -> list[str]:
    found = []
    for _ in range(count):
        following = schedule.next_after(since)
        if following is None:
            break
        since = following
        found.append(iso_z(since))
    return found


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


def test_a_week_with_two_days_keeps_its_local_time_when_the_clocks_change() -> None:
    found = first(parse(WEEKLY, 0), 100)
    assert len(found) == 52
    assert found[:2] == ["2026-03-02T04:30:00Z", "2026-03-05T04:30:00Z"]
    assert found[7:10] == ["2026-03-26T04:30:00Z", "2026-03-30T03:30:00Z", "2026-04-02T03:30:00Z"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"frequency": "Daily", "recurrencePattern": "Interval", "interval": 3}, ["01-15", "01-18", "01-21"]),
        ({"frequency": "Daily", "recurrencePattern": "EveryWeekDay"}, ["01-15", "01-18", "01-19"]),
        ({"frequency": "Weekly", "recurrencePattern": "ByDay", "interval": "2", "friday": "true"}, ["01-15", "01-29"]),
        ({"frequency": "Monthly", "recurrencePattern": "ByDay", "scheduledDay": 31}, ["01-31", "02-28", "03-31"]),
        (
            {"frequency": "Monthly", "recurrencePattern": "ByDay", "scheduledDay": 10, "interval": 2},
            ["03-10", "05-10", "07-10"],
        ),
        (
            {**BY_WEEK, "scheduledDayOfWeek": "Friday", "scheduledWeek": "Last"},
            ["01-29", "02-26", "03-26"],
        ),
        (
            {**BY_WEEK, "scheduledDayOfWeek": "sunday", "scheduledWeek": "second"},
            ["02-14", "03-14", "04-11"],
        ),
    ],
)  # fmt: skip
def test_patterns(pattern: dict[str, Any], expected: list[str]) -> None:
    assert first(parse(ENDLESS | pattern, 0), len(expected)) == [f"2027-{day}T10:00:00Z" for day in expected]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"recurrencePattern": "ByDay", "scheduledDay": 29, "scheduledMonth": 2}, ["2027-02-28", "2028-02-29"]),
        ({"recurrencePattern": "ByDay", "scheduledDay": 4, "scheduledMonth": "July"}, ["2027-07-04", "2028-07-04"]),
        (
            {
                "recurrencePattern": "ByWeek",
                "scheduledDayOfWeek": "Thursday",
                "scheduledWeek": "Fourth",
                "scheduledMonth": 11,
            },
            ["2027-11-25", "2028-11-23"],
        ),
    ],
)
def test_years(pattern: dict[str, Any], expected: list[str]) -> None:
    schedule = parse(ENDLESS | {"frequency": "Yearly"} | pattern, 0)
    assert first(schedule, len(expected)) == [f"{day}T10:00:00Z" for day in expected]


def test_minutes_and_hours_count_elapsed_time() -> None:
    """A night in which the clocks change neither loses nor doubles an occurrence."""
    zone = {"timeZone": "W. Europe Standard Time", "endType": "Occurrences", "occurrences": 3}
    spring = {
        "startDateTime": "2026-03-29T01:30",
        "frequency": "Hourly",
        "recurrencePattern": "Interval",
        "interval": 1,
    }
    assert first(parse(zone | spring, 0), 9) == ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"]
    autumn = spring | {"startDateTime": "2026-10-25T02:45", "frequency": "Minutely", "interval": 30}
    assert first(parse(zone | autumn, 0), 9) == ["2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z"]


def test_a_daily_time_in_the_gap_moves_behind_it() -> None:
    daily = {
        "startDateTime": "2026-03-28T02:30:00",
        "timeZone": "Europe/Berlin",
        "endType": "Occurrences",
        "occurrences": 3,
        "frequency": "Daily",
        "recurrencePattern": "Interval",
    }
    assert first(parse(daily, 0), 9) == ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]


@pytest.mark.parametrize(
    "spelled",
    [
        {"STARTDATETIME": "03/02/2026T05:30", "TimeZone": "EasternStandardTime", "ENDTYPE": "occurrences"},
        {"startDateTime": "2026-03-02 05:30", "timezone": "Eastern Standard Time", "endType": "Occurrences"},
        {"startDateTime": "2026-03-02T10:30:00Z", "timezone": "America/New_York"},
        {"startDateTime": "2026-03-02T05:30:00.625-05:00", "timeZone": "america/new_york"},
    ],
)
def test_spellings(spelled: dict[str, Any]) -> None:
    rest = {"Occurrences": "2", "FREQUENCY": "daily", "recurrencepattern": "interval", "interval": "1"}
    assert first(parse(spelled | rest, 0), 9) == ["2026-03-02T10:30:00Z", "2026-03-03T10:30:00Z"]


def test_without_a_zone_the_account_s_counts() -> None:
    given_ = {"startDateTime": "2026-03-02T00:00", "frequency": "Daily", "occurrences": 1, "endType": "Occurrences"}
    assert first(parse(given_, -360), 2) == ["2026-03-02T06:00:00Z"]
    assert first(every_midnight(-360), 2, ms(2026, 3, 1)) == ["2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z"]


def test_the_end_is_inclusive_and_a_date_alone_means_its_whole_day() -> None:
    daily = ENDLESS | {"frequency": "Daily", "recurrencePattern": "Interval"}
    assert len(first(parse(daily | {"endDateTime": "2027-01-17T10:00:00"}, 0), 9)) == 3
    assert len(first(parse(daily | {"endDateTime": "2027-01-17T09:59:59"}, 0), 9)) == 2
    assert len(first(parse(daily | {"endDateTime": "01/17/2027"}, 0), 9)) == 3


def test_once_is_the_start_alone() -> None:
    schedule = once({"startDateTime": "2026-03-02T05:30:00", "timeZone": "UTC"}, 0)
    assert first(schedule, 9) == ["2026-03-02T05:30:00Z"]
    assert schedule.next_after(ms(2026, 3, 2, 5, 30)) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"startDateTime": None}, "startDateTime"),
        ({"startDateTime": "soon"}, "startDateTime"),
        ({"startDateTime": 5}, "startDateTime"),
        ({"timeZone": "Mars"}, "timeZone"),
        ({"endType": "Never"}, "endType"),
        ({"endType": "EndDate"}, "endDateTime"),
        ({"endType": "EndDate", "endDateTime": "2026-01-01"}, "endDateTime"),
        ({"occurrences": 0}, "occurrences"),
        ({"occurrences": None}, "occurrences"),
        ({"occurrences": True}, "occurrences"),
        ({"frequency": None}, "frequency"),
        ({"frequency": "Fortnightly"}, "frequency"),
        ({"recurrencePattern": "Interval"}, "recurrencePattern"),
        ({"interval": 0}, "interval"),
        ({"interval": "1.5"}, "interval"),
        ({"monday": False, "thursday": False}, "monday"),
        ({"frequency": "Monthly"}, "scheduledDay"),
        ({"frequency": "Monthly", "scheduledDay": 32}, "scheduledDay"),
        ({"frequency": "Monthly", "recurrencePattern": "ByWeek"}, "scheduledDayOfWeek"),
        (
            {"frequency": "Monthly", "recurrencePattern": "ByWeek", "scheduledDayOfWeek": "monday"},
            "scheduledWeek",
        ),
        ({"frequency": "Yearly", "scheduledDay": 1}, "scheduledMonth"),
    ],
)
def test_what_cannot_be_used_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse(WEEKLY | change, 0)
    assert caught.value.field == field
    assert f"schedule.{field}" in str(caught.value)


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
PATTERNS: list[dict[str, Any]] = [
    {"frequency": "Minutely", "interval": 45},
    {"frequency": "Hourly", "interval": 5},
    {"frequency": "Daily"},
    {"frequency": "Daily", "recurrencePattern": "EveryWeekDay"},
    {"frequency": "Weekly", "monday": True, "saturday": True, "interval": 2},
    {"frequency": "Monthly", "scheduledDay": 30},
    {"frequency": "Monthly", "recurrencePattern": "ByWeek", "scheduledDayOfWeek": "Monday", "scheduledWeek": "Last"},
    {"frequency": "Yearly", "scheduledDay": 29, "scheduledMonth": 2},
]


@settings(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
    pattern=st.sampled_from(PATTERNS),
    count=st.integers(1, 40),
    looks=st.lists(st.integers(-10_000, 900_000), max_size=8),
)
def test_occurrences_rise_are_counted_and_can_be_found_from_anywhere(
    start: datetime, zone: str, pattern: dict[str, Any], count: int, looks: list[int]
) -> None:
    schedule = parse(
        {"startDateTime": start.isoformat(), "timeZone": zone, "endType": "Occurrences", "occurrences": count}
        | pattern,
        0,
    )
    begin = ms(start.year, start.month, start.day) - 3 * 86_400_000
    found = []
    since = begin
    while (following := schedule.next_after(since)) is not None:
        found.append(following)
        since = following
    assert len(found) == count
    assert all(earlier < later for earlier, later in pairwise(found))
    for minutes in looks:
        look = begin + int(timedelta(minutes=minutes).total_seconds() * 1000)
        assert schedule.next_after(look) == next((one for one in found if one > look), None)
