"""Finds every TRIGGER of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

from collections.abc import Iterable

from waystage import triggers
from waystage.plan import families
from waystage.plan.kinds import TriggerType


def load() -> dict[str, TriggerType]:
    """Every installed member by its folded type and aliases; raises ValueError where two claim one name."""
    found: Iterable[TriggerType] = families.declared(triggers, "TRIGGER")
    return families.by_name(found, lambda member: (member.type, *member.aliases))
