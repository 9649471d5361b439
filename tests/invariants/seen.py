"""What people could see of a run, for comparing it with another one."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.invariants.base import AtRest

Hop = tuple[int, int, int, str, str]
Message = tuple[str, str, int, int, str, int]


@dataclass
class Seen:
    """What people could see of a run, in names that two runs share."""

    passages: Counter[tuple[str, str, tuple[Hop, ...]]] = field(default_factory=Counter)
    """(journey, contact, its hops as (hop, at, due, steps, reason of the end))."""
    messages: Counter[Message] = field(default_factory=Counter)
    """(journey, contact, hop, activity, bound values, instant)."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(contact, data) of the rows of data extensions."""


def seen(base: AtRest) -> Seen:
    """Read everything."""
    found = Seen()
    journey = {
        number: f"{key} {version}"
        for number, version, key in base.rows(
            "SELECT v.number, v.version, j.key FROM version v JOIN journey j ON j.number = v.journey"
        )
    }
    contact = {(lane, number): key for lane, number, key in base.rows("SELECT lane, contact, key FROM contact")}
    whose = {
        (lane, instance): (journey[version], contact[lane, one])
        for lane, instance, version, one in base.rows("SELECT lane, instance, version, contact FROM instance")
    }
    hops: defaultdict[tuple[int, int], list[Hop]] = defaultdict(list)
    for lane, instance, *hop in base.rows(
        "SELECT g.lane, g.instance, g.hop, g.at, g.due, p.steps, p.ended FROM hop_log g"
        " JOIN path p ON p.lane = g.lane AND p.id = g.path ORDER BY g.lane, g.instance, g.hop"
    ):
        hops[lane, instance].append((hop[0], hop[1], hop[2], hop[3], hop[4]))
    found.passages.update((*whose[one], tuple(steps)) for one, steps in hops.items())
    stored = base.dialect.json_out
    for lane, instance, hop, activity, values, at in base.rows(
        f"SELECT lane, instance, hop, activity, {stored('parameters')}, at FROM outbox"
    ):
        found.messages[*whose[lane, instance], hop, activity, _canonical(values), at] += 1
    for lane, one, data in base.rows(f"SELECT lane, contact, {stored('data')} FROM row"):
        found.rows[contact[lane, one], _canonical(data)] += 1
    return found


def _canonical(text: str) -> str:
    """JSON in one spelling; a member that is null reads as if it were not there."""
    value: Any = json.loads(text)
    if isinstance(value, dict):
        value = {name: member for name, member in value.items() if member is not None}
    return json.dumps(value, sort_keys=True)
