"""What entry sources have in common: their filters, and the rows of their data extensions (journey-spec 2.5, 2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.plan.audiences import Audience, DateRule
from waystage.plan.catalog import EventDefinition, Extension, kind_of
from waystage.plan.expressions import AllOf, Always, Condition, Kind
from waystage.plan.kinds import Site
from waystage.spec import problems, schedules
from waystage.spec.document import NIL_GUID, Trigger
from waystage.spec.schedules import Schedule, ScheduleError


def entry_condition(trigger: Trigger, site: Site) -> Condition:
    """The filters of the trigger and of its event definition (journey-spec 2.7 step 5)."""
    found = []
    if trigger.criteria:
        found.append(site.condition(trigger.criteria, "triggers[0].configurationArguments.criteria"))
    own = arguments_of(site.event).get("criteria") if site.event is not None else None
    if isinstance(own, str) and own.strip():
        found.append(site.condition(own, "eventDefinition.arguments.criteria"))
    return AllOf(tuple(found)) if found else Always()


def arguments_of(event: EventDefinition) -> Mapping[str, Any]:
    """The `arguments` of an event definition."""
    return _object(event.document, "arguments")


def meta_of(event: EventDefinition) -> Mapping[str, Any]:
    """The `metaData` of an event definition."""
    return _object(event.document, "metaData")


def automations_of(document: Mapping[str, Any]) -> set[str]:
    """The automations that an event definition's document names, in small letters (contract 19)."""
    named = (document.get("automationId"), _object(document, "arguments").get("automationId"))
    return {one.strip().lower() for one in named if isinstance(one, str)} - {"", NIL_GUID}


def of_extension(
    event: EventDefinition,
    extension: Extension,
    *,
    schedule: Schedule | None = None,
    on_publish: bool = False,
    on_signal: bool = False,
) -> Audience:
    """The audience of an event definition's rows, with its high watermark."""
    arguments = arguments_of(event)
    return Audience(
        extension.number,
        *_keys(extension),
        schedule,
        on_publish,
        on_signal,
        new_only=_flag(arguments, "useHighWatermark"),
        reset_mark=_flag(arguments, "resetHighWatermark"),
    )


def on_dates(extension: Extension, rule: DateRule, offset_minutes: int) -> Audience:
    """The audience of a date, looked for every midnight of the account's zone (contract 27)."""
    midnight = schedules.every_midnight(offset_minutes)
    return Audience(extension.number, *_keys(extension), midnight, date_rule=rule)


def schedule_of(event: EventDefinition, site: Site, *, only_start: bool = False) -> Schedule | None:
    """The schedule of an event definition; what cannot be used is a problem."""
    document = event.document.get("schedule")
    read = schedules.once if only_start else schedules.parse
    try:
        return read(document if isinstance(document, Mapping) else {}, site.offset)
    except ScheduleError as error:
        site.problem(
            problems.TRIGGER_UNUSABLE,
            f"Event definition {event.key}: {error}",
            f"eventDefinition.schedule.{error.field}",
        )
    return None


def _keys(extension: Extension) -> tuple[bool, tuple[tuple[str, Kind], ...]]:
    """Whether a contact may have several rows, and the primary key."""
    key = extension.schema.primary_key
    repeats = {field.name for field in key} != {extension.schema.contact_field}
    return repeats, tuple((field.name, kind_of(field)) for field in key)


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}


def _flag(arguments: Mapping[str, Any], name: str) -> bool:
    return str(arguments.get(name, "")).casefold() == "true"
