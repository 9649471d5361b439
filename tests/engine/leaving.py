"""Contacts inside journeys that are to leave them: what the tests of exits and deletions ask and look at."""

from typing import Any

from tests.engine.machine import ACCOUNT, Machine, activity, journey
from waystage.engine import lifecycle
from waystage.operations import exit_contacts, read_exits
from waystage.operations.exit_contacts import Status, Wanted
from waystage.store.pauses import Pause


def ask(machine: Machine, *contacts: str, versions: tuple[int, ...] = (), key: str = "welcome") -> None:
    """Ask for exits without telling the engine."""
    wanted = [Wanted(contact, key, versions) for contact in contacts]
    refused = machine.write(lambda tx: exit_contacts.exit_contacts(tx, ACCOUNT, wanted, machine.numbers))
    assert refused == []


def status(machine: Machine, contact: str, versions: tuple[int, ...] = (), key: str = "welcome") -> list[Status]:
    wanted = [Wanted(contact, key, versions)]
    (found,) = machine.read(lambda tx: read_exits.statuses(tx, ACCOUNT, wanted))
    return found


def pause(machine: Machine, version: int) -> None:
    how = Pause(machine.clock.now(), None, "", extend=False, retain=False, hears=True, guard="none", guard_due=0)
    machine.write(lambda tx: lifecycle.pause(tx, [version], how, machine.numbers))
    machine.settle()


def inside(machine: Machine) -> list[str]:
    rows = machine.rows(
        "SELECT c.key FROM active a JOIN contact c ON c.lane = a.lane AND c.contact = a.contact ORDER BY c.key"
    )
    return [row[0] for row in rows]


def ended(machine: Machine, contact: str) -> list[str]:
    return [machine.hops(lane, instance)[-1][5] for lane, instance, _ in machine.passages(contact)]


def by_event(key: str, heard: str | None, over: str | None) -> dict[str, Any]:
    """A wait until the event `paid`, for two days at most."""
    outcomes: list[dict[str, Any]] = [
        {"key": "heard", "arguments": {"when": True}},
        {"key": "over", "arguments": {"when": False}},
    ]
    for outcome, following in zip(outcomes, (heard, over), strict=True):
        outcome["next"] = following
    settings = {"waitForEventKey": "paid", "waitDuration": 2, "waitUnit": "DAYS"}
    return activity(key, "WAITBYEVENT", outcomes=outcomes, configurationArguments=settings)


def started(machine: Machine, activities: list[dict[str, Any]], contacts: str = "abc", **more: Any) -> int:
    """A running journey with contacts inside."""
    version = machine.publish(journey(activities, **more))
    machine.settle()
    machine.fire([(key, {}) for key in contacts])
    return version
