"""The database was away: what a process remembers and what the tables say go together again by themselves."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.engine.machine import Machine
from waystage.engine.running.hints import Hints
from waystage.engine.sending.slots import Slots
from waystage.ground.clock import monotonic, real_now
from waystage.store import processes, slots
from waystage.store.dialects.connection import Ear
from waystage.store.processes import WORKER, Process
from waystage.store.slots import Claim

T = TypeVar("T")

SITE, AT_ONCE = (1, 1), 4


@pytest.fixture
def shared(postgresql_url: str) -> Machine:
    return Machine(postgresql_url, lanes=4)


def _asked(machine: Machine, work: Callable[[], T]) -> T:
    return machine.engine.ask(work).result()


def test_a_process_moves_every_lane_that_it_has(shared: Machine) -> None:
    """It held all four when a second process came, and stumbled before it had given two of them back."""
    with shared as machine:
        other = Process("elsewhere:1:x", WORKER, "elsewhere", 1, "1", real_now())
        machine.write(lambda tx: processes.tell(tx, other, real_now() + 60_000))
        stepper = machine.engine.stepper
        _asked(machine, stepper.take_over)
        held = machine.rows("SELECT lane FROM lease WHERE owner = :owner ORDER BY lane", owner=stepper.tenure.owner)
        assert [lane for (lane,) in held] == sorted(stepper.lanes)


def test_slots_that_had_run_out_are_told_of_when_they_are_back(shared: Machine) -> None:
    async def outage() -> tuple[list[int], bool]:
        own = Slots(shared.database, "me")
        own.serve(lambda: [Claim(SITE, AT_ONCE, 0)], lambda: None)
        await own.look()
        allowed = [own.allowed(SITE, AT_ONCE)]
        own._renewed = monotonic() - 60
        allowed.append(own.allowed(SITE, AT_ONCE))
        is_news = await own.look()
        allowed.append(own.allowed(SITE, AT_ONCE))
        await own.end()
        return allowed, is_news

    with shared:
        assert asyncio.run(outage()) == ([AT_ONCE, 0, AT_ONCE], True)


def test_slots_of_a_process_that_is_gone_are_free(shared: Machine) -> None:
    """Its lease lasts for some seconds more, but on the same machine everybody can see that it has ended."""
    name = [sys.executable, "-c", "from waystage.ground.identity import process_name; print(process_name())"]
    gone = subprocess.run(name, check=True, capture_output=True, text=True).stdout.strip()
    now, claim = real_now(), Claim(SITE, AT_ONCE, 0)
    with shared as machine:
        for owner in (gone, "me"):
            held = machine.write(lambda tx, owner=owner: slots.settle(tx, owner, claim, now, now + 60_000))  # type: ignore[misc]
            assert held.held == AT_ONCE


def test_whoever_could_not_look_hears_again_later(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look of each second fails while the database is away, as the ear does."""
    monkeypatch.setattr("waystage.engine.running.hints._REST", 0.01)
    heard, away = threading.Event(), [True]

    def look() -> None:
        if away:
            away.clear()
            raise ConnectionError("away")

    with shared as machine:
        ear, deaf = machine.database.ear, [True]

        def hear() -> Ear | None:
            if deaf:
                deaf.clear()
                raise ConnectionError("away")
            return ear()

        monkeypatch.setattr(machine.database, "ear", hear)
        hints = Hints(machine.database, lambda word: heard.set(), look)
        hints.start()
        try:
            while not heard.wait(0.05):
                hints.say("word")
        finally:
            hints.close()
        assert not away
