"""APIEvent: a contact enters when its event is posted (journey-spec 2.2); kin that are fired the same way included."""

from __future__ import annotations

from waystage.plan.expressions import AllOf, Always, Condition
from waystage.plan.kinds import Site, TriggerType
from waystage.spec.document import Trigger


def entry(trigger: Trigger, site: Site) -> Condition:
    """The filter of the trigger, if it has one (journey-spec 2.7 step 5)."""
    if not trigger.criteria:
        return Always()
    return AllOf((site.condition(trigger.criteria, "triggers[0].configurationArguments.criteria"),))


TRIGGER = TriggerType(
    type="APIEvent",
    aliases=("Event", "RestEvent", "FormSubmit", "SmartCapture", "SalesforceObjectTriggerV2"),
    summary="A contact enters when an event of the definition is posted for it.",
    entry=entry,
)
