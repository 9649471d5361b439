"""Running a version on given contacts in a database of its own, with a clock of its own (contract 21, 26).

The engine's own code does it, as fast as it can; without channels nothing is sent. Nothing of the real database is open
meanwhile, so no journey, counter or message there can be touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from waystage.engine.plans import Plans
from waystage.engine.stepper import Stepper
from waystage.ground.clock import VirtualClock, monotonic, real_now
from waystage.ground.ids import InboxNumbers
from waystage.operations import definitions_copy, fire_event, read_history, read_messages, run_job
from waystage.operations.definitions_copy import Definitions
from waystage.operations.history_rows import Shape
from waystage.plan.compile import Kinds
from waystage.store import inbox, statistics
from waystage.store.database import Database
from waystage.store.inbox import InboxRow
from waystage.store.scratch import scratch_database
from waystage.store.sql import Tx
from waystage.store.versions import Version

#: How long a rehearsal may last: ms of its own clock, instants at which something happens, real seconds.
LONGEST = 2 * 366 * 86_400_000
MOST_INSTANTS = 10_000
MOST_SECONDS = 20.0
_MOST_MESSAGES = 10_000


class Entrant(msgspec.Struct):
    """A contact that enters, with the data of its event as posted."""

    contact_key: str
    data: dict[str, Any]


class Passed(msgspec.Struct):
    """An activity that a contact has gone on from, at an instant in ms, by an outcome."""

    activity_key: str
    at: int
    outcome: str


class Made(msgspec.Struct):
    """A message that would have been sent; `to` is None, with a reason, if nobody could be reached."""

    activity_key: str
    channel: str
    to: str | None
    subject: str
    reason: str | None
    at: int


class Ran(msgspec.Struct):
    """What became of one contact. `refused` says why it did not enter, `ended` why its passage is over."""

    contact_key: str
    entered: bool = False
    refused: str | None = None
    passed: list[Passed] = []
    messages: list[Made] = []
    ended: str | None = None
    ended_at: int | None = None


class Report(msgspec.Struct):
    """What a rehearsal has shown. With `errors` (envelope E3) nothing was run; `stopped` says why it did not end."""

    errors: list[dict[str, Any]] = []
    contacts: list[Ran] = []
    stopped: str | None = None


#: Made while there is one thread; see store.plans.
_REPORT = msgspec.json.Decoder(Report)


def encoded(report: Report) -> str:
    """A report as JSON text, to be stored."""
    return msgspec.json.encode(report).decode()


def read_report(text: str) -> Report:
    """A report from its JSON text."""
    return _REPORT.decode(text)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is run: a version with what it names, who enters by which event, and from which instant (ms) on."""

    definitions: Definitions
    event_key: str
    entrants: tuple[Entrant, ...]
    start: int
    kinds: Kinds
    offset: int

    def run(self) -> Report:
        """Run it to its end; blocks its thread."""
        with scratch_database() as database:
            return _Run(self, database).report()


class _Run:
    """A rehearsal under way."""

    def __init__(self, rehearsal: Rehearsal, database: Database) -> None:
        self._what = rehearsal
        self._database = database
        self._clock = VirtualClock(rehearsal.start)
        self._numbers = InboxNumbers(real_now)
        self._compiler = Plans(rehearsal.kinds, rehearsal.offset)
        self._plans = Plans(_without_audiences(rehearsal.kinds), rehearsal.offset, numbers=self._numbers)

    def report(self) -> Report:
        """Publish, let everybody enter, follow them to the end."""
        number, errors = self._database.write(self._prepare).result()
        if errors:
            return Report(errors=errors)
        stopped = self._follow(Stepper(self._database, self._clock, self._plans), number)
        ran = [self._database.read(lambda tx, key=one.contact_key: self._ran(tx, key)) for one in self._what.entrants]  # type: ignore[misc]  # mypy cannot type a lambda's default
        return Report(contacts=[one.result() for one in ran], stopped=stopped)

    def _prepare(self, tx: Tx) -> tuple[int, list[dict[str, Any]]]:
        """The definitions, the published version and the events; or what keeps the version from being published."""
        now = self._clock.now()
        version = definitions_copy.write(tx, self._what.definitions, now)
        compiled = run_job.compile_version(tx, self._compiler, version, now)
        if compiled.plan is None:
            return version.number, [run_job.finding(problem) for problem in compiled.errors]
        run_job.switch(tx, self._compiler, version, compiled.plan, self._numbers, now)
        self._enter(tx, version)
        return version.number, []

    def _enter(self, tx: Tx, version: Version) -> None:
        form = fire_event.find_form(tx, version.account, self._what.event_key, self._what.offset)
        events = [fire_event.accept(form, one.contact_key, one.data) for one in self._what.entrants]
        for event in events if form.placed_first else []:
            fire_event.place_row(tx, form, event, self._clock.now())
        numbers = self._numbers.take(len(events))
        inbox.append(tx, [InboxRow(number, *event) for number, event in zip(numbers, events, strict=True)])

    def _follow(self, stepper: Stepper, version: int) -> str | None:
        """From due instant to due instant until nobody is inside; what cut it short, if anything did."""
        stepper.take_over()
        began, until = monotonic(), self._clock.now() + LONGEST
        for _ in range(MOST_INSTANTS):
            while stepper.round():
                pass
            due = stepper.earliest()
            if not self._database.read(lambda tx: _is_inside(tx, version)).result():
                return None
            if due > until:
                return "Contacts are inside after two years."
            if monotonic() - began > MOST_SECONDS:
                return f"Contacts are inside after {MOST_SECONDS:.0f} seconds of work."
            self._clock.set(due)
        return f"Contacts are inside after {MOST_INSTANTS} instants."

    def _ran(self, tx: Tx, contact_key: str) -> Ran:
        ran = Ran(contact_key, messages=self._messages(tx, contact_key))
        asked = read_history.Asked(contact_keys=(contact_key,), descending=False)
        for row in read_history.rows(tx, self._what.kinds, self._what.definitions.version.account, asked):
            match row.shape:
                case Shape.START:
                    ran.entered = True
                case Shape.REFUSAL:
                    ran.refused = row.status
                case Shape.VISIT | Shape.RELEASE:
                    ran.passed.append(Passed(row.place.key, row.at, row.outcome))
                case Shape.STOP:
                    ran.ended, ran.ended_at = row.outcome, row.at
        return ran

    def _messages(self, tx: Tx, contact_key: str) -> list[Made]:
        query = read_messages.Query(contact_key=contact_key)
        _, found = read_messages.page(tx, self._what.definitions.version.account, query, _MOST_MESSAGES, 0)
        return [
            Made(
                one.activity_key,
                one.channel,
                one.message.effect.address,
                one.texts.subject,
                one.message.reason,
                one.message.effect.at,
            )
            for one in reversed(found)
        ]


def _without_audiences(kinds: Kinds) -> Kinds:
    """Nobody enters by itself: who enters a rehearsal is given."""
    return replace(kinds, triggers={name: replace(one, audience=None) for name, one in kinds.triggers.items()})


def _is_inside(tx: Tx, version: int) -> bool:
    return statistics.population(tx, [version])[version][0] > 0
