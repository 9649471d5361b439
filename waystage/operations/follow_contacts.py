"""What becomes of a few given contacts, each by itself: the report of a trigger test (api.md 5.7, contract 26)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.ground.clock import monotonic
from waystage.operations import fire_event, read_history, read_messages, run_job
from waystage.operations.definitions_copy import Definitions
from waystage.operations.history_rows import Shape
from waystage.operations.rehearse import Rehearsal, Scene
from waystage.plan.compile import Kinds
from waystage.plan.plans import Plan
from waystage.store.scratch import scratch_database
from waystage.store.sql import Tx
from waystage.store.versions import Version

#: How long it may last: ms of its own clock, instants at which something happens, real seconds.
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
    """What was seen. With `errors` (envelope E3) nothing was run; `stopped` says why it did not end."""

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
class Followed:
    """What is run: a version with what it names, who enters by which event, and from which instant (ms) on."""

    definitions: Definitions
    event_key: str
    entrants: tuple[Entrant, ...]
    start: int
    kinds: Kinds
    offset: int

    def run(self) -> Report:
        """Run it to its end; blocks its thread."""
        scene = Scene(self.definitions, self.start, self.kinds, self.offset, audiences=False)
        with scratch_database() as database:
            return self._report(Rehearsal(scene, database))

    def _report(self, rehearsal: Rehearsal) -> Report:
        """Publish, let everybody enter, follow them to the end."""
        compiled = rehearsal.publish(lambda tx, version, plan: self._enter(rehearsal, tx, version, plan))
        if compiled.plan is None:
            return Report(errors=[run_job.finding(problem) for problem in compiled.errors])
        stopped = _follow(rehearsal)
        ran = rehearsal.read(lambda tx: [self._ran(tx, one.contact_key) for one in self.entrants])
        return Report(contacts=ran, stopped=stopped)

    def _enter(self, rehearsal: Rehearsal, tx: Tx, version: Version, plan: Plan) -> None:
        form = fire_event.find_form(tx, version.account, self.event_key, self.offset)
        events = [fire_event.accept(form, one.contact_key, one.data) for one in self.entrants]
        for event in events if form.placed_first else []:
            fire_event.place_row(tx, form, event, rehearsal.clock.now())
        rehearsal.enter(tx, events)

    def _ran(self, tx: Tx, contact_key: str) -> Ran:
        ran = Ran(contact_key, messages=self._messages(tx, contact_key))
        asked = read_history.Asked(contact_keys=(contact_key,), descending=False)
        for row in read_history.rows(tx, self.kinds, self.definitions.version.account, asked):
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
        _, found = read_messages.page(tx, self.definitions.version.account, query, _MOST_MESSAGES, 0)
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


def _follow(rehearsal: Rehearsal) -> str | None:
    """From due instant to due instant until nobody is inside; what cut it short, if anything did."""
    began, until = monotonic(), rehearsal.clock.now() + LONGEST
    for _ in range(MOST_INSTANTS):
        rehearsal.settle()
        due = rehearsal.next_due()
        if not rehearsal.is_anybody_inside():
            return None
        if due > until:
            return "Contacts are inside after two years."
        if monotonic() - began > MOST_SECONDS:
            return f"Contacts are inside after {MOST_SECONDS:.0f} seconds of work."
        rehearsal.clock.set(due)
    return f"Contacts are inside after {MOST_INSTANTS} instants."
