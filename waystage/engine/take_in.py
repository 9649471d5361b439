"""Take the next slice of a lane's inbox in: facts up to the first command, or commands up to the first fact.

Facts are events and the answers of custom activities; those of one slice are taken in by kind.
"""

from __future__ import annotations

from waystage.engine import admit, at_once, clear_queue, eject, replies, timers
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans
from waystage.ground.crashpoints import reach
from waystage.store import inbox
from waystage.store.inbox import InboxGroup, InboxKind

_FACTS = frozenset({InboxKind.EVENT, InboxKind.REPLY})


def take_in(batch: Batch, plans: Plans, limit: int) -> int:
    """Take in at most `limit` rows of the lane's inbox; returns how many were."""
    reach("engine.before-admit")
    groups = inbox.groups(batch.tx, batch.number, limit)
    command = min((group.low for group in groups if group.kind not in _FACTS), default=None)
    taken = 0
    if groups and command == groups[0].low:
        taken = _obey(batch, plans, groups)
    else:
        since = groups[0].low if len(groups) > 1 else None
        for group in groups:
            if command is None or group.low < command:
                taken += _take(batch, plans, _before(group, command), since)
    read = sum(group.count for group in groups)
    batch.inbox_waiting = batch.inbox_waiting or read >= limit or taken < read
    return taken


def _take(batch: Batch, plans: Plans, group: InboxGroup, since: int | None) -> int:
    if group.kind == InboxKind.REPLY:
        return replies.take(batch, plans, group)
    return admit.admit(batch, plans, group, since)


def _before(group: InboxGroup, command: int | None) -> InboxGroup:
    """The part of a group that was accepted before a command."""
    if command is None or group.high < command:
        return group
    return InboxGroup(group.kind, group.account, group.definition, group.low, command - 1, group.count)


def _obey(batch: Batch, plans: Plans, groups: list[InboxGroup]) -> int:
    """Do what the first commands of the slice ask for: all of one kind that stand before anything else."""
    group = groups[0]
    high = min([group.high, *(other.low - 1 for other in groups[1:])])
    commands = inbox.commands(batch.tx, batch.number, group.low, high)
    match InboxKind(group.kind):
        case InboxKind.EXIT:
            eject.exit_journeys(batch, plans, commands)
        case InboxKind.DELETE:
            eject.delete_contacts(batch, plans, commands)
        case InboxKind.AUDIENCE:
            timers.signal(batch, plans, group.definition)
        case InboxKind.CHANGED:
            at_once.look(batch, plans, commands)
        case InboxKind.CLEAR:
            clear_queue.clear(batch, group.definition)
        case kind:
            # Several changes with no event between them are one: what they tell of is read as it is now.
            numbers = [command.id for command in commands]
            plans.refresh(batch.tx, numbers, anew=kind == InboxKind.RECOMPILE)
            batch.obeyed += numbers
            timers.arrange(batch, plans)
    inbox.consume(batch.tx, batch.number, [command.id for command in commands])
    return len(commands)
