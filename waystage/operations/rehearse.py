"""Running a version in a database of its own, with a clock of its own (contract 21, 26; design 8.22).

The engine's own code does it, as fast as it can; without channels nothing is sent, and nobody is called. Nothing of the
real database is open meanwhile, so no journey, counter or message there can be touched. What a trigger test tells of it
stands in `follow_contacts`, what a simulation tells in `simulate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from waystage.engine.plans import Plans
from waystage.engine.running.pace import MOST
from waystage.engine.running.stepper import Stepper
from waystage.ground.clock import VirtualClock
from waystage.ground.ids import InboxNumbers
from waystage.operations import definitions_copy, run_job
from waystage.operations.definitions_copy import Definitions
from waystage.operations.fire_event import AcceptedEvent
from waystage.plan.compile import Compiled, Kinds
from waystage.plan.plans import Plan
from waystage.store import inbox, statistics
from waystage.store.database import Database
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx
from waystage.store.versions import Version

T = TypeVar("T")

#: Events that are appended by one statement, column by column.
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Scene:
    """What is run: a version with what it names, from which instant (ms) on; `offset` in minutes.

    Without `audiences` nobody enters by itself.
    """

    definitions: Definitions
    start: int
    kinds: Kinds
    offset: int
    audiences: bool = True


#: Called in the transaction that publishes the version, with its plan.
Furnish = Callable[[Tx, Version, Plan], None]


class Rehearsal:
    """A version running by itself. The same scene gives the same course, whenever and wherever it is run."""

    def __init__(self, scene: Scene, database: Database) -> None:
        self.clock = VirtualClock(scene.start)
        self.version = 0
        self._scene = scene
        self._database = database
        self._numbers = InboxNumbers(self.clock.now, process=0)
        kinds = replace(scene.kinds, calls=False)
        self._compiler = Plans(kinds, scene.offset)
        running = kinds if scene.audiences else _without_audiences(kinds)
        self._stepper = Stepper(database, self.clock, Plans(running, scene.offset, numbers=self._numbers))
        # A size that is learned from the time taken would let the order hang on the machine.
        self._stepper.pace.fixed = MOST

    @property
    def effects(self) -> int:
        """How many messages were made so far."""
        return self._stepper.effects

    def publish(self, furnish: Furnish) -> Compiled:
        """Store the definitions and publish the version, unless something keeps it from that."""
        compiled = self._database.step(lambda tx: self._publish(tx, furnish))
        if compiled.plan is not None:
            self._stepper.take_over()
        return compiled

    def _publish(self, tx: Tx, furnish: Furnish) -> Compiled:
        now = self.clock.now()
        version = definitions_copy.write(tx, self._scene.definitions, now)
        compiled = run_job.compile_version(tx, self._compiler, version, now)
        if compiled.plan is not None:
            self.version = version.number
            run_job.switch(tx, self._compiler, version, compiled.plan, self._numbers, now)
            furnish(tx, version, compiled.plan)
        return compiled

    def enter(self, tx: Tx, events: Sequence[AcceptedEvent]) -> None:
        """Events of one definition wait in the inbox from now on."""
        numbers = self._numbers.take(len(events))
        for start in range(0, len(events), _CHUNK):
            chunk = events[start : start + _CHUNK]
            _, _, contact_keys, row_keys, data = zip(*chunk, strict=True)
            ids = numbers[start : start + _CHUNK]
            inbox.load(tx, chunk[0].account, chunk[0].definition, ids, contact_keys, row_keys, data)
        self._stepper.notice(None)

    def signal(self, tx: Tx, account: int, event_definition: int) -> None:
        """The automation of an audience has completed."""
        inbox.tell_lanes(tx, InboxKind.AUDIENCE, self._numbers.take()[0], account, event_definition)
        self._stepper.notice(None)

    def settle(self) -> None:
        """Everything due is done."""
        while self._stepper.round():
            pass

    def next_due(self) -> int:
        """The next instant at which something happens by itself."""
        return self._stepper.earliest()

    def is_anybody_inside(self) -> bool:
        """Whether somebody is inside of the version."""
        return self.read(lambda tx: statistics.population(tx, [self.version])[self.version][0] > 0)

    def read(self, job: Callable[[Tx], T]) -> T:
        """Look something up."""
        return self._database.read(job).result()

    def write(self, job: Callable[[Tx], T]) -> T:
        """Change something between two instants."""
        return self._database.step(job)


def _without_audiences(kinds: Kinds) -> Kinds:
    return replace(kinds, triggers={name: replace(one, audience=None) for name, one in kinds.triggers.items()})
