"""What is posted for one contact: a pure function, so every attempt has the same bytes (journey-spec 6.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from waystage.ground import ids
from waystage.plan.content import Stored, written
from waystage.plan.effects import CallForm
from waystage.plan.values import LATE
from waystage.spec import bindings
from waystage.store.calls import PendingCall
from waystage.store.outbox import Origin

_PRODUCTION, _TEST = 0, 1
_encode = msgspec.json.encode


class _Late(str):
    """The name of a value that differs from call to call."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Hole:
    """A text of the arguments with expressions in it: plain parts, and which values come between them.

    `is_whole`: the text is one expression, so its value keeps its type. A value is the place of a parameter, or the
    name of one of plan.values.LATE.
    """

    parts: tuple[str | int | _Late, ...]
    is_whole: bool


def payload(form: CallForm, call: PendingCall, origin: Origin) -> bytes:
    """The body before it is signed, its bindings resolved; whatever has no value is an empty text."""
    late = {
        "instance": ids.guid_of("instance", call.lane, call.instance),
        "definition": origin.definition_id,
        "version": str(origin.number),
        "test": "true" if form.is_test else "false",
        "mode": "Test" if form.is_test else "Production",
        "activity": form.activity_id,
    }
    filled = b"".join(
        piece if isinstance(piece, bytes) else _encode(_filled(piece, form, call.values, late))
        for piece in _template(form)
    )
    own = {
        "activityObjectID": form.activity_id,
        "journeyId": origin.definition_id,
        "activityId": form.activity_id,
        "definitionInstanceId": late["instance"],
        "activityInstanceId": call.key,
        "keyValue": call.contact_key,
        "mode": _TEST if form.is_test else _PRODUCTION,
    }
    return filled[:-1] + b"," + _encode(own)[1:]


@lru_cache(maxsize=256)
def _template(form: CallForm) -> tuple[bytes | _Hole, ...]:
    """The arguments as JSON, cut where values are to be put in."""
    places = {parameter.original: place for place, parameter in enumerate(form.parameters)}
    pieces: list[bytes | _Hole] = []
    for piece in _cut(msgspec.json.decode(form.arguments), places):
        if isinstance(piece, bytes) and pieces and isinstance(pieces[-1], bytes):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return tuple(pieces)


def _cut(value: Any, places: dict[str, int]) -> Iterator[bytes | _Hole]:
    match value:
        case str():
            yield _text(value, places)
        case dict():
            yield b"{"
            for nth, (name, one) in enumerate(value.items()):
                yield (b"," if nth else b"") + _encode(name) + b":"
                yield from _cut(one, places)
            yield b"}"
        case list():
            yield b"["
            for nth, one in enumerate(value):
                if nth:
                    yield b","
                yield from _cut(one, places)
            yield b"]"
        case _:
            yield _encode(value)


def _text(text: str, places: dict[str, int]) -> bytes | _Hole:
    try:
        template = bindings.parse(text)
    except bindings.BindingError:
        return _encode(text)
    if template.constant is not None:
        return _encode(text)
    parts = tuple(part if isinstance(part, str) else _value(part, places) for part in template.parts)
    return _Hole(parts, template.single is not None)


def _value(path: bindings.Path, places: dict[str, int]) -> str | int:
    """Which value an expression means; one that means nothing is an empty text."""
    name = LATE.get(".".join((path.root, *path.segments)))
    return _Late(name) if name is not None else places.get(path.original, "")


def _filled(hole: _Hole, form: CallForm, values: Sequence[Stored], late: dict[str, str]) -> object:
    """Whole numbers and truth values as such where they stand alone; dates, decimals and texts as text."""
    if hole.is_whole and isinstance(place := hole.parts[0], int):
        kind, value = form.parameters[place].format, values[place]
        if value is not None and kind in {"integer", "boolean"}:
            return bool(value) if kind == "boolean" else value
    return "".join(_part(part, form, values, late) for part in hole.parts)


def _part(part: str | int, form: CallForm, values: Sequence[Stored], late: dict[str, str]) -> str:
    if isinstance(part, int):
        return written(form.parameters[part].format, values[part], form.offset_minutes)
    return late[part] if isinstance(part, _Late) else part
