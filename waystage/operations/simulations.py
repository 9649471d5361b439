"""Simulations as callers see them: asked for, waiting or running, over (contract 21)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.ground.errors import Overloaded, SimulationNotFound
from waystage.operations.simulate import Task, encoded
from waystage.operations.simulation_report import Outcome
from waystage.store import simulations
from waystage.store.simulations import Simulation
from waystage.store.sql import Tx

RUNNING, COMPLETED, FAILED = "running", "completed", "failed"
#: Simulations of one business unit that wait or run.
MOST_PENDING = 20


class Asked(msgspec.Struct):
    """What is shown of a task after it is over; times in ms."""

    seed: int | str
    contacts: int
    start: int
    until: int


#: Made while there is one thread; see store.plans.
_ASKED = msgspec.json.Decoder(Asked)
_OUTCOME = msgspec.json.Decoder(Outcome)
_EMPTY = Outcome(RUNNING)


@dataclass(frozen=True, slots=True)
class Shown:
    """A simulation, as far as it is known."""

    guid: str
    status: str
    asked: Asked
    outcome: Outcome

    def members(self) -> dict[str, Any]:
        """What came of it, by names of the wire."""
        found: dict[str, Any] = msgspec.to_builtins(self.outcome)
        return found


def add(tx: Tx, account: int, guid: str, task: Task, now: int) -> Simulation:
    """Store a simulation that is to be run; Overloaded where too many are waiting."""
    if simulations.pending_of(tx, account) >= MOST_PENDING:
        raise Overloaded(f"{MOST_PENDING} simulations are waiting or running. Try again later.")
    asked = Asked(task.seed, task.contacts, task.start, task.until)
    made = Simulation(account, guid, RUNNING, msgspec.json.encode(asked).decode(), "", now)
    simulations.add(tx, made, encoded(task))
    return made


def read(tx: Tx, account: int, guid: str) -> Shown:
    """One simulation; SimulationNotFound."""
    found = simulations.find(tx, account, guid)
    if found is None:
        raise SimulationNotFound
    outcome = _OUTCOME.decode(found.outcome) if found.outcome else _EMPTY
    return Shown(found.guid, found.status, _ASKED.decode(found.asked), outcome)


def end(tx: Tx, account: int, guid: str, outcome: Outcome, now: int) -> None:
    """Store what came of it."""
    simulations.end(tx, account, guid, outcome.status, msgspec.json.encode(outcome).decode(), now)
