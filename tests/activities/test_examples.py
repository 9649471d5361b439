"""Every example of every activity type, on every database."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.engine.machine import ACCOUNT, Machine, journey, wait
from waystage.activities import registry
from waystage.ground import ids
from waystage.operations import note_engagement
from waystage.plan.kinds import ActivityType, Example
from waystage.spec import moments

pytestmark = pytest.mark.spec("3.1", "3.2")


def _examples() -> Iterator[Any]:
    kinds = {kind.type: kind for kind in registry.load().values()}
    for kind in kinds.values():
        for example in kind.examples:
            yield pytest.param(kind, example, id=f"{kind.type}: {example.title}")


@pytest.mark.parametrize(("kind", "example"), list(_examples()))
def test_example(machine: Machine, kind: ActivityType, example: Example) -> None:
    extension = machine.define_event()
    contacts = example.contacts or {"ann": {}}
    machine.publish(_document(kind, example, extension))
    machine.settle()
    for place, word in enumerate(example.script):
        _do(machine, word, [(name, dict(data)) for name, data in contacts.items()])
        for name in contacts:
            assert _where(machine, name, example) in example.trail[name][place].split("|"), (name, place, word)


def test_every_type_has_an_example() -> None:
    assert not [kind.type for kind in registry.load().values() if not kind.examples]


def _document(kind: ActivityType, example: Example, extension: str) -> dict[str, Any]:
    shown = {
        "key": "shown",
        "name": "shown",
        "type": kind.type,
        "outcomes": [{**outcome, "next": "after"} for outcome in example.outcomes],
        "configurationArguments": example.given,
        "arguments": example.arguments or {},
        "metaData": example.meta or {},
    }
    text = json.dumps(shown).replace("{event}", "signup").replace("{extension}", extension)
    before = [
        {**one, "name": one["key"], "outcomes": [{"key": "on", "next": after["key"]}]}
        for one, after in pairwise([*example.before, shown])
    ]
    return journey([json.loads(text), wait("after", None, 1200, "MONTHS"), *before])


def _do(machine: Machine, word: str, events: list[tuple[str, dict[str, Any]]]) -> None:
    if word == "enter":
        machine.fire(events)
    elif word.startswith("event "):
        machine.fire([event for event in events if event[0] == word.removeprefix("event ")])
    elif word.startswith(("open ", "click ")):
        _engage(machine, *word.split())
    elif word.startswith("answer "):
        machine.answer(*word.removeprefix("answer ").split(" ", 1))
    elif word.startswith("to "):
        machine.advance(to=moments.parse_date(word.removeprefix("to "), 0))
    else:
        duration = moments.parse_duration(word)
        machine.advance(to=moments.add_duration(machine.clock.now(), duration, moments.fixed_zone(0)))


def _engage(machine: Machine, kind: str, contact: str, url: str = "") -> None:
    lane, seq = machine.rows(
        "SELECT o.lane, o.seq FROM outbox o JOIN contact c ON c.lane = o.lane AND c.contact = o.contact"
        " WHERE c.key = :key ORDER BY o.seq DESC",
        key=contact,
    )[0]
    told = note_engagement.read({"requestId": ids.guid_of("request", lane, seq), "type": kind, "url": url})
    machine.write(lambda tx: note_engagement.note(tx, ACCOUNT, told, machine.clock.now()))


def _where(machine: Machine, contact: str, example: Example) -> str:
    if not machine.passages(contact):
        return ""
    outcome = next((outcome for activity, outcome in machine.trail(contact) if activity == 1), None)
    if outcome is None:
        return "waiting"
    return "ended" if outcome < 0 else str(example.outcomes[outcome]["key"])
