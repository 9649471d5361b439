"""Take events in: contacts, rows, and an entry decision for every journey that listens (design 8.18)."""

from __future__ import annotations

from waystage.engine import advance
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Running
from waystage.ground.crashpoints import reach
from waystage.plan.strides import stride
from waystage.store import arrivals, batches, decisions, inbox, remarks, ways
from waystage.store.inbox import InboxGroup, InboxKind


def admit(batch: Batch, plans: Plans, limit: int) -> int:
    """Take in at most `limit` rows of the lane's inbox; returns how many were."""
    tx, lane = batch.tx, batch.number
    reach("engine.before-admit")
    groups = inbox.groups(tx, lane, limit)
    command = min((group.low for group in groups if group.kind != InboxKind.EVENT), default=None)
    taken = 0
    if groups and command == groups[0].low:
        taken = _obey(batch, plans, groups[0])
    else:
        for group in groups:
            if group.kind == InboxKind.EVENT and (command is None or group.low < command):
                since = groups[0].low if len(groups) > 1 else None
                taken += _admit_group(batch, plans, _before(group, command), since)
    read = sum(group.count for group in groups)
    batch.inbox_waiting = read >= limit or taken < read
    return taken


def _before(group: InboxGroup, command: int | None) -> InboxGroup:
    """The part of a group that was accepted before a command."""
    if command is None or group.high < command:
        return group
    return InboxGroup(group.kind, group.account, group.definition, group.low, command - 1, group.count)


def _obey(batch: Batch, plans: Plans, group: InboxGroup) -> int:
    plans.refresh(batch.tx, command=group.low, anew=group.kind == InboxKind.RECOMPILE)
    inbox.consume(batch.tx, batch.number, [group.low])
    batch.obeyed = group.low
    return 1


def _admit_group(batch: Batch, plans: Plans, group: InboxGroup, since: int | None) -> int:
    """The first event of each contact for one event definition; `since` as in arrivals.gather."""
    tx, lane = batch.tx, batch.number
    admission = plans.admission(tx, group.definition, batch.now)
    arrived = arrivals.gather(tx, lane, group, admission, since)
    if not arrived.events:
        return 0
    if arrived.new_contacts:
        arrivals.establish_contacts(tx, lane, group.account, batch.now)
    if admission.extension:
        arrivals.log_rows(tx, lane, admission.extension, arrived)
    for running in plans.listening(group.definition):
        _enter(batch, plans, running, arrived.last)
    whole = since is None and arrived.events == group.count
    consumed = inbox.consume_group(tx, lane, group) if whole else inbox.consume_arrived(tx, lane)
    batches.clear(tx, lane, "arriving")
    return consumed


def _enter(batch: Batch, plans: Plans, running: Running, arrived: int) -> None:
    """Decide who of the arrived enters one journey, and run those to their first rest."""
    tx, lane, plan = batch.tx, batch.number, running.plan
    setting = advance.setting_of(batch, running, "a", entering=True)
    decision = decisions.decision(setting, plan, plans.stopped_of(plan.journey))
    base = batch.use(instances=arrived)["instances"]
    arrivals.judge(tx, lane, base, plan.start, decision, {**setting.binder.values, "now": batch.now})
    counts = arrivals.decisions(tx, lane)
    entering = counts.pop(arrivals.ENTER, 0)
    if counts:
        arrivals.note_refusals(tx, lane, plan.version, batch.use(remarks=arrived)["remarks"], batch.now)
        for number, n in counts.items():
            batch.counts[plan.version, 0, f"refused:{arrivals.REFUSALS[number]}"] += n
    if entering:
        arrivals.place(tx, lane, plan.version, plan.journey, batch.now)
        batch.counts[plan.version, 0, "entered"] += entering
        _begin(batch, running, entering, arrived, drop=bool(counts))
    batches.clear(tx, lane, "work")


def _begin(batch: Batch, running: Running, entering: int, arrived: int, *, drop: bool) -> None:
    tx, lane, plan = batch.tx, batch.number, running.plan
    if drop:
        arrivals.drop_refused(tx, lane)
    way = stride(plan, plan.start, woken=False)
    if len(way.leaves) > 1:
        leaf, setting = advance.leaf_for(batch, running, way, "work", entering=True)
        ways.choose(tx, lane, plan.start, leaf, {**setting.binder.values, "now": batch.now})
    advance.run(batch, running, plan.start, size=arrived, count=entering, woken=False)


def drop_first(batch: Batch, message: str) -> None:
    """Give up the oldest event of the lane, which cannot be taken in, and say so (design 8.21)."""
    tx, lane = batch.tx, batch.number
    groups = inbox.groups(tx, lane, 1)
    if groups:
        remarks.note_lost_event(tx, lane, batch.use(remarks=1)["remarks"] + 1, batch.now, 0, message)
        inbox.consume(tx, lane, [groups[0].low])
    batch.inbox_waiting = inbox.is_waiting(tx, lane)
