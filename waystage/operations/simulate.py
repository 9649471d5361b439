"""A simulation: a version, contacts, a seed and a stretch of time become a report (contract 21, 36; design 8.22).

The same task gives the same bytes, on every machine and after every restart: nothing in it hangs on numbers of the real
database, on the time it takes, or on what it is called.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from waystage.ground.clock import monotonic
from waystage.ground.ids import guid_from
from waystage.operations import fire_event, made_contacts
from waystage.operations.definitions_copy import Definitions
from waystage.operations.fire_event import AcceptedEvent, EventForm
from waystage.operations.made_data import Frame
from waystage.operations.made_engagements import Engagements
from waystage.operations.rehearse import Rehearsal, Scene
from waystage.operations.simulated_arrivals import Arrivals
from waystage.operations.simulation_report import Course, Outcome, failed, report, too_long
from waystage.plan.compile import Kinds
from waystage.plan.mentioned import mentioned
from waystage.plan.plans import Plan
from waystage.store.scratch import scratch_database
from waystage.store.sql import Tx
from waystage.store.versions import Version

#: Instants at which something happens, and real seconds that it may take.
MOST_INSTANTS = 2_000_000
MOST_SECONDS = 900.0


class Given(msgspec.Struct):
    """A contact as posted: the data of its event, and when (ms) it comes."""

    contact_key: str
    data: dict[str, Any]
    at: int


class Task(msgspec.Struct):
    """Everything that a simulation is run from. Times in ms, `offset` in minutes, shares from 0 to 1 by kind.

    `count` contacts are made, or those `given` come. `event_key` is None where the journey names no event definition.
    """

    definitions: Definitions
    event_key: str | None
    seed: int | str
    start: int
    until: int
    count: int
    given: list[Given]
    engagement: dict[str, float]
    offset: int
    test_wait_seconds: int

    @property
    def contacts(self) -> int:
        """How many contacts there are."""
        return self.count or len(self.given)


#: Made while there is one thread; see store.plans.
_TASK = msgspec.json.Decoder(Task)


def encoded(task: Task) -> str:
    """A task as JSON text, to be stored."""
    return msgspec.json.encode(task).decode()


def read_task(text: str | bytes) -> Task:
    """A task from its JSON text."""
    return _TASK.decode(text)


def run(task: Task, kinds: Kinds) -> Outcome:
    """Run it to its end; blocks its thread."""
    kinds = replace(kinds, test_wait_seconds=task.test_wait_seconds)
    seed = msgspec.json.encode(task.seed).decode()
    version = replace(task.definitions.version, definition_id=guid_from("simulation", seed))
    definitions = replace(task.definitions, version=version)
    with scratch_database() as database:
        rehearsal = Rehearsal(Scene(definitions, task.start, kinds, task.offset), database)
        return _Run(task, kinds, seed, rehearsal).outcome()


class _Run:
    """A simulation under way."""

    def __init__(self, task: Task, kinds: Kinds, seed: str, rehearsal: Rehearsal) -> None:
        self._task = task
        self._kinds = kinds
        self._rehearsal = rehearsal
        self._frame = Frame(seed, task.start, task.until, task.offset)
        self._engagements = Engagements(task.engagement, seed)
        self._arrivals = Arrivals(rehearsal)

    def outcome(self) -> Outcome:
        """Publish, let the contacts come, follow them until the end."""
        compiled = self._rehearsal.publish(self._furnish)
        if compiled.plan is None:
            return failed(compiled.errors)
        began, instants = monotonic(), 0
        while instants < MOST_INSTANTS and self._step():
            instants += 1
            if monotonic() - began > MOST_SECONDS:
                return Outcome("failed", [too_long(MOST_SECONDS)])
        self._rehearsal.write(lambda tx: self._engagements.happen(tx, self._task.until))
        cut = MOST_INSTANTS if instants == MOST_INSTANTS else None
        course = Course(self._task.definitions.version, self._kinds, compiled, self._task.contacts, cut)
        return self._rehearsal.read(lambda tx: report(tx, course, self._rehearsal.version, self._frame))

    def _step(self) -> bool:
        """Everything that is due at the present instant, then the clock moves to the next; False at the end."""
        rehearsal, effects = self._rehearsal, self._rehearsal.effects
        rehearsal.settle()
        if self._engagements.any and rehearsal.effects > effects:
            rehearsal.read(self._engagements.read_messages)
        due = min(rehearsal.next_due(), self._arrivals.next_due())
        if due > self._task.until:
            return False
        if self._engagements.is_due(due):
            rehearsal.write(lambda tx: self._engagements.happen(tx, due))
        rehearsal.clock.set(due)
        if self._arrivals.next_due() <= due:
            rehearsal.write(lambda tx: self._arrivals.come(tx, due))
        return True

    def _furnish(self, tx: Tx, version: Version, plan: Plan) -> None:
        """Who comes, and what is known of them."""
        task, frame = self._task, self._frame
        form = fire_event.find_form(tx, version.account, task.event_key or "", task.offset)
        found = mentioned(plan)
        self._engagements.expect(found.links)
        if task.count:
            made_contacts.furnish(tx, form, found, frame, task.count)
            events = made_contacts.events(form, found, frame, task.count)
            coming = [(task.start, event) for event in events]
        else:
            coming = [(one.at, self._accepted(form, nth, one)) for nth, one in enumerate(task.given, start=1)]
        self._arrivals.expect(form, plan, coming)
        self._arrivals.come(tx, task.start)

    def _accepted(self, form: EventForm, nth: int, one: Given) -> AcceptedEvent:
        name = guid_from(self._frame.seed, "event", nth)
        return fire_event.accept(form, one.contact_key, one.data, name=lambda: name)
