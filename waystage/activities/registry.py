"""Finds every ACTIVITY of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

from collections.abc import Iterable

from waystage import activities
from waystage.activities import _pass_through, _to_devices
from waystage.plan import families
from waystage.plan.kinds import ActivityType


def load() -> dict[str, ActivityType]:
    """Every installed member by its folded type and aliases; raises ValueError where two claim one name."""
    found: Iterable[ActivityType] = [
        *families.declared(activities, "ACTIVITY"),
        *_pass_through.members(),
        *_to_devices.members(),
    ]
    return families.by_name(found, lambda member: (member.type, *member.aliases))
