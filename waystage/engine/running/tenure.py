"""Which lanes this process moves: taken, renewed, shared with other processes, given back (design 3.6).

Where only one process may run a database it takes every lane, or does not start. Elsewhere each process that moves
contacts takes its fair share of the lanes; it finds out by looking every few seconds, or when another says so. That two
never move the same lane does not hang on this module: every batch checks its lease in its own transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from waystage import __version__
from waystage.engine.lane import Lane
from waystage.engine.plans import Plans
from waystage.ground import clock, log
from waystage.ground.identity import is_gone, process_name
from waystage.ground.lanes import lane_numbers
from waystage.store import batches, inbox, leases, processes, timers, trace
from waystage.store.database import Database
from waystage.store.leases import Held
from waystage.store.processes import Process
from waystage.store.sql import Tx

#: Real ms for which a lease lasts; it is renewed three times in that time.
LEASE: Final = 10_000
RENEW_SECONDS: Final = 3.0
#: Real ms after which a process that was never seen again is forgotten.
_FORGOTTEN: Final = 86_400_000


class AlreadyRun(RuntimeError):
    """Another living process runs the database, which only one process may."""


class LeaseLost(RuntimeError):
    """Another process has taken a lane; nothing of the batch was written."""

    def __init__(self, lane: int) -> None:
        super().__init__(f"lane {lane} was taken over by another process")
        self.lane = lane


@dataclass(slots=True)
class Tenure:
    """The lanes of one process. Everything runs on the engine's thread; `lanes` may be read from any."""

    database: Database
    journey_time: clock.Clock
    plans: Plans
    process: Process
    lanes: dict[int, Lane] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: {"taken": 0, "lost": 0, "given back": 0})
    """How many lanes have come and gone in which way since the start, for the metrics."""
    lag: Callable[[], float] = lambda: 0.0
    """By how many real ms this process is behind."""
    leaving: set[int] = field(default_factory=set)
    """Lanes that are to be given back as soon as nothing of them is under way outside."""
    is_asked: bool = False
    """Somebody said that it is time to look."""
    _looked: float = -RENEW_SECONDS

    @property
    def owner(self) -> str:
        """Whom the leases name."""
        return self.process.name

    @property
    def shares(self) -> bool:
        """Whether other processes may hold lanes of the same database."""
        return self.database.dialect.many_processes

    @property
    def is_whole(self) -> bool:
        """Whether every lane is in this process's hands, and stays there."""
        return not self.leaving and len(self.lanes) == self.database.lanes

    @property
    def has_first(self) -> bool:
        """Whether this process is the one that does what is to be done once for the whole database."""
        return lane_numbers(self.database.lanes)[0] in self.lanes

    # -- taking -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take what there is to be had and read what rests and waits in it; AlreadyRun.

        Also after a fault: everything is read anew, so nothing that was only remembered counts.
        """
        self.lanes.clear()
        self.leaving.clear()
        self.look()

    def look_if_due(self) -> list[int] | None:
        """Renew the leases and look for lanes to take or give back, from time to time; else None.

        Gives the lanes in whose inboxes something waits, for a notice may have been missed.
        """
        if not self.is_asked and clock.monotonic() - self._looked < RENEW_SECONDS:
            return None
        return self.look()

    def look(self) -> list[int]:
        """See `look_if_due`."""
        self.is_asked = False
        correct_clock(self.database)
        held, living = self.database.step(self._tell)
        self._looked = clock.monotonic()
        mine = {one.lane: one for one in held if one.owner == self.owner}
        for number in [number for number, lane in self.lanes.items() if _is_lost(lane, mine.get(number))]:
            self.lose(number)
        free = [one for one in held if one.lane not in self.lanes and self._is_free(one)]
        if self.shares:
            share = -(-len(held) // max(1, living))
            # What is this process's already, from before a fault, it takes in any case: nobody else may move it.
            own = [one for one in free if one.owner == self.owner]
            others = [one for one in free if one.owner != self.owner]
            free = own + others[: max(0, share - len(self.lanes) - len(own))]
            self._offer(share)
        elif len(free) + len(self.lanes) < len(held):
            names = sorted({one.owner for one in held if one.lane not in self.lanes and not self._is_free(one)})
            raise AlreadyRun(f"the database is run by another process: {', '.join(names)}")
        self._take(free)
        return self.database.step(inbox.waiting_lanes)

    def _tell(self, tx: Tx) -> tuple[list[Held], int]:
        """Say that this process lives; gives who has which lane, and how many processes move contacts."""
        now = clock.real_now()
        processes.forget(tx, now - _FORGOTTEN)
        processes.tell(tx, self.process, now + LEASE, len(self.lanes), round(self.lag()))
        if self.lanes:
            leases.renew(tx, self.owner, now + LEASE, self.journey_time.now())
        living = [
            one for one in processes.everybody(tx) if one.process.moves and self._lives(one.process.name, one.until)
        ]
        return leases.holders(tx), len(living)

    def _is_free(self, held: Held) -> bool:
        """Whether a lane may be taken: nobody has it, or its owner is gone, or it is this process's from before."""
        return held.owner in {"", self.owner} or not self._lives(held.owner, held.until)

    def _lives(self, name: str, until: int) -> bool:
        return until > clock.real_now() and not is_gone(name)

    def _take(self, free: Iterable[Held]) -> None:
        """One transaction for each lane; whoever else wants it collides with this one, and looks again."""
        taken: list[int] = []
        for held in free:
            lane = self.database.step(lambda tx, held=held, is_first=not taken: self._take_one(tx, held, is_first))  # type: ignore[misc]  # mypy cannot type a lambda's defaults
            if lane is not None:
                self.lanes[lane.number] = lane
                taken.append(lane.number)
                self.counts["taken"] += 1
        if taken:
            log.logger("engine").info("lanes were taken", lanes=taken, held=len(self.lanes))

    def _take_one(self, tx: Tx, seen: Held, is_first: bool) -> Lane | None:
        """The lane with what rests and waits in it; None if somebody else was faster.

        `is_first`: the plans are read anew first, for commands of other lanes may have passed this process by.
        """
        present = leases.holder(tx, seen.lane)
        if present is None or (present.owner, present.epoch) != (seen.owner, seen.epoch):
            return None
        if is_first:
            self.plans.refresh(tx, anew=not self.lanes)
        lease = leases.take(tx, seen.lane, self.owner, clock.real_now() + LEASE)
        mark, last = trace.unmerged(tx, lease.lane)
        agenda, instants = batches.agenda(tx, lease.lane), timers.of_lane(tx, lease.lane)
        return Lane(lease, agenda, instants, unmerged=max(0, last - mark))

    # -- letting go ---------------------------------------------------------------------------------------------

    def lose(self, number: int) -> None:
        """A lane is another's now."""
        if self.lanes.pop(number, None) is not None:
            log.logger("engine").warning("a lane was taken over by another process", lane=number)
            self.counts["lost"] += 1
        self.leaving.discard(number)

    def _offer(self, share: int) -> None:
        """Give back what is more than the fair share, the last lanes first."""
        surplus = len(self.lanes) - share
        self.leaving = set(sorted(self.lanes)[-surplus:]) if surplus > 0 else set()

    def give_back(self, numbers: Iterable[int]) -> None:
        """Nothing of these lanes is under way any more: another process may take them."""
        for number in numbers:
            if self.lanes.pop(number, None) is not None:
                self.database.step(lambda tx, number=number: leases.give_back(tx, self.owner, number))  # type: ignore[misc]  # as above
                self.counts["given back"] += 1
            self.leaving.discard(number)

    def end(self) -> None:
        """Let go of everything, so that the next process need not wait."""
        self.database.step(self._end)

    def _end(self, tx: Tx) -> None:
        leases.renew(tx, self.owner, 0, self.journey_time.now())
        leases.release(tx, self.owner)
        processes.leave(tx, self.owner)


def this_process(role: str) -> Process:
    """This process, for the first time: it has a name of its own."""
    name = process_name()
    host, pid, _ = name.rsplit(":", 2)
    return Process(name, role, host, int(pid), __version__, clock.real_now())


def _is_lost(lane: Lane, held: Held | None) -> bool:
    return held is None or held.epoch != lane.lease.epoch


def correct_clock(database: Database) -> None:
    """Live by the clock of the database's machine, so that all processes agree what is due and what came first."""
    before = clock.machine_now()
    theirs = database.server_time()
    if theirs is not None:
        after = clock.machine_now()
        clock.correct(theirs - (before + after) // 2, (after - before + 1) // 2)
