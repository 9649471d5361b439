"""docs/reference/activities.md from the declarations of activity types and triggers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from waystage.activities import _pass_through as pass_through
from waystage.activities import registry as activities
from waystage.docs import markdown
from waystage.plan.kinds import ActivityType, Example, TriggerType
from waystage.triggers import registry as triggers

OPENING = """The examples are the tests: each one runs on every database. The heading of a table is what happens in
turn: `enter` lets the contacts in, `P2D` lets two days pass, `to …` moves the clock to an instant. Below
it stands where each contact is then: `waiting`, gone on by the outcome with that key, or `ended`."""


def page() -> str:
    """The page."""
    passed = {row.type for row in pass_through.TABLE}
    kinds = [one for one in _members(activities.load().values()) if one.type not in passed]
    ways_in = _members(triggers.load().values())
    return markdown.page(
        "Activities and triggers",
        "waystage/activities/ and waystage/triggers/",
        OPENING,
        "## Activities",
        *(_activity(one) for one in kinds),
        "## Passed through",
        "Types of the hosted product that mean nothing on a server of one's own. A journey that uses one is published"
        " with finding `190109`, a warning, and contacts go on by one of its outcomes.",
        _passed_through(),
        "## Triggers",
        *(_heading(one) for one in ways_in),
    )


def _members(found: Iterable[Any]) -> list[Any]:
    """Each member once, under its own name; a registry has it under every alias."""
    return sorted({one.type: one for one in found}.values(), key=lambda one: str(one.type))


def _heading(member: ActivityType | TriggerType) -> str:
    aliases = f"\n\nAlso written {markdown.codes(member.aliases)}." if member.aliases else ""
    return f"### `{member.type}`\n\n{member.summary}{aliases}"


def _activity(kind: ActivityType) -> str:
    outputs = ""
    if kind.outputs:
        names = markdown.codes(tuple(kind.outputs))
        outputs = f"\n\nGives out {names}, readable as `{{{{Interaction.<activity key>.<name>}}}}`."
    return "\n\n".join([_heading(kind) + outputs, *map(_example, kind.examples)])


def _example(example: Example) -> str:
    lines = [f"*Example: {example.title}.*", f"```json\n{_json(_parts(example))}\n```"]
    if example.before:
        lines.append(f"Behind these, each of which leads to the next:\n\n```json\n{_json(list(example.before))}\n```")
    if example.contacts and any(example.contacts.values()):
        data = (f"{who} {markdown.code(_line(given))}" for who, given in example.contacts.items())
        lines.append("Entry data: " + "; ".join(data))
    columns = ("Contact", *(markdown.code(word) for word in example.script))
    lines.append(markdown.table(columns, [(who, *map(_word, trail)) for who, trail in example.trail.items()]))
    return "\n\n".join(lines)


def _parts(example: Example) -> dict[str, Any]:
    """The members of the activity that matter to the example."""
    given = {
        "configurationArguments": example.given,
        "arguments": example.arguments,
        "metaData": example.meta,
        "outcomes": example.outcomes if len(example.outcomes) > 1 else None,
    }
    return {name: value for name, value in given.items() if value}


def _word(where: str) -> str:
    return markdown.code(where) or "not in yet"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def _line(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _passed_through() -> str:
    rows = [(markdown.code(row.type), markdown.codes(row.aliases), row.sentence, row.way) for row in pass_through.TABLE]
    return markdown.table(("Type", "Also written", "What happens", "Outcome taken"), rows)
