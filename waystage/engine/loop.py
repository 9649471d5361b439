"""When to take a turn: one thread that runs while there is work, and otherwise sleeps until somebody is due.

It is the only one that moves instances. The virtual clock is moved here too, so that time and work never race.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from waystage.engine import admit, leave
from waystage.engine.lane import NEVER, Batch, Lane
from waystage.engine.pace import Pace
from waystage.engine.plans import Plans
from waystage.engine.turn import LeaseLost, next_seat, rests_until, turn
from waystage.ground import clock, log
from waystage.ground.crashpoints import reach
from waystage.store import batches, inbox, journey_clock, leases, statistics, trace
from waystage.store.database import Database
from waystage.store.sql import Tx

T = TypeVar("T")

#: Real ms for which a lease lasts; it is renewed three times in that time.
LEASE = 10_000
_RENEW_SECONDS = 3.0
#: Timers that fall due within this many seconds of each other are woken together (design 2).
_COALESCE = 0.005
#: Seconds between two batches while requests come in; adds as much to the lateness of a timer.
_BREATH = 0.01
#: The log of hops is merged when so many wait, or when there is nothing else to do (design 8.5).
_MERGE_AT = 150_000
#: Hops merged in one transaction while requests come in.
_POLITE_MERGE = 2_000


class Deliverer(Protocol):
    """What the engine asks of whoever sends effects (engine.deliver)."""

    def wake(self) -> None:
        """There may be new effects."""
        ...

    def settle(self) -> None:
        """Block until every effect is handed over or has failed for good (contract 41)."""
        ...


@dataclass(frozen=True, slots=True)
class Advanced:
    """What moving the clock has done: how many instants had work, how many contacts moved."""

    now: int
    instants: int
    moved: int


class AlreadyRun(RuntimeError):
    """Another living process of this machine runs the database."""


class Engine:
    """All lanes of one database, moved by one thread."""

    def __init__(self, database: Database, journey_time: clock.Clock, plans: Plans) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self.plans = plans
        self.pace = Pace()
        self.moved = 0
        self.failure: BaseException | None = None
        self._database = database
        self._clock = journey_time
        self._lanes: dict[int, Lane] = {}
        self._deliverer: Deliverer | None = None
        self._asked: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._wake = threading.Condition()
        self._woken = False
        self._stopping = False
        self._renewed = 0.0
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    # -- from other threads -------------------------------------------------------------------------------------

    def start(self, deliverer: Deliverer | None = None) -> None:
        """Take over every lane, read what rests where, and begin."""
        self._deliverer = deliverer
        self._database.step(self._take_over)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and let go of the lanes."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()
        if self.failure is None:
            self._database.step(lambda tx: leases.release(tx, self.owner))

    def notify(self, lanes: Iterable[int] | None = None) -> None:
        """Rows were committed to the inbox of these lanes, or of all."""
        with self._wake:
            for number in self._lanes if lanes is None else lanes:
                self._lanes[number].inbox_waiting = True
            self._woken = True
            self._wake.notify()

    def ask(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` on the engine's thread, between two batches."""
        future: Future[T] = Future()
        with self._wake:
            if self.failure is not None:
                future.set_exception(RuntimeError(f"the engine has stopped: {self.failure}"))
                return future
            self._asked.append((work, future))
            self._woken = True
            self._wake.notify()
        return future

    def settle(self) -> Future[int]:
        """Done when nothing is runnable at the present instant and every effect is handed over; gives that instant."""
        return self.ask(self._settle)

    def advance(self, target: int) -> Future[Advanced]:
        """Move the virtual clock from due instant to due instant up to `target`, coming to rest at each."""
        return self.ask(lambda: self._advance(target))

    def lag(self) -> float:
        """By how many real seconds the engine is behind what is due; 0 when at rest."""
        now = self._clock.now()
        behind = [now - due for lane in list(self._lanes.values()) for due in list(lane.agenda.values()) if due < now]
        return max(behind, default=0) / 1000

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    # -- on the engine's thread ---------------------------------------------------------------------------------

    def _take_over(self, tx: Tx) -> None:
        real = clock.real_now()
        others = {holder for holder in leases.holders(tx, real) if holder != self.owner and _is_alive(holder)}
        if others:
            raise AlreadyRun(f"the database is run by another process: {', '.join(sorted(others))}")
        self.plans.refresh(tx, 0, anew=True)
        for lease in leases.take_all(tx, self.owner, real + LEASE):
            mark, last = trace.unmerged(tx, lease.lane)
            lane = Lane(lease, batches.agenda(tx, lease.lane), unmerged=max(0, last - mark))
            lane.inbox_waiting = inbox.is_waiting(tx, lease.lane)
            self._lanes[lease.lane] = lane
        self._renewed = clock.monotonic()

    def _run(self) -> None:
        try:
            while not self._stopping:
                if self._answer():
                    continue
                if self._round():
                    self._breathe()
                else:
                    self._rest()
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it; the log has the trace
            self.failure = error
            log.logger("engine").exception("the engine has stopped")
        for _, future in self._asked:
            future.set_exception(RuntimeError("the engine has stopped"))

    def _answer(self) -> bool:
        if not self._asked:
            return False
        work, future = self._asked.popleft()
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - told to the one who asked
            future.set_exception(error)
        return True

    def _round(self) -> bool:
        """One batch for each lane that has work; False if none had."""
        now = self._clock.now()
        worked = False
        for lane in self._lanes.values():
            if rests_until(lane, self.plans, now) <= now:
                self._turn(lane, now)
                worked = True
        self._merge_if_full()
        return worked

    def _turn(self, lane: Lane, now: int, limit: int | None = None) -> None:
        size = limit or self.pace.next(self._database.requests)
        was_waiting, lane.inbox_waiting = lane.inbox_waiting, False
        started = clock.stopwatch()
        try:
            batch = self._database.step(lambda tx: self._one(tx, lane, was_waiting, now, size))
        except Exception as error:
            lane.inbox_waiting = was_waiting
            if not self._database.is_bad_row(error) or isinstance(error, LeaseLost):
                raise
            self._isolate(lane, now, size, error)
            return
        self._committed(lane, batch)
        self.pace.learn(batch.moved, clock.stopwatch() - started)

    def _one(self, tx: Tx, lane: Lane, was_waiting: bool, now: int, size: int) -> Batch:
        """`inbox_waiting` was cleared before, so that a notice that comes during the batch is not lost."""
        seen = Lane(lane.lease, lane.agenda, lane.paths, was_waiting)
        return turn(tx, seen, self.plans, now, size, self.owner, clock.real_now() + LEASE)

    def _committed(self, lane: Lane, batch: Batch) -> None:
        reach("engine.after-commit")
        noticed = lane.inbox_waiting
        lane.take_over(batch)
        lane.inbox_waiting = lane.inbox_waiting or noticed
        self._renewed = clock.monotonic()
        self.moved += batch.moved
        if batch.effects and self._deliverer is not None:
            self._deliverer.wake()

    def _isolate(self, lane: Lane, now: int, size: int, error: Exception) -> None:
        """A batch failed on some row: try half of it, until the culprit is alone and is put out (design 8.21)."""
        if size > 1:
            self._turn(lane, now, max(1, size // 2))
            return
        log.logger("engine").error("a contact could not be moved", lane=lane.number, error=str(error))
        batch = self._database.step(lambda tx: self._put_out(tx, lane, now, str(error)))
        self._committed(lane, batch)

    def _put_out(self, tx: Tx, lane: Lane, now: int, message: str) -> Batch:
        batch = Batch(tx, lane, now, lane.lease)
        seat = next_seat(lane, self.plans, now, set())
        if lane.inbox_waiting:
            admit.drop_first(batch, message)
        elif seat is not None:
            leave.eject_first(batch, self.plans, seat, message)
        statistics.add(tx, lane.number, batch.counts)
        if not leases.keep(tx, self.owner, batch.lease, clock.real_now() + LEASE):
            raise LeaseLost(f"lane {lane.number} was taken over by another process")
        return batch

    def _breathe(self) -> None:
        """While requests come in, leave them the machine for a moment: events gather into larger slices meanwhile."""
        if not self.pace.is_polite:
            return
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or bool(self._asked), _BREATH)

    def _merge_if_full(self) -> None:
        for lane in self._lanes.values():
            if lane.unmerged >= _MERGE_AT:
                self._merge(lane)

    def _merge(self, lane: Lane) -> None:
        polite = self.pace.is_polite
        while lane.unmerged > 0:
            most = _POLITE_MERGE if polite else _MERGE_AT
            lane.unmerged = self._database.step(lambda tx, most=most: self._merge_some(tx, lane, most))  # type: ignore[misc]
            if polite:
                return

    def _merge_some(self, tx: Tx, lane: Lane, most: int) -> int:
        reach("engine.before-merge")
        mark, last = trace.unmerged(tx, lane.number)
        upto = min(last, mark + most)
        trace.merge(tx, lane.number, mark, upto)
        return last - upto

    def _rest(self) -> None:
        """Nothing runnable: merge, renew, then sleep until somebody is due or something comes."""
        for lane in self._lanes.values():
            if lane.unmerged:
                self._merge(lane)
                return
        if clock.monotonic() - self._renewed > _RENEW_SECONDS:
            self._database.step(lambda tx: leases.renew(tx, self.owner, clock.real_now() + LEASE))
            self._renewed = clock.monotonic()
        with self._wake:
            if not self._woken and not self._stopping:
                self._wake.wait(self._seconds_to_sleep())
            self._woken = False

    def _seconds_to_sleep(self) -> float:
        seconds = self._clock.real_seconds_until(self._earliest())
        return _RENEW_SECONDS if seconds is None else min(_RENEW_SECONDS, seconds + _COALESCE)

    def _earliest(self) -> int:
        now = self._clock.now()
        return min((rests_until(lane, self.plans, now) for lane in self._lanes.values()), default=NEVER)

    # -- asked for ----------------------------------------------------------------------------------------------

    def _settle(self) -> int:
        while self._round():
            pass
        if self._deliverer is not None:
            self._deliverer.settle()
        return self._clock.now()

    def _advance(self, target: int) -> Advanced:
        virtual = self._clock
        if not isinstance(virtual, clock.VirtualClock):
            raise TypeError("only a virtual clock can be advanced")
        before, instants = self.moved, 0
        self._settle()
        while (due := self._earliest()) <= target:
            self._move_clock(virtual, due)
            self._settle()
            instants += 1
        if target > virtual.now():
            self._move_clock(virtual, target)
        return Advanced(virtual.now(), instants, self.moved - before)

    def _move_clock(self, virtual: clock.VirtualClock, instant: int) -> None:
        reach("clock.before-move")
        self._database.write(lambda tx: journey_clock.set_now(tx, instant)).result()
        virtual.set(instant)


def _is_alive(holder: str) -> bool:
    """Whether the process that an owner names still lives; unknown for another machine, so yes."""
    host, _, process = holder.rpartition(":")
    if host != socket.gethostname():
        return True
    if int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
