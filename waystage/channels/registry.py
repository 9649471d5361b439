"""Finds every CHANNEL of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import entry_points

from waystage import channels
from waystage.channels.base import Channel, ChannelType
from waystage.ground.settings import Settings


def _declared() -> Iterator[ChannelType]:
    for module in pkgutil.iter_modules(channels.__path__):
        if module.name not in {"registry", "base"} and not module.name.startswith("_"):
            yield import_module(f"{channels.__name__}.{module.name}").CHANNEL
    for point in entry_points(group="waystage.channels"):
        yield point.load()


def by_name(members: Iterable[ChannelType]) -> dict[str, ChannelType]:
    """Members by name; raises ValueError where two claim one."""
    named: dict[str, ChannelType] = {}
    for member in members:
        if named.setdefault(member.name, member) is not member:
            raise ValueError(f"two channels claim the name {member.name}")
    return named


def load() -> dict[str, ChannelType]:
    """Every installed channel by name."""
    return by_name(_declared())


def ways_out(settings: Settings) -> dict[str, Channel]:
    """The channels that these settings open, by name; messages of all others stay in the store as captured."""
    opened = {name: member.open(settings) for name, member in load().items()}
    return {name: channel for name, channel in opened.items() if channel is not None}
