"""Activity, Outcome, Trigger, Goal and Exit: typed views over parts of the stored JSON, which they never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

Json = Mapping[str, Any]

NIL_GUID: Final = "00000000-0000-0000-0000-000000000000"
_EMPTY: Final[Json] = {}


def text_at(raw: Json, name: str, default: str = "") -> str:
    """The text under a name; `default` where there is none or something else."""
    value = raw.get(name)
    return value if isinstance(value, str) else default


def object_at(raw: Json, name: str) -> Json:
    """The object under a name; an empty one where there is none or something else."""
    value = raw.get(name)
    return value if isinstance(value, Mapping) else _EMPTY


def objects_at(raw: Json, name: str) -> tuple[Json, ...]:
    """The objects in the array under a name; everything else is passed over."""
    value = raw.get(name)
    return tuple(part for part in value if isinstance(part, Mapping)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class _Part:
    """What activities, triggers, goals and exits have in common."""

    raw: Json

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
    def type(self) -> str:
        """The type as written; compare `type_folded`."""
        return text_at(self.raw, "type")

    @property
    def type_folded(self) -> str:
        """The type in upper case: types compare without regard to case (journey-spec 3.1)."""
        return self.type.upper()

    @property
    def arguments(self) -> Json:
        return object_at(self.raw, "arguments")

    @property
    def configuration(self) -> Json:
        """The `configurationArguments`, `{}` when absent."""
        return object_at(self.raw, "configurationArguments")

    @property
    def meta(self) -> Json:
        """The `metaData`, `{}` when absent."""
        return object_at(self.raw, "metaData")

    @property
    def criteria(self) -> str:
        """The filter XML of `configurationArguments.criteria`; empty when there is none or it is a map."""
        return text_at(self.configuration, "criteria").strip()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A named way out of an activity; `next` is None where the path ends."""

    raw: Json

    @property
    def key(self) -> str:
        return text_at(self.raw, "key")

    @property
    def next(self) -> str | None:
        return text_at(self.raw, "next") or None

    @property
    def arguments(self) -> Json:
        return object_at(self.raw, "arguments")

    @property
    def meta(self) -> Json:
        return object_at(self.raw, "metaData")

    @property
    def label(self) -> str:
        return text_at(self.meta, "label")


class Output(NamedTuple):
    """An out argument that an activity declares in `schema.arguments`."""

    name: str
    data_type: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Activity(_Part):
    """One box of the journey."""

    outcomes: tuple[Outcome, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outcomes", tuple(map(Outcome, objects_at(self.raw, "outcomes"))))

    @property
    def schema(self) -> Json:
        return object_at(self.raw, "schema")

    @property
    def ui_type(self) -> str:
        """`metaData.uiType` in upper case; only breaks ties between types."""
        return text_at(self.meta, "uiType").upper()

    @property
    def is_configured(self) -> bool:
        """False only where `metaData.isConfigured` says so; missing means configured (journey-spec 3.1)."""
        return self.meta.get("isConfigured") is not False

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The declared out arguments: those of the schema, then those of a custom activity's `execute` call.

        What `arguments.execute.outArguments` names without a schema is visible text.
        """
        declared = object_at(self.schema, "arguments")
        found = [_output(name, entry) for name, entry in declared.items() if _is_out(entry)]
        for entries in objects_at(object_at(declared, "execute"), "outArguments"):
            found.extend(_output(name, entry) for name, entry in entries.items() if isinstance(entry, Mapping))
        for entries in objects_at(object_at(self.arguments, "execute"), "outArguments"):
            found.extend(Output(name, "Text", is_visible=True) for name in entries)
        return tuple({output.name: output for output in reversed(found)}.values())[::-1]


def _is_out(entry: Any) -> bool:
    return isinstance(entry, Mapping) and text_at(entry, "direction").lower() == "out"


def _output(name: str, entry: Json) -> Output:
    return Output(name, text_at(entry, "dataType", "Text"), text_at(entry, "access").lower() == "visible")


class EventReference(NamedTuple):
    """One of the ways in which a trigger names its event definition."""

    by: Literal["id", "key"]
    text: str


@dataclass(frozen=True, slots=True)
class Trigger(_Part):
    """How contacts get in (journey-spec 2.1)."""

    @property
    def event_references(self) -> tuple[EventReference, ...]:
        """Every name of the event definition in the order to try them; where two disagree the id wins."""
        found = (
            EventReference("id", text_at(self.meta, "eventDefinitionId")),
            EventReference("id", text_at(self.arguments, "eventDefinitionId")),
            EventReference("key", text_at(self.meta, "eventDefinitionKey")),
            EventReference("key", text_at(self.raw, "eventDefinitionKey")),
            EventReference("key", text_at(self.arguments, "eventDefinitionKey")),
        )
        return tuple(dict.fromkeys(ref for ref in found if ref.text and ref.text != NIL_GUID))

    @property
    def start_key(self) -> str | None:
        """The activity that the first outcome names as the start, if a tool wrote one."""
        outcomes = objects_at(self.raw, "outcomes")
        return Outcome(outcomes[0]).next if outcomes else None

    @property
    def is_unconfigured(self) -> bool:
        return self.configuration.get("unconfigured") is True


@dataclass(frozen=True, slots=True)
class Goal(_Part):
    """Criteria that make a passage a success (journey-spec 7.1)."""

    @property
    def conversion_value(self) -> str:
        """The target as text; numbers are accepted and given as text."""
        value = self.meta.get("conversionValue")
        return "" if value is None or isinstance(value, (bool, list, Mapping)) else str(value).strip()

    @property
    def conversion_unit(self) -> str:
        """`percentage` or `wholenumber` in lower case."""
        return text_at(self.meta, "conversionUnit").lower()

    @property
    def is_exit(self) -> bool:
        """Whether a contact that meets the goal leaves."""
        return self.meta.get("isExitCriteria") in (True, "true", "True")


@dataclass(frozen=True, slots=True)
class Exit(_Part):
    """Criteria that end a passage when it leaves a wait (journey-spec 7.2)."""
