"""Resident memory of one process with a million contacts inside a wait, and after all have left (design 2, gates)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.bench import documents
from waystage.bench.processes import ServerProcess
from waystage.bench.scene import expect
from waystage.bench.stores import Store, fresh


@dataclass(frozen=True, slots=True)
class Resident:
    """MiB at three moments: `VmRSS` then, `VmHWM` the highest so far."""

    store: str
    contacts: int
    at_start: dict[str, float]
    parked: dict[str, float]
    left: dict[str, float]


def measure(store: Store, contacts: int, *, lanes: int | None) -> Resident:
    """API, UI and engine in one process; all contacts enter, wait a day, and leave."""
    with fresh(store) as url, ServerProcess(url, lanes=lanes) as server:
        server.ask("publish", "MultipleEntries")
        at_start = server.ask("memory")
        server.ask("fill", contacts, 0)
        expect("contacts in the wait", server.ask("counts")["queue"], contacts)
        parked = server.ask("memory")
        server.ask("advance", documents.DAY)
        server.ask("wait")
        expect("contacts that left", server.ask("counts")["past"], contacts)
        return Resident(store.name, contacts, at_start, parked, server.ask("memory"))
