"""What the answer of a custom activity means: which way is taken, and what it gives out (journey-spec 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.plan.effects import CallForm, CallOutput
from waystage.spec.field_types import Field, FieldType
from waystage.spec.fields import FieldError, convert

Stored = int | str | None

FAILED = -1
#: Characters of a text that is given out, and outputs of one answer: what a service sends is not ours to trust.
_LONGEST_TEXT = 4_000
_MOST_OUTPUTS = 200
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Meaning:
    """The place of the outcome that was chosen (FAILED: none, the passage ends), the outputs in stored form, and what
    is to be said: why it failed, or what could not be understood.
    """

    chosen: int
    outputs: dict[str, Stored]
    said: str = ""


def read(form: CallForm, body: bytes) -> Meaning:
    """What an answer with status 200 means; an empty body is an empty object."""
    try:
        found = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, RecursionError):
        return Meaning(FAILED, {}, "The answer is not JSON.")
    if not isinstance(found, dict):
        return Meaning(FAILED, {}, "The answer must be a JSON object.")
    outputs, troubles = _outputs(form, found)
    chosen = _chosen(form, found)
    if isinstance(chosen, str):
        return Meaning(FAILED, outputs, chosen)
    return Meaning(chosen, outputs, " ".join(troubles))


def _chosen(form: CallForm, found: dict[str, Any]) -> int | str:
    """The place of the outcome, or why there is none; letter by letter."""
    if not form.branches:
        return 0
    result = found.get("branchResult")
    place = next((place for name, place in form.branches if name == result), None)
    if place is not None:
        return place
    if "branchResult" not in found:
        return "The answer has no branchResult."
    return f"No outcome has the branchResult {_shown(result)}."


def _outputs(form: CallForm, found: dict[str, Any]) -> tuple[dict[str, Stored], list[str]]:
    """Declared ones by their type, all others as they are; what is missing or cannot be converted is null."""
    outputs: dict[str, Stored] = {}
    troubles = []
    for declared in form.outputs:
        value = found.get(declared.name)
        if value is None:
            troubles.append(f"The answer has no {declared.name}.")
        try:
            outputs[declared.name] = _typed(declared, value, form.offset_minutes)
        except FieldError as error:
            outputs[declared.name] = None
            troubles.append(str(error))
    for name, value in found.items():
        if name not in outputs and len(outputs) < _MOST_OUTPUTS and 0 < len(name) <= _LONGEST_NAME and name[0] != "#":
            outputs[name] = _plain(value)
    return outputs, troubles


def _typed(declared: CallOutput, value: object, offset_minutes: int) -> Stored:
    """Contract 37: converted to the declared type when it arrives. Numbers and truth values are texts where a text is
    declared: services do not tell them apart.
    """
    kind = FieldType(declared.type)
    if kind is FieldType.TEXT and value is not None and not isinstance(value, str):
        value = _plain(value)
        value = None if value is None else str(value)
    length = 18 if kind is FieldType.DECIMAL else _LONGEST_TEXT
    return convert(Field(declared.name, kind, length, declared.scale), value, offset_minutes)


def _plain(value: object) -> Stored:
    """A value nobody has declared: texts and whole numbers as they are, everything else as its JSON text."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    else:
        text = msgspec.json.encode(value).decode()
    return text.replace("\x00", "")[:_LONGEST_TEXT]


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()[:100]
