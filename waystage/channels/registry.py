"""Finds every CHANNEL of this folder and of installed plug-ins; refuses two of one name."""

from __future__ import annotations

from collections.abc import Iterable

from waystage import channels
from waystage.channels.base import Channel, ChannelType
from waystage.ground.settings import Settings
from waystage.plan import families


def load() -> dict[str, ChannelType]:
    """Every installed channel by its folded name; raises ValueError where two claim one."""
    found: Iterable[ChannelType] = families.declared(channels, "CHANNEL", besides=("base",))
    return families.by_name(found, lambda member: (member.name,))


def ways_out(settings: Settings) -> dict[str, Channel]:
    """The channels that these settings open, by name; messages of all others stay in the store as captured."""
    opened = {name: member.open(settings) for name, member in load().items()}
    return {name: channel for name, channel in opened.items() if channel is not None}
