"""DateEvent: contacts enter on a date that they have in a data extension, or some days off it (contract 27)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from waystage.plan.audiences import Audience, DateRule
from waystage.plan.catalog import EventDefinition, Extension
from waystage.plan.kinds import Site, TriggerType
from waystage.plan.sources import arguments_of, entry_condition, on_dates
from waystage.spec import problems
from waystage.spec.fields import FieldType
from waystage.spec.moments import Unit, unit_of

_LARGEST_OFFSET = 100_000


def audience(event: EventDefinition, extension: Extension, site: Site) -> Audience | None:
    """Every midnight of the account's zone, those whose date plus the offset falls on that day."""
    arguments = arguments_of(event)
    rule = DateRule(
        _field(event, extension, arguments, site),
        _amount(event, arguments, site),
        _unit(event, arguments, site),
        annual=_is_annual(event, arguments, site),
    )
    return on_dates(extension, rule, site.offset)


def _field(event: EventDefinition, extension: Extension, arguments: Mapping[str, Any], site: Site) -> str:
    name = str(arguments.get("contactAttributeName") or "")
    field = extension.field(name)
    if field is None or field.type is not FieldType.DATE:
        text = f"{name[:100]!r} is no date field of data extension {extension.name}."
        _problem(event, site, "contactAttributeName", text, problems.DATA_EXTENSION)
    return field.name if field is not None else name


def _amount(event: EventDefinition, arguments: Mapping[str, Any], site: Site) -> int:
    value = arguments.get("dateOffset")
    text = "0" if value is None or value == "" else str(value).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text, re.ASCII) or abs(int(text)) > _LARGEST_OFFSET:
        _problem(event, site, "dateOffset", f"must be a whole number, at most {_LARGEST_OFFSET} days or the like.")
        return 0
    return int(text)


def _unit(event: EventDefinition, arguments: Mapping[str, Any], site: Site) -> Unit:
    try:
        return unit_of(str(arguments.get("dateOffsetUnit") or Unit.DAYS.value))
    except ValueError as error:
        _problem(event, site, "dateOffsetUnit", str(error))
        return Unit.DAYS


def _is_annual(event: EventDefinition, arguments: Mapping[str, Any], site: Site) -> bool:
    word = str(arguments.get("dateType") or "once").strip().casefold()
    if word not in {"once", "annual"}:
        _problem(event, site, "dateType", f"{word[:40]!r} is neither once nor annual.")
    return word == "annual"


def _problem(event: EventDefinition, site: Site, name: str, text: str, code: str = problems.TRIGGER_UNUSABLE) -> None:
    site.problem(code, f"Event definition {event.key}: arguments.{name}: {text}", f"eventDefinition.arguments.{name}")


TRIGGER = TriggerType(
    type="DateEvent",
    aliases=(),
    summary="A contact enters on a date that a data extension has for it, or so long before or after.",
    entry=entry_condition,
    audience=audience,
)
