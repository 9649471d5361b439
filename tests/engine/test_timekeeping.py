"""A clock that runs by itself goes on where it was when the program comes back (contract 32)."""

import pytest

from waystage.engine.running.tenure import correct_clock
from waystage.engine.running.timekeeping import clock_for
from waystage.ground import clock as time
from waystage.ground.clock import machine_now, real_now
from waystage.ground.settings import ClockChoice
from waystage.store import journey_clock
from waystage.store.database import Database
from waystage.store.journey_clock import StoredClock
from waystage.store.migrate import migrate

DAY = 86_400_000
RATE = 17_280


def test_a_scaled_clock_stands_still_while_the_program_is_off(database_url: str) -> None:
    database = Database(database_url)
    try:
        migrate(database)
        yesterday, present = real_now() - DAY, 1_767_225_600_000
        stored = StoredClock("scaled", yesterday, present, RATE * 1000)
        database.write(lambda tx: journey_clock.store(tx, stored)).result()
        clock = clock_for(database, ClockChoice("scaled", rate=RATE))
        # A day off would be 47 years at this rate; a minute is more than the test can have taken.
        assert present <= clock.now() < present + 60_000 * RATE
    finally:
        database.close()


def test_a_virtual_clock_goes_on_whatever_the_setting_says(database_url: str) -> None:
    database = Database(database_url)
    try:
        migrate(database)
        assert clock_for(database, ClockChoice("virtual", start=5)).now() == 5
        database.write(lambda tx: journey_clock.set_now(tx, 7)).result()
        assert clock_for(database, ClockChoice("virtual", start=1)).now() == 7
    finally:
        database.close()


@pytest.mark.parametrize("minutes", [-7, 7])
def test_a_machine_whose_clock_is_wrong_goes_by_the_server_s(
    minutes: int, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = machine_now
    database = Database(postgresql_url)
    try:
        monkeypatch.setattr(time, "machine_now", lambda: right() + minutes * 60_000)
        correct_clock(database)
        assert abs(real_now() - right()) < 60_000
    finally:
        monkeypatch.undo()
        correct_clock(database)
        database.close()
    assert abs(real_now() - machine_now()) < 60_000
