"""Finds every ACTIVITY of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

from collections.abc import Iterable

from waystage import activities
from waystage.plan import families
from waystage.plan.kinds import ActivityType

#: Types of the reference that are known but cannot run yet. Publishing a journey that has one is refused with this
#: sentence: nothing here pretends.
NOT_BUILT = {
    "waitbyevent": "waiting for an event is not built yet.",
    "waituntilevent": "waiting for an event is not built yet.",
    "waitfordecision": "waiting for an event is not built yet.",
    "engagementdecision": "engagement splits are not built yet.",
    "engagementsplitv2": "engagement splits are not built yet.",
    "abntest": "path optimizers are not built yet.",
    "abnteststop": "path optimizers are not built yet.",
    "rest": "custom activities are not built yet.",
    "restdecision": "custom activities are not built yet.",
    "smssync": "SMS activities are not built yet.",
    "sms": "SMS activities are not built yet.",
    "pushnotificationactivity": "push activities are not built yet.",
    "pushinboxactivity": "push activities are not built yet.",
    "inappsyncactivity": "push activities are not built yet.",
    "whatsappactivity": "WhatsApp activities are not built yet.",
    "stowait": "send-time optimisation is not built yet.",
    "dataextensionupdate": "the legacy data extension update is not built yet; use UPDATECONTACTDATA.",
}


def load() -> dict[str, ActivityType]:
    """Every installed member by its folded type and aliases; raises ValueError where two claim one name."""
    found: Iterable[ActivityType] = families.declared(activities, "ACTIVITY")
    return families.by_name(found, lambda member: (member.type, *member.aliases))
