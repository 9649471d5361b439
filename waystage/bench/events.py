"""Durable events against a POST that does nothing, and how long an event waits while the engine steps (design 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import Literal

import msgspec

from waystage.bench import cores, documents
from waystage.bench.engine import Say
from waystage.bench.load import Outcome, Spec
from waystage.bench.processes import ServerProcess, run_load
from waystage.bench.scene import expect
from waystage.bench.serving import NOTHING
from waystage.bench.stores import Store, fresh
from waystage.ground import clock

EVENTS = "/interaction/v1/events"
#: The waiting contacts come to be due in so many parts, one for each run beside a stepping engine.
PARTS = 3
_HOUR = 3_600_000
_FAR = 90_000_000
"""Contacts of HTTP events are numbered from here on, so that they never meet those of the backlog."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the load is made."""

    seconds: float = 3.0
    rounds: int = 3
    connections: int = 64
    backlog: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Doors:
    """Interleaved runs against both doors of one server."""

    store: str
    listening: bool
    nothing: list[Outcome]
    event: list[Outcome]

    @property
    def ratio(self) -> float:
        """Durable events a second as a part of do-nothing POSTs a second."""
        return median(_over(one.rate, other.rate) for one, other in zip(self.event, self.nothing, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """The same by the server's processor time for a request, the engine's share of it included."""
        return median(_over(other.server, one.server) for one, other in zip(self.event, self.nothing, strict=True))


@dataclass(frozen=True, slots=True)
class Beside:
    """Interleaved runs alone and beside a stepping engine; `moved` contacts during each of the latter."""

    store: str
    alone: list[Outcome]
    stepping: list[Outcome]
    moved: list[int] = field(default_factory=list)
    still_stepping: list[bool] = field(default_factory=list)
    """Whether the engine had not finished when the load ended; else part of that run was alone."""

    @property
    def ratio(self) -> float:
        """p99 beside the engine ÷ p99 alone, medians."""
        return _over(median(one.p99 for one in self.stepping), median(one.p99 for one in self.alone))


class Loader:
    """Makes loads against one server, each of contacts that have not been."""

    def __init__(self, server: ServerProcess, plan: Plan, core: int | None) -> None:
        self._server = server
        self._plan = plan
        self._core = core
        self._token = server.token()
        self._runs = count()
        self.created = 0
        """201s of the events door so far."""

    def run(self, door: Literal["event", "nothing"]) -> Outcome:
        """One run; every request must have been answered 201."""
        path = EVENTS if door == "event" else NOTHING
        first = _FAR + next(self._runs) * 1_000_000
        plan = self._plan
        warm_up = min(1.0, plan.seconds)
        spec = Spec(self._server.port, path, self._token, plan.seconds, first, warm_up, plan.connections, self._core)
        before, started = self._server.ask("spent")["seconds"], clock.stopwatch()
        outcome = msgspec.json.decode(run_load(spec), type=Outcome)
        spent = self._server.ask("spent")["seconds"] - before
        outcome.server = 1e6 * spent / max(1, outcome.sent)
        # The generator needs a moment to start, in which the server has nothing to do.
        outcome.share = min(1.0, spent / max(warm_up + plan.seconds, 0.9 * (clock.stopwatch() - started)))
        expect(f"answers of {path}", outcome.answers, {"201": outcome.sent})
        self.created += outcome.sent if door == "event" else 0
        return outcome


def compare_doors(store: Store, plan: Plan, say: Say, *, listening: bool, lanes: int | None) -> Doors:
    """Both doors in turn; afterwards every 201 must be a row."""
    near, far = cores.two()
    with fresh(store) as url, ServerProcess(url, core=near, lanes=lanes) as server:
        server.ask("publish", "MultipleEntries") if listening else server.ask("define")
        loader, doors = Loader(server, plan, far), Doors(store.name, listening, [], [])
        for number in range(1, plan.rounds + 1):
            doors.nothing.append(loader.run("nothing"))
            doors.event.append(loader.run("event"))
            server.ask("settle")
            say(
                f"{store.name} events {'with' if listening else 'without'} a journey, round {number}:"
                f" nothing {_told(doors.nothing[-1])}; event {_told(doors.event[-1])}"
            )
        counts = server.ask("counts")
        wanted = {"contact": loader.created, "row": loader.created, "instance": loader.created if listening else 0}
        expect("rows of accepted events", {name: counts[name] for name in wanted}, wanted)
    return doors


def beside_stepping(store: Store, plan: Plan, say: Say, *, lanes: int | None) -> Beside:
    """Events alone, and while a part of the backlog wakes up, in turn."""
    near, far = cores.two()
    part = max(1, plan.backlog // PARTS)
    with fresh(store) as url, ServerProcess(url, core=near, lanes=lanes) as server:
        server.ask("publish", "MultipleEntries")
        for number in range(PARTS):
            server.ask("fill", part, number * part)
            server.ask("advance", _HOUR)
            server.ask("wait")
        loader, found = Loader(server, plan, far), Beside(store.name, [], [])
        loader.run("event")
        for number in range(1, PARTS + 1):
            server.ask("settle")
            found.alone.append(loader.run("event"))
            server.ask("settle")
            _step_beside(server, loader, found, documents.DAY - PARTS * _HOUR if number == 1 else _HOUR)
            say(
                f"{store.name} events beside the engine, round {number}: alone {_told(found.alone[-1])};"
                f" stepping {_told(found.stepping[-1])}, {found.moved[-1]:,} contacts moved meanwhile"
            )
        server.ask("settle")
        expect("contacts", server.ask("counts")["contact"], PARTS * part + loader.created)
    return found


def _step_beside(server: ServerProcess, loader: Loader, found: Beside, milliseconds: int) -> None:
    before = server.ask("moving")["moved"]
    server.ask("advance", milliseconds)
    found.stepping.append(loader.run("event"))
    after = server.ask("moving")
    found.moved.append(after["moved"] - before)
    found.still_stepping.append(after["running"])
    server.ask("wait")


def _over(one: float, other: float) -> float:
    """A ratio; a window too short for any answer at all gives 0."""
    return one / other if other else 0.0


def _told(outcome: Outcome) -> str:
    return (
        f"{outcome.rate:,.0f}/s p50 {outcome.p50:.1f} p99 {outcome.p99:.1f} ms,"
        f" {outcome.server:.0f} µs, {outcome.share:.0%} of a core (generator {outcome.cpu:.0%})"
    )
