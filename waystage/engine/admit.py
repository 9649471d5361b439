"""Take events in: contacts, rows, and an entry decision for every journey that listens (design 8.18)."""

from __future__ import annotations

from waystage.engine import advance
from waystage.engine.hear import hear
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Running
from waystage.ground import log
from waystage.ground.ids import guid_of
from waystage.plan.looks import DEPARTURES, passing
from waystage.plan.plans import EntryMode
from waystage.plan.strides import Cause, stride
from waystage.store import arrivals, at_once, batches, decisions, inbox, looked, remarks, replays, ways
from waystage.store.arrivals import Arrived
from waystage.store.inbox import InboxGroup


def admit(batch: Batch, plans: Plans, group: InboxGroup, since: int | None) -> int:
    """The first event of each contact for one event definition; `since` as in arrivals.gather."""
    tx, lane = batch.tx, batch.number
    admission = plans.admission(tx, group.definition, batch.now)
    arrived = arrivals.gather(tx, lane, group, admission, since)
    if not arrived.events:
        return 0
    if arrived.new_contacts:
        arrivals.establish_contacts(tx, lane, group.account, batch.now)
    if admission.extension and not admission.shares_keys:
        arrivals.log_rows(tx, lane, admission.extension, arrived)
    for definition in (group.definition, *plans.row_events(admission.extension)):
        _offer(batch, plans, definition, arrived)
    changes = plans.changes_of(group.account) if admission.extension else None
    if changes is not None:
        at_once.note_arrived(tx, lane, group.account, changes.take(arrived.last)[0] - 1)
        batch.inbox_waiting = True
    whole = since is None and arrived.events == group.count
    consumed = inbox.consume_group(tx, lane, group) if whole else inbox.consume_arrived(tx, lane)
    batches.clear(tx, lane, "arriving")
    return consumed


def _offer(batch: Batch, plans: Plans, definition: int, arrived: Arrived) -> None:
    """What has arrived is an event of this definition: for those who wait for it, and for versions that it starts."""
    hear(batch, plans, definition)
    for running in plans.listening(definition):
        enter(batch, plans, running, arrived.last)
    for running in plans.holding(definition):
        replays.hold(batch.tx, batch.number, running.plan.version)
    for version in plans.refusing(definition):
        _refuse(batch, version, arrived.events, arrived.last)


def _refuse(batch: Batch, version: int, events: int, last: int) -> None:
    """A stopped or paused version lets nobody in, and its history says so (contract 29)."""
    base = batch.use(remarks=last)["remarks"]
    arrivals.note_closed(batch.tx, batch.number, version, base, batch.now)
    batch.counts[version, 0, f"refused:{arrivals.REFUSALS[arrivals.CLOSED]}"] += events


def enter(
    batch: Batch, plans: Plans, running: Running, arrived: int, *, since: int | None = None, repeats: bool = False
) -> None:
    """Decide who of the arrived enters one journey, and run those to their first rest; `since` as in `decision`.

    `repeats`: a contact may have arrived several times; unless the mode is MultipleEntries only its first may enter.
    """
    tx, lane, plan = batch.tx, batch.number, running.plan
    setting = advance.setting_of(batch, running, "a", event_data="a.data")
    decision = decisions.decision(setting, plan, plans.stopped_of(plan.journey), since)
    base = batch.use(instances=arrived)["instances"]
    arrivals.judge(tx, lane, base, plan.start, decision, {**setting.binder.values, "now": batch.now})
    if repeats and plan.entry.mode is not EntryMode.ANYTIME:
        arrivals.refuse_repeats(tx, lane)
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
    if values := passing([plan.entry.condition]):
        looked.keep_for_all(advance.setting_of(batch, running, "w", event_data="w.data"), DEPARTURES, values)
    way = stride(plan, plan.start)
    if len(way.leaves) > 1:
        leaf, setting = advance.leaf_for(batch, running, way, "work", event_data="work.data")
        ways.choose(tx, lane, plan.start, leaf, {**setting.binder.values, "now": batch.now})
    advance.run(batch, running, plan.start, size=arrived, count=entering, cause=Cause.ARRIVED, has_event=True)


def drop_first(batch: Batch, message: str) -> None:
    """Give up the oldest event of the lane, which cannot be taken in, and say so (design 8.21)."""
    tx, lane = batch.tx, batch.number
    groups = inbox.groups(tx, lane, 1)
    if groups:
        event = guid_of("event", lane, groups[0].low)
        log.logger("engine").error("an event is dropped because it cannot be taken in", lane=lane, event_instance=event)
        remarks.note_lost_event(tx, lane, batch.use(remarks=1)["remarks"] + 1, batch.now, 0, message)
        inbox.consume(tx, lane, [groups[0].low])
    batch.inbox_waiting = inbox.is_waiting(tx, lane)
