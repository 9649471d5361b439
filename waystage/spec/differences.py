"""What differs between two versions of a journey, in terms of journeys: parts added, removed, re-routed, re-configured.

Ids, dates, counters and the place of a box on a canvas mean nothing here; criteria are compared and shown by what they
say, not by how their XML is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from waystage.spec.criteria import parse
from waystage.spec.criteria_tree import CriteriaError, describe
from waystage.spec.parts import Json, objects_at, text_at

#: The lists of a journey whose members have keys, and what one member is called.
_PARTS: Final = {"triggers": "trigger", "activities": "activity", "goals": "goal", "exits": "exit"}
#: What the server says of a version, and what is only drawn.
_NO_MEANING: Final = frozenset({
    "id", "key", "version", "definitionId", "status", "scheduledStatus", "createdDate", "modifiedDate", "stats",
    "lastPublishedDate", "healthStats", "createdBy", "modifiedBy", "campaigns", "summary",
})  # fmt: skip
_DRAWN: Final = frozenset({"x", "y", "icon", "iconSmall", "iconUrl", "id", "key"})


@dataclass(frozen=True, slots=True)
class Part:
    """A member that only one of the versions has; `part` is trigger, activity, goal or exit."""

    part: str
    key: str
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Rerouting:
    """An outcome that leads elsewhere; None means that the path ends there, or that the outcome did not exist."""

    activity_key: str
    outcome: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that differs; `part` is journey or as in `Part`, `path` leads to it with dots, None is no value."""

    part: str
    key: str
    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that differs; nothing at all is the same journey."""

    added: tuple[Part, ...]
    removed: tuple[Part, ...]
    rerouted: tuple[Rerouting, ...]
    reconfigured: tuple[Setting, ...]

    def lines(self) -> list[str]:
        """The differences for people, one on each line."""
        return [
            *(f"+ {one.part} {_shown(one)}" for one in self.added),
            *(f"- {one.part} {_shown(one)}" for one in self.removed),
            *map(_rerouting_line, self.rerouted),
            *map(_setting_line, self.reconfigured),
        ]


def _rerouting_line(one: Rerouting) -> str:
    return f"> activity {one.activity_key}, outcome {one.outcome}: {_goal(one.before)} -> {_goal(one.after)}"


def _setting_line(one: Setting) -> str:
    owner = f"{one.part} {one.key}".rstrip()
    return f"~ {owner}, {one.path}: {_value(one.before)} -> {_value(one.after)}"


def _shown(part: Part) -> str:
    described = ", ".join(filter(None, (part.type, part.name if part.name != part.key else "")))
    return f"{part.key} ({described})" if described else part.key


def _goal(key: str | None) -> str:
    return "end" if key is None else key


def _value(value: object) -> str:
    return "nothing" if value is None else repr(value)


def differences(before: Json, after: Json) -> Differences:
    """Compare two documents; members of lists are matched by key, in the order of the later document."""
    added: list[Part] = []
    removed: list[Part] = []
    rerouted: list[Rerouting] = []
    settings = [*_settings("journey", "", _journey_values(before), _journey_values(after))]
    for name, part in _PARTS.items():
        old, new = _by_key(before, name), _by_key(after, name)
        added += [_part(part, key, raw) for key, raw in new.items() if key not in old]
        removed += [_part(part, key, raw) for key, raw in old.items() if key not in new]
        for key, raw in new.items():
            if key in old:
                settings += _settings(part, key, _values(old[key]), _values(raw))
                rerouted += _reroutings(key, _routes(old[key]), _routes(raw))
    return Differences(tuple(added), tuple(removed), tuple(rerouted), tuple(settings))


def _by_key(document: Json, name: str) -> dict[str, Json]:
    return {text_at(raw, "key"): raw for raw in objects_at(document, name)}


def _part(part: str, key: str, raw: Json) -> Part:
    return Part(part, key, text_at(raw, "type"), text_at(raw, "name"))


def _routes(raw: Json) -> dict[str, str | None]:
    return {text_at(outcome, "key"): text_at(outcome, "next") or None for outcome in objects_at(raw, "outcomes")}


def _reroutings(key: str, old: Mapping[str, str | None], new: Mapping[str, str | None]) -> Iterator[Rerouting]:
    for outcome in dict.fromkeys([*new, *old]):
        if old.get(outcome) != new.get(outcome):
            yield Rerouting(key, outcome, old.get(outcome), new.get(outcome))


def _journey_values(document: Json) -> dict[str, object]:
    kept = {name: value for name, value in document.items() if name not in _NO_MEANING and name not in _PARTS}
    return dict(_leaves(kept, ""))


def _values(raw: Json) -> dict[str, object]:
    """The values of one member by path; outcomes by their keys, without where they lead."""
    kept = {name: value for name, value in raw.items() if name not in {"id", "key", "outcomes"}}
    outcomes = {
        text_at(outcome, "key"): {name: value for name, value in outcome.items() if name not in {"id", "key", "next"}}
        for outcome in objects_at(raw, "outcomes")
    }
    return dict(_leaves({**kept, "outcomes": outcomes}, ""))


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    """(path, value) of everything that is no object; empty objects and texts are as good as absent."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _DRAWN or path not in {"metaData", ""}:
                yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif value not in (None, "", []):
        yield path, _meaning(value)


def _meaning(value: object) -> object:
    """A value as it is compared: criteria in words, 1.0 as 1, lists of objects by their leaves."""
    if isinstance(value, str) and value.lstrip().startswith("<FilterDefinition"):
        try:
            return describe(parse(value))
        except CriteriaError:
            return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_meaning(one) for one in value] if isinstance(value, list) else value


def _settings(part: str, key: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Setting]:
    for path in dict.fromkeys([*new, *old]):
        if old.get(path) != new.get(path) or type(old.get(path)) is not type(new.get(path)):
            yield Setting(part, key, path, old.get(path), new.get(path))
