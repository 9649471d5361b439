"""The document of a version as a Journey: a typed view over the stored JSON, which it never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from waystage.spec.completion import (
    JOURNEY_DEFAULTS,
    SERVER_FIELDS,
    complete,
    copied,
    merge,
    same,
    without_server_fields,
)
from waystage.spec.parts import (
    NIL_GUID,
    Activity,
    EventReference,
    Exit,
    Goal,
    Json,
    Outcome,
    Output,
    Trigger,
    object_at,
    objects_at,
    text_at,
)

__all__ = [
    "DEFINITION_TYPES",
    "ENTRY_MODES",
    "JOURNEY_DEFAULTS",
    "NIL_GUID",
    "SERVER_FIELDS",
    "Activity",
    "EventReference",
    "Exit",
    "Goal",
    "Journey",
    "Outcome",
    "Output",
    "Trigger",
    "complete",
    "dump",
    "merge",
    "parse",
    "same",
    "without_server_fields",
]

ENTRY_MODES: Final = ("NotSet", "OnceAndDone", "SingleEntryAcrossAllVersions", "MultipleEntries")
DEFINITION_TYPES: Final = ("Multistep", "Quicksend", "Transactional")


def texts_at(raw: Json, name: str) -> tuple[str, ...]:
    value = raw.get(name)
    return tuple(part for part in value if isinstance(part, str)) if isinstance(value, list) else ()


def _listed(text: str, words: tuple[str, ...]) -> str:
    return next((word for word in words if word.casefold() == text.casefold()), text)


@dataclass(frozen=True, slots=True)
class Journey:
    """The document of one version; `raw` is the stored JSON with everything we do not know."""

    raw: Json
    activities: tuple[Activity, ...] = field(init=False, compare=False)
    triggers: tuple[Trigger, ...] = field(init=False, compare=False)
    goals: tuple[Goal, ...] = field(init=False, compare=False)
    exits: tuple[Exit, ...] = field(init=False, compare=False)
    _by_key: Mapping[str, Activity] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "activities", tuple(map(Activity, objects_at(self.raw, "activities"))))
        put(self, "triggers", tuple(map(Trigger, objects_at(self.raw, "triggers"))))
        put(self, "goals", tuple(map(Goal, objects_at(self.raw, "goals"))))
        put(self, "exits", tuple(map(Exit, objects_at(self.raw, "exits"))))
        put(self, "_by_key", {activity.key: activity for activity in reversed(self.activities)})

    def activity(self, key: str) -> Activity | None:
        """The activity with exactly this key."""
        return self._by_key.get(key)

    @property
    def trigger(self) -> Trigger | None:
        return self.triggers[0] if self.triggers else None

    def references_of(self, trigger: Trigger) -> tuple[EventReference, ...]:
        """How a trigger names its event definition, in the order to try.

        That of a transactional journey names none: the e-mail's `highThroughput` does (journey-spec 1.5).
        """
        if self.definition_type != "Transactional":
            return trigger.event_references
        settings = (object_at(one.meta, "highThroughput") for one in self.activities)
        keys = [text_at(setting, "definitionKey") for setting in settings]
        return (*(EventReference("key", key) for key in keys if key), *trigger.event_references)

    @property
    def id(self) -> str:
        return text_at(self.raw, "id")

    @property
    def key(self) -> str:
        return text_at(self.raw, "key")

    @property
    def name(self) -> str:
        return text_at(self.raw, "name")

    @property
    def description(self) -> str:
        return text_at(self.raw, "description")

    @property
    def workflow_api_version(self) -> float:
        """0.5 or 1.0; 1.0 when absent."""
        value = self.raw.get("workflowApiVersion")
        return float(value) if isinstance(value, (int, float)) else 1.0

    @property
    def entry_mode(self) -> str:
        """One of ENTRY_MODES in its listed spelling."""
        return _listed(text_at(self.raw, "entryMode", "NotSet"), ENTRY_MODES)

    @property
    def definition_type(self) -> str:
        """One of DEFINITION_TYPES in its listed spelling."""
        return _listed(text_at(self.raw, "definitionType", "Multistep"), DEFINITION_TYPES)

    @property
    def channel(self) -> str:
        return text_at(self.raw, "channel")

    @property
    def execution_mode(self) -> str:
        return _listed(text_at(self.raw, "executionMode", "Production"), ("Production", "Test"))

    @property
    def is_test(self) -> bool:
        return self.execution_mode == "Test"

    @property
    def defaults(self) -> Json:
        return object_at(self.raw, "defaults")

    @property
    def default_emails(self) -> tuple[str, ...]:
        """Expressions for the e-mail address in order of preference (journey-spec 1.6)."""
        return texts_at(self.defaults, "email")

    @property
    def default_mobile_numbers(self) -> tuple[str, ...]:
        """Expressions for the mobile number in order of preference (journey-spec 1.6)."""
        return texts_at(self.defaults, "mobileNumber")

    @property
    def meta(self) -> Json:
        return object_at(self.raw, "metaData")

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the tags, whether stored as text or as `{name}` objects."""
        value = self.raw.get("tags")
        tags = value if isinstance(value, list) else ()
        names = (text_at(tag, "name") if isinstance(tag, Mapping) else tag for tag in tags)
        return tuple(name for name in names if isinstance(name, str) and name)


def parse(raw: Json) -> Journey:
    """A view over `raw`, which the caller must not change afterwards; total for every JSON object."""
    return Journey(raw)


def dump(journey: Journey) -> dict[str, Any]:
    """The document as it was parsed: every property, known or not, unchanged and in order; a fresh copy."""
    copy: dict[str, Any] = copied(journey.raw)
    return copy
