"""EmailAudience: the rows of a data extension enter once, or whenever a schedule says so (journey-spec 2.5)."""

from __future__ import annotations

from waystage.plan.audiences import Audience
from waystage.plan.catalog import EventDefinition, Extension
from waystage.plan.kinds import Site, TriggerType
from waystage.plan.sources import entry_condition, meta_of, of_extension, schedule_of
from waystage.spec import problems

_MODES = ("runonce", "recurring", "automation")
_ONCE_MODES = ("onpublish", "onschedule")


def audience(event: EventDefinition, extension: Extension, site: Site) -> Audience | None:
    """By the two mode words of `metaData`; without one, a schedule recurs, and without that it is once on publish."""
    mode = _mode(event, site, "scheduleFlowMode", _MODES, _usual_mode(event))
    if mode == "automation":
        return of_extension(event, extension, on_signal=True)
    if mode == "recurring":
        return of_extension(event, extension, schedule=schedule_of(event, site))
    once = _mode(event, site, "runOnceScheduleMode", _ONCE_MODES, _ONCE_MODES[_has_schedule(event)])
    if once == "onschedule":
        return of_extension(event, extension, schedule=schedule_of(event, site, only_start=True))
    return of_extension(event, extension, on_publish=True)


def _usual_mode(event: EventDefinition) -> str:
    """A definition that was made for an automation is no audience of its own, whatever the trigger is called."""
    if event.type.casefold() == "automationaudience":
        return "automation"
    return "recurring" if _has_schedule(event) else "runonce"


def _has_schedule(event: EventDefinition) -> bool:
    return bool(event.document.get("schedule"))


def _mode(event: EventDefinition, site: Site, name: str, words: tuple[str, ...], default: str) -> str:
    given = str(meta_of(event).get(name) or "").strip()
    if given and given.casefold() not in words:
        text = f"Event definition {event.key}: metaData.{name} {given[:40]!r} is none of {', '.join(words)}."
        site.problem(problems.TRIGGER_UNUSABLE, text, f"eventDefinition.metaData.{name}")
    return given.casefold() or default


TRIGGER = TriggerType(
    type="EmailAudience",
    aliases=(),
    summary="The contacts of a data extension enter when the journey is published, or by a schedule.",
    entry=entry_condition,
    audience=audience,
)
