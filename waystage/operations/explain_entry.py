"""Why an event let its contact in, or did not (journey-spec 1.4, 2.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from waystage.operations import explain_choices
from waystage.operations.explain_choices import Moment, Option
from waystage.operations.explain_stage import Stage, Witness
from waystage.operations.explain_words import Why, line_of, tests_of
from waystage.plan import expressions as e
from waystage.plan.looks import DEPARTURES
from waystage.plan.plans import EntryMode
from waystage.plan.values import Bound
from waystage.store.arrivals import REFUSALS
from waystage.store.explained import Refusal

ENTERED = "Entered"
_FILTERED = REFUSALS[2]
_MODES = {
    EntryMode.ONCE: "OnceAndDone: the contact had never been inside",
    EntryMode.AFTER_EXIT: "SingleEntryAcrossAllVersions: the contact was not inside",
    EntryMode.ANYTIME: "MultipleEntries: contacts may enter at any time",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """The decision about an event, in a word and in words, and what the entry filter looked at."""

    decision: str
    reason: str
    why: tuple[Why, ...] = ()


def of_passage(witness: Witness, at: int) -> Entry:
    """Why a passage began at an instant (ms)."""
    plan = witness.stage.plan(at)
    if plan is None:
        return Entry(ENTERED, "")
    why: list[Why] = []
    filtered = "there is no entry filter"
    if not isinstance(plan.entry.condition, e.Always):
        filtered = "the entry filter was met"
        option = Option("entry filter", plan.entry.condition, is_taken=True)
        why = explain_choices.told(witness, [option], Moment(0, DEPARTURES, at))
    return Entry(ENTERED, f"{_MODES[plan.entry.mode]}; {filtered}.", tuple(why))


def of_refusal(witness: Witness, refusal: Refusal) -> list[Why]:
    """What the entry filter asks for, with what the contact's row in the data extension of the event holds now.

    The event itself is gone. What it asked is told without a result, except where one test alone refused it.
    """
    plan = witness.stage.plan(refusal.at)
    if refusal.status != _FILTERED or plan is None:
        return []
    tests = tests_of(plan.entry.condition, witness.stage)
    return [_of_test(witness, test, refusal.at, None if len(tests) > 1 else False) for test in tests]


def _of_test(witness: Witness, test: e.Condition, at: int, result: bool | None) -> Why:
    stage = witness.stage
    line = line_of(test, stage)
    if line.bound is None:
        return line.untold(result)
    present = replace(line, bound=Bound(_present(line.bound.value, stage), line.bound.field))
    if any(e.reads_event(value) for value in present.asked):
        return line.untold(result)
    return present.told(witness.values(present.asked, 0, at), result, stage.offset)


def _present(value: e.Value, stage: Stage) -> e.Value:
    """The same field of the contact's row, where the values of an event are kept."""
    if not isinstance(value, e.EventField):
        return value
    plan = stage.plan(0)
    number = plan.entry.event_definition if plan is not None else 0
    extension = next((one.extension for one in stage.catalog.events if one.number == number), None)
    return e.AttributeField(extension.number, value.name, value.kind) if extension is not None else value
