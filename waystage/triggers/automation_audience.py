"""AutomationAudience: rows of a data extension enter when an automation completes (journey-spec 2.5, contract 19)."""

from __future__ import annotations

from waystage.plan.audiences import Audience
from waystage.plan.catalog import EventDefinition, Extension
from waystage.plan.kinds import Site, TriggerType
from waystage.plan.sources import entry_condition, of_extension


def audience(event: EventDefinition, extension: Extension, site: Site) -> Audience | None:
    """Everybody, or who is new, at each completion of the automation that the event definition names."""
    return of_extension(event, extension, on_signal=True)


TRIGGER = TriggerType(
    type="AutomationAudience",
    aliases=(),
    summary="The contacts of a data extension enter when an automation has completed.",
    entry=entry_condition,
    audience=audience,
)
