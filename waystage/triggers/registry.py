"""Finds every TRIGGER of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import entry_points

from waystage import triggers
from waystage.plan.kinds import TriggerType

#: Triggers of the reference that are known but cannot run yet (see activities.registry.NOT_BUILT).
NOT_BUILT = {
    "emailaudience": "data extension audiences are not built yet.",
    "automationaudience": "automation audiences are not built yet.",
    "contactevent": "contact events are not built yet.",
    "dateevent": "date events are not built yet.",
    "transactional-api": "transactional journeys are not built yet.",
}


def _declared() -> Iterator[TriggerType]:
    for module in pkgutil.iter_modules(triggers.__path__):
        if module.name != "registry":
            yield import_module(f"{triggers.__name__}.{module.name}").TRIGGER
    for point in entry_points(group="waystage.triggers"):
        yield point.load()


def by_name(members: Iterable[TriggerType]) -> dict[str, TriggerType]:
    """Members by their folded type and aliases; raises ValueError where two claim one name."""
    named: dict[str, TriggerType] = {}
    for member in members:
        for name in (member.type, *member.aliases):
            if named.setdefault(name.casefold(), member) is not member:
                raise ValueError(f"two triggers claim the name {name}")
    return named


def load() -> dict[str, TriggerType]:
    """Every installed trigger by folded name."""
    return by_name(_declared())
