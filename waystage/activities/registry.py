"""Finds every ACTIVITY of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

from collections.abc import Iterable

from waystage import activities
from waystage.activities import _pass_through
from waystage.plan import families
from waystage.plan.kinds import ActivityType

#: Types of the reference that are known but cannot run yet. Publishing a journey that has one is refused with this
#: sentence: nothing here pretends.
NOT_BUILT = {
    "engagementdecision": "engagement splits are not built yet.",
    "engagementsplitv2": "engagement splits are not built yet.",
    "rest": "custom activities are not built yet.",
    "restdecision": "custom activities are not built yet.",
    "smssync": "SMS activities are not built yet.",
    "sms": "SMS activities are not built yet.",
    "pushnotificationactivity": "push activities are not built yet.",
    "mobilepush": "push activities are not built yet.",
    "pushsync": "push activities are not built yet.",
    "pushinboxactivity": "push activities are not built yet.",
    "inbox": "push activities are not built yet.",
    "inappsyncactivity": "push activities are not built yet.",
    "inapp": "push activities are not built yet.",
    "whatsappactivity": "WhatsApp activities are not built yet.",
    "whatsappsessiontransferactivity": "WhatsApp activities are not built yet.",
}


def load() -> dict[str, ActivityType]:
    """Every installed member by its folded type and aliases; raises ValueError where two claim one name."""
    found: Iterable[ActivityType] = [*families.declared(activities, "ACTIVITY"), *_pass_through.members()]
    return families.by_name(found, lambda member: (member.type, *member.aliases))
