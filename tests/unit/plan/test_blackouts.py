"""Black-out windows: when an instant inside them ends, over midnight and in nights with an hour more or less."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.plan.blackouts import Window, checked, covers_all, end_of

pytestmark = pytest.mark.spec("3.11")

NIGHT = Window("21:00", "08:00", "UTC")
BERLIN = Window("21:00", "08:00", "Europe/Berlin")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("windows", "now", "end"),
    [
        ((NIGHT,), "2026-01-01T21:00:00+00:00", "2026-01-02T08:00:00+00:00"),
        ((NIGHT,), "2026-01-01T20:59:59.999+00:00", None),
        ((NIGHT,), "2026-01-01T07:59:59.999+00:00", "2026-01-01T08:00:00+00:00"),
        ((NIGHT,), "2026-01-01T08:00:00+00:00", None),
        ((NIGHT,), "2026-01-01T00:00:00+00:00", "2026-01-01T08:00:00+00:00"),
        ((Window("09:00", "17:00", "UTC"),), "2026-01-01T12:00:00+00:00", "2026-01-01T17:00:00+00:00"),
        ((Window("09:00", "17:00", "UTC"),), "2026-01-01T17:00:00+00:00", None),
        ((Window("09:00", "09:00", "UTC"),), "2026-01-01T09:00:00+00:00", None),
        ((Window("00:00", "00:00", "UTC"),), "2026-01-01T09:00:00+00:00", None),
        ((Window("21:00", "08:00", "-06:00"),), "2026-01-02T04:00:00+00:00", "2026-01-02T14:00:00+00:00"),
        (
            (Window("21:00", "08:00", "Eastern Standard Time"),),
            "2026-07-01T02:00:00+00:00",
            "2026-07-01T12:00:00+00:00",
        ),
        # The night to 29 March 2026 has an hour less in Berlin, the one to 25 October an hour more.
        ((BERLIN,), "2026-03-28T21:00:00+00:00", "2026-03-29T06:00:00+00:00"),
        ((BERLIN,), "2026-10-24T20:00:00+00:00", "2026-10-25T07:00:00+00:00"),
        ((Window("01:00", "02:30", "Europe/Berlin"),), "2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00"),
        ((Window("01:00", "02:30", "Europe/Berlin"),), "2026-10-25T00:45:00+00:00", "2026-10-25T01:30:00+00:00"),
        # Windows that touch or overlap hold until the last of them ends.
        ((NIGHT, Window("08:00", "09:00", "UTC")), "2026-01-01T22:00:00+00:00", "2026-01-02T09:00:00+00:00"),
        ((Window("07:00", "10:00", "UTC"), NIGHT), "2026-01-01T22:00:00+00:00", "2026-01-02T10:00:00+00:00"),
        ((), "2026-01-01T22:00:00+00:00", None),
    ],
)
def test_the_end_of_a_window(windows: tuple[Window, ...], now: str, end: str | None) -> None:
    assert end_of(windows, at(now)) == (None if end is None else at(end))


def test_windows_that_leave_no_hour_are_told() -> None:
    halves = (Window("00:00", "12:00", "UTC"), Window("12:00", "00:00", "UTC"))
    assert covers_all(halves, 0)
    assert not covers_all((NIGHT,), at("2026-01-01T22:00:00+00:00"))
    assert not covers_all((halves[0],), 0)


@given(
    now=st.integers(0, 4_102_444_800_000),
    start=st.integers(0, 1439),
    length=st.integers(1, 1439),
    zone=st.sampled_from(["UTC", "+05:30", "Europe/Berlin", "America/New_York", "Australia/Sydney"]),
)
def test_whoever_is_let_out_is_outside(now: int, start: int, length: int, zone: str) -> None:
    first, last = (f"{minute // 60:02}:{minute % 60:02}" for minute in (start, (start + length) % 1440))
    window = Window(first, last, zone)
    end = end_of((window,), now)
    if end is not None:
        assert now < end <= now + 26 * 3_600_000
        assert end_of((window,), end) is None


@pytest.mark.parametrize(
    ("start", "end", "zone"),
    [
        ("25:00", "08:00", "UTC"),
        (None, "08:00", "UTC"),
        ("21:00", 8, "UTC"),
        ("", "", "UTC"),
        ("9:00", "10:00", "Mars"),
    ],
)
def test_what_is_no_window_is_refused(start: object, end: object, zone: str) -> None:
    with pytest.raises(ValueError, match=r"no time (of day|zone)"):
        checked(start, end, zone)


def test_times_are_read_as_people_write_them() -> None:
    assert checked("9:00 PM", "08:00:00", "UTC") == NIGHT
