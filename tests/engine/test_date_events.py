"""Date events: contacts enter on the day that their date, moved by an offset, falls on (contract 27)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.audiences import define, entered, upsert, waiting
from tests.engine.machine import DAY, HOUR, START, Machine
from waystage.plan.audiences import DateRule, matching
from waystage.spec.moments import Unit, iso_z

pytestmark = pytest.mark.spec("2.2", "2.5")


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, limit=3) as made:
        yield made


def _ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def _start(machine: Machine, days: dict[int, str | None], mode: str = "MultipleEntries", **arguments: Any) -> int:
    define(machine, "day", "DateEvent", arguments={"contactAttributeName": "day", **arguments})
    upsert(machine, [{"Id": number, "Who": f"c{number}", "Day": day} for number, day in days.items()])
    version = machine.publish(waiting("day", "DateEvent", mode))
    machine.settle()
    return version


def _entries(machine: Machine) -> list[tuple[str, str]]:
    rows = machine.rows(
        "SELECT c.key, i.entered FROM instance i JOIN contact c ON c.lane = i.lane AND c.contact = i.contact"
    )
    return sorted((key, iso_z(at)) for key, at in rows)


def test_each_row_enters_once_on_its_day(machine: Machine) -> None:
    days = {1: "2026-01-05", 2: "2026-01-05T23:59:59", 3: "2026-01-06", 4: None, 5: "2025-01-05", 6: "2026-01-01"}
    _start(machine, days, dateOffset=0, dateOffsetUnit="Days", dateType="once")
    machine.advance(20 * DAY)
    assert _entries(machine) == [
        ("c1", "2026-01-05T00:00:00Z"),
        ("c2", "2026-01-05T00:00:00Z"),
        ("c3", "2026-01-06T00:00:00Z"),
        ("c6", "2026-01-01T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("offset", "unit", "day"), [(-2, "Days", "08"), ("3", "Day", "13"), (1, "Weeks", "17"), (-48, "hours", "08")]
)
def test_offsets_are_signed(machine: Machine, offset: int | str, unit: str, day: str) -> None:
    _start(machine, {1: "2026-01-10T15:00:00"}, dateOffset=offset, dateOffsetUnit=unit)
    machine.advance(40 * DAY)
    assert _entries(machine) == [("c1", f"2026-01-{day}T00:00:00Z")]


def test_a_birthday_comes_every_year_and_29_february_is_28_in_others(machine: Machine) -> None:
    _start(machine, {1: "1990-03-01", 2: "2000-02-29", 3: "2027-02-28", 4: "1812-02-28"}, dateType="Annual")
    machine.advance(62 * DAY)
    assert _entries(machine) == [
        ("c1", "2026-03-01T00:00:00Z"),
        ("c2", "2026-02-28T00:00:00Z"),
    ]
    for year, day in ((2027, "28"), (2028, "29")):
        found = matching(DateRule("Day", annual=True), _ms(f"{year}-02-{day}"), 0)
        assert (_ms("2000-02-29"), _ms("2000-03-01")) in [(high - DAY, high) for _, high in found]


def test_the_day_begins_in_the_account_s_zone(database_url: str) -> None:
    with Machine(database_url, offset=-360) as machine:
        _start(machine, {1: "2026-01-05", 2: "2026-01-05T23:00:00", 3: "2026-01-06T01:00:00Z"})
        machine.advance(20 * DAY)
        assert _entries(machine) == [(who, "2026-01-05T06:00:00Z") for who in ("c1", "c2", "c3")]


def test_rows_that_come_in_time_enter_and_days_of_a_pause_are_gone(machine: Machine) -> None:
    _start(machine, {1: "2026-01-04", 2: "2026-01-06", 3: "2026-01-08"})
    machine.advance(2 * DAY)
    upsert(machine, [{"Id": 7, "Who": "late", "Day": "2026-01-04"}])
    machine.advance(DAY + HOUR)
    machine.pause()
    machine.advance(3 * DAY)
    machine.resume()
    machine.advance(5 * DAY)
    assert entered(machine) == [("c1", 1), ("c3", 3), ("late", 7)]


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        ({}, "190015", "contactAttributeName"),
        ({"contactAttributeName": "Nope"}, "190015", "contactAttributeName"),
        ({"contactAttributeName": "Kind"}, "190015", "contactAttributeName"),
        ({"contactAttributeName": "Day", "dateOffset": "soon"}, "190001", "dateOffset"),
        ({"contactAttributeName": "Day", "dateOffsetUnit": "fortnights"}, "190001", "dateOffsetUnit"),
        ({"contactAttributeName": "Day", "dateType": "daily"}, "190001", "dateType"),
    ],
)
def test_what_cannot_be_published(sqlite_url: str, arguments: dict[str, Any], code: str, name: str) -> None:
    with Machine(sqlite_url) as machine:
        define(machine, "day", "DateEvent", arguments=arguments)
        found = machine.publish_stored("welcome", machine.save_journey(waiting("day", "DateEvent")))
        errors = [(one["errorCode"], one["additionalInfo"]["path"]) for one in found if one["errorType"] == "Error"]
        assert errors == [(code, f"eventDefinition.arguments.{name}")]


def test_months_lead_to_the_last_day_of_a_shorter_month() -> None:
    one_month = DateRule("Day", 1, Unit.MONTHS)
    assert matching(one_month, _ms("2026-02-28"), 0) == [(_ms("2026-01-28"), _ms("2026-02-01"))]
    assert matching(one_month, _ms("2026-02-27"), 0) == [(_ms("2026-01-27"), _ms("2026-01-28"))]
    assert matching(one_month, _ms("2026-03-31"), 0) == []
    assert matching(one_month, _ms("2026-03-30"), 0) == []
    assert matching(DateRule("Day", -1, Unit.YEARS), _ms("2027-02-28"), 0) == [(_ms("2028-02-28"), _ms("2028-03-01"))]


DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@settings(max_examples=150, deadline=None)
@given(born=DAYS, today=DAYS, amount=st.integers(-400, 400), hours=st.integers(0, 23))
def test_an_annual_day_is_an_anniversary_moved_by_days(born: date, today: date, amount: int, hours: int) -> None:
    rule = DateRule("Day", amount, Unit.DAYS, annual=True)
    instant = _ms(born.isoformat()) + hours * HOUR
    found = any(low <= instant < high for low, high in matching(rule, _ms(today.isoformat()), 0))
    wanted = today - timedelta(days=amount)
    day = born
    if (born.month, born.day) == (2, 29) and wanted.year % 4:
        day = date(born.year, 2, 28)
    assert found == ((day.month, day.day) == (wanted.month, wanted.day) and born.year <= wanted.year)


def test_ranges_rise_and_do_not_touch() -> None:
    for number in range(366):
        ranges = matching(DateRule("Day", 1, Unit.MONTHS, annual=True), START + number * DAY, 0)
        assert all(first[1] < second[0] for first, second in pairwise(ranges))
