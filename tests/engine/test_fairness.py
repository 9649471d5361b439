"""Whoever is due is moved although events never cease to come, and no event loses its turn by that."""

from tests.engine.machine import HOUR, START, Machine, email, journey, wait
from tests.engine.test_reference import check_invariants


def _rounds(machine: Machine, number: int) -> None:
    """On the engine's thread: before each round every lane has new events."""
    for nth in range(number):
        machine.accept((f"later-{nth}-{one}", {}) for one in range(30))
        machine.engine.stepper.notice(None)
        machine.engine.stepper.round()


def test_events_without_end_hold_nobody_up(machine: Machine) -> None:
    version = machine.publish(journey([wait("w", "e", 1, "HOURS"), email("e")]))
    machine.settle()
    machine.fire((f"early-{one}", {}) for one in range(9))

    def busy_hour() -> None:
        machine.clock.set(START + HOUR)
        _rounds(machine, 6)

    machine.engine.ask(busy_hour).result()
    assert machine.totals(version).get("ended:EndOfPath") == 9
    machine.settle()
    check_invariants(machine)
