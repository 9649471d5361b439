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
    """The ways out that these settings open, by the channels of messages that leave by them.

    Messages of all others stay in the store as captured.
    """
    opened: dict[str, Channel] = {}
    for member in load().values():
        channel = member.open(settings)
        if channel is not None:
            opened |= dict.fromkeys(member.serves(settings) if member.serves else (member.name,), channel)
    return opened
