"""Finds every ACTIVITY of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import entry_points

from waystage import activities
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


def _declared() -> Iterator[ActivityType]:
    for module in pkgutil.iter_modules(activities.__path__):
        if module.name != "registry":
            yield import_module(f"{activities.__name__}.{module.name}").ACTIVITY
    for point in entry_points(group="waystage.activities"):
        yield point.load()


def by_name(members: Iterable[ActivityType]) -> dict[str, ActivityType]:
    """Members by their folded type and aliases; raises ValueError where two claim one name."""
    named: dict[str, ActivityType] = {}
    for member in members:
        for name in (member.type, *member.aliases):
            if named.setdefault(name.casefold(), member) is not member:
                raise ValueError(f"two activity types claim the name {name}")
    return named


def load() -> dict[str, ActivityType]:
    """Every installed activity type by folded name."""
    return by_name(_declared())
