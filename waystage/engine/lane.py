"""One lane in this process's hands: its numbers, its agenda, and what a transaction changes in them.

Everything here is memory that follows a commit: a transaction works on a `Batch`, and only when it has been committed
are its numbers and its parked instants taken over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from waystage.store import statistics, timers, trace
from waystage.store.leases import Lease
from waystage.store.sql import Tx
from waystage.store.timers import TimerKey, TimerKind

NEVER = 2**62


@dataclass(slots=True)
class Lane:
    """What the owner of a lane remembers between batches."""

    lease: Lease
    agenda: dict[int, int] = field(default_factory=dict)
    """Seat to the earliest due instant of whoever rests there (design 8.2)."""
    timers: dict[TimerKey, int] = field(default_factory=dict)
    """When the timers of the lane are due."""
    paths: set[int] = field(default_factory=set)
    """Interned paths that the lane has met."""
    inbox_waiting: bool = True
    owed: int | None = None
    """The instant of the last turn, if that took all in that waited: whoever was due then is moved before the next."""
    forgotten: int = 0
    """The instant before which nothing is left to be forgotten."""
    unmerged: int = 0
    """Hops in the log that are not yet merged by instance."""

    @property
    def number(self) -> int:
        """Which lane this is."""
        return self.lease.lane

    def take_notice(self) -> bool:
        """Whether rows wait in the inbox; it is taken down before a batch, so that a notice that comes meanwhile stays.

        Other threads put it up at any moment, between reading and writing here too: it is written only if it was up.
        """
        if not self.inbox_waiting:
            return False
        self.inbox_waiting = False
        return True

    def take_over(self, batch: Batch) -> None:
        """A batch was committed: remember what it changed."""
        self.lease = batch.lease
        self.paths |= batch.new_paths
        if batch.inbox_waiting:
            self.inbox_waiting = True
        self.owed = batch.now if batch.took_in and not batch.inbox_waiting else None
        self.unmerged += batch.hops
        for seat, due in batch.emptied.items():
            if due is None:
                self.agenda.pop(seat, None)
            else:
                self.agenda[seat] = due
        for seat, due in batch.parked.items():
            self.agenda[seat] = min(due, self.agenda.get(seat, NEVER))
        if batch.merged:
            self.unmerged = batch.hops
        for key, instant in batch.timers.items():
            if instant is None:
                self.timers.pop(key, None)
            else:
                self.timers[key] = instant


@dataclass(slots=True)
class Batch:
    """One transaction of a lane: the numbers it uses up and everything it will have changed."""

    tx: Tx
    lane: Lane
    now: int
    lease: Lease
    counts: Counter[statistics.CounterKey] = field(default_factory=Counter)
    parked: dict[int, int] = field(default_factory=dict)
    emptied: dict[int, int | None] = field(default_factory=dict)
    timers: dict[TimerKey, int | None] = field(default_factory=dict)
    new_paths: set[int] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    """Versions whose audience this lane has let in for the last time."""
    told: bool = False
    """Whether a command was appended to the inboxes of all lanes."""
    merged: bool = False
    """Whether the log of hops was merged before any hop of this batch."""
    inbox_waiting: bool = False
    took_in: bool = False
    """Whether it was spent on what waited in the inbox."""
    obeyed: list[int] = field(default_factory=list)
    """Commands about what may run that were followed."""
    moved: int = 0
    effects: int = 0
    outgoing: int = 0
    """How many of the effects are to be handed over at once."""
    hops: int = 0

    @property
    def number(self) -> int:
        """Which lane this is about."""
        return self.lane.number

    def use(self, **used: int) -> dict[str, int]:
        """Use up numbers of the lane's tables; gives the base of each, so that row n gets base + n (n from 1)."""
        before = {name: getattr(self.lease, name) - 1 for name in used}
        self.lease = replace(self.lease, **{name: before[name] + 1 + count for name, count in used.items()})
        return before

    def path(self, path: trace.Path) -> int:
        """The number of a path, interned if the lane has not met it."""
        if path.id not in self.lane.paths and path.id not in self.new_paths:
            trace.intern(self.tx, self.number, [path])
            self.new_paths.add(path.id)
        return path.id

    def park(self, seat: int, due: int) -> None:
        """Somebody rests in a seat from now on."""
        self.parked[seat] = min(due, self.parked.get(seat, NEVER))

    def timer(self, kind: TimerKind, version: int) -> int | None:
        """When a timer is due; None if there is none."""
        key = (kind, version)
        return self.timers[key] if key in self.timers else self.lane.timers.get(key)

    def set_timer(self, kind: TimerKind, version: int, due: int, cursor: str = "") -> None:
        """Be called at an instant; the present one with a cursor means that there is more to do."""
        timers.put(self.tx, self.number, (kind, version), due, cursor)
        self.timers[kind, version] = due
        if kind is TimerKind.AUDIENCE and due >= NEVER:
            self.over.add(version)

    def drop_timer(self, kind: TimerKind, version: int) -> None:
        """Not be called any more."""
        timers.drop(self.tx, self.number, (kind, version))
        self.timers[kind, version] = None

    def cursor(self, kind: TimerKind, version: int) -> str:
        """How far what a timer has begun has come; empty if it has not begun."""
        return timers.cursor(self.tx, self.number, (kind, version))
