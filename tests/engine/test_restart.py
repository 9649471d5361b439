"""One engine after the other on the same database, and who may not run beside whom."""

import os
import socket
import subprocess
import sys

import pytest

from tests.engine.machine import DAY, HOUR, Machine, email, journey, wait
from tests.engine.test_reference import check_invariants
from waystage.engine.running.tenure import AlreadyRun, LeaseLost
from waystage.ground.clock import real_now
from waystage.store import leases


def _events(count: int) -> list[tuple[str, dict[str, str]]]:
    return [(f"c{number}", {"EmailAddress": f"c{number}@example.com"}) for number in range(count)]


def _traces(machine: Machine, count: int) -> list[list[tuple[int, int]]]:
    return [machine.trail(f"c{number}") for number in range(count)]


def test_a_new_engine_goes_on_where_the_old_one_stood(machine: Machine) -> None:
    version = machine.publish(journey([wait("a", "b", 2), wait("b", "e", 5, "HOURS"), email("e")]))
    machine.settle()
    machine.fire(_events(9))
    machine.advance(2 * DAY)
    before = machine.clock.now()
    machine.restart()
    assert machine.clock.now() == before
    machine.accept(_events(2))
    machine.restart()
    machine.advance(5 * HOUR)
    machine.restart()
    machine.advance(3 * DAY)
    assert machine.totals(version) == {"entered": 11, "ended:EndOfPath": 11}
    assert _traces(machine, 3)[2] == [(1, 0), (2, 0), (3, 0)]
    assert machine.number("SELECT count(*) FROM outbox") == 11
    check_invariants(machine)


def test_numbers_go_on_after_a_restart(machine: Machine) -> None:
    machine.publish(journey([wait("w", None)]))
    machine.settle()
    for _ in range(3):
        machine.fire(_events(5))
        machine.restart()
    machine.advance(DAY)
    assert machine.number("SELECT count(*) FROM instance") == 15
    check_invariants(machine)


def test_a_second_living_process_is_refused(sqlite_machine: Machine) -> None:
    machine = sqlite_machine
    machine.engine.stop()
    other = f"{socket.gethostname()}:{os.getppid()}"
    machine.write(lambda tx: leases.take_all(tx, other, real_now() + 60_000))
    machine.engine = machine._engine()
    with pytest.raises(AlreadyRun, match="another process"):
        machine.engine.start()
    machine.write(lambda tx: leases.release(tx, other))
    machine.engine.start()
    machine.settle()


def test_the_lease_of_a_dead_process_is_no_hindrance(machine: Machine) -> None:
    machine.engine.stop()
    name = "from waystage.ground.identity import process_name; print(process_name())"
    dead = subprocess.run([sys.executable, "-c", name], check=True, capture_output=True, text=True).stdout.strip()
    machine.write(lambda tx: leases.take_all(tx, dead, real_now() + 60_000))
    machine.engine = machine._engine()
    machine.engine.start()
    machine.settle()


def test_a_fenced_out_engine_writes_nothing(sqlite_machine: Machine) -> None:
    machine = sqlite_machine
    version = machine.publish(journey([wait("w", "e"), email("e")]))
    machine.settle()
    machine.fire(_events(5))
    machine.write(lambda tx: leases.take_all(tx, "elsewhere:1", real_now() + 60_000))
    machine.accept(_events(5))
    with pytest.raises(LeaseLost):
        machine.settle()
    machine.engine._thread.join()
    assert not machine.engine.is_alive
    assert machine.totals(version) == {"entered": 5}
    assert machine.number("SELECT count(*) FROM inbox") == 5
    assert machine.number("SELECT count(*) FROM lease WHERE owner = 'elsewhere:1'") == machine.number(
        "SELECT count(*) FROM lease"
    )
    machine.write(lambda tx: leases.release(tx, "elsewhere:1"))
    machine.engine = machine._engine()
    machine.engine.start()
    machine.advance(DAY)
    assert machine.totals(version) == {"entered": 10, "ended:EndOfPath": 10}
    check_invariants(machine)
