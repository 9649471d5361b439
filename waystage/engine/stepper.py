"""All lanes of one database in this process's hands: batches, one after the other, and what is remembered between them.

Everything here runs on the engine's thread, except `notice`, `lag` and `lanes`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable

from waystage.engine import admit, leave, lifecycle, retention
from waystage.engine.lane import NEVER, Batch, Lane
from waystage.engine.pace import Pace
from waystage.engine.plans import Plans
from waystage.engine.timers import skip_first
from waystage.engine.turn import LeaseLost, next_seat, released_at, rests_until, turn
from waystage.ground import clock, log
from waystage.ground.crashpoints import reach
from waystage.store import batches, daily, inbox, journey_clock, leases, statistics, timers, trace
from waystage.store.database import Database
from waystage.store.sql import Tx

#: Real ms for which a lease lasts; it is renewed three times in that time.
LEASE = 10_000
RENEW_SECONDS = 3.0
#: The log of hops is merged when so many wait, or when there is nothing else to do (design 8.5).
_MERGE_AT = 150_000
#: Old hops looked at in one transaction.
_FORGET_AT_ONCE = 2_000
#: Hops merged in one transaction while requests come in.
_POLITE_MERGE = 2_000


class AlreadyRun(RuntimeError):
    """Another living process of this machine runs the database."""


class Stepper:
    """Moves the instances of every lane, a batch at a time."""

    def __init__(
        self, database: Database, journey_time: clock.Clock, plans: Plans, history_days: int | None = None
    ) -> None:
        """Nothing is taken over yet; history is kept for so many days, None: for ever."""
        self._history_days = history_days
        self._requests_forgotten = -(2**62)
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self.plans = plans
        self.pace = Pace()
        self.moved = 0
        self.effects = 0
        self.outgoing = 0
        self.lanes: dict[int, Lane] = {}
        self._database = database
        self._clock = journey_time
        self._renewed = 0.0

    def take_over(self) -> None:
        """Take every lane and read what rests and waits in it; AlreadyRun if somebody else has them."""
        self._database.step(self._take_over)
        self._finish_single_sends([running.plan.version for running in self.plans.running()])

    def _take_over(self, tx: Tx) -> None:
        real = clock.real_now()
        others = {holder for holder in leases.holders(tx, real) if holder != self.owner and _is_alive(holder)}
        if others:
            raise AlreadyRun(f"the database is run by another process: {', '.join(sorted(others))}")
        self.plans.refresh(tx, 0, anew=True)
        for lease in leases.take_all(tx, self.owner, real + LEASE):
            mark, last = trace.unmerged(tx, lease.lane)
            agenda, instants = batches.agenda(tx, lease.lane), timers.of_lane(tx, lease.lane)
            lane = Lane(lease, agenda, instants, unmerged=max(0, last - mark))
            lane.inbox_waiting = True
            self.lanes[lease.lane] = lane
        self._renewed = clock.monotonic()

    def let_go(self) -> None:
        """Release the lanes, so that the next process need not wait."""
        self._database.step(self._let_go)

    def _let_go(self, tx: Tx) -> None:
        self._keep_time(tx, self._clock.now())
        leases.release(tx, self.owner)

    def notice(self, numbers: Iterable[int] | None) -> None:
        """Rows were committed to the inbox of these lanes, or of all; called from any thread."""
        for number in list(self.lanes) if numbers is None else numbers:
            self.lanes[number].inbox_waiting = True

    def lag(self) -> float:
        """By how many ms of journey time the engine is behind what is due; 0 when at rest. Who is held is not late."""
        now = self._clock.now()
        agendas = [item for lane in list(self.lanes.values()) for item in list(lane.agenda.items())]
        dues = [self.plans.due_in(seat, due) for seat, due in agendas if not self.plans.is_held(seat)]
        return max((now - due for due in dues if due < now), default=0)

    def earliest(self) -> int:
        """The next instant at which some lane has something to do; `now` if one has already."""
        now = self._clock.now()
        return min((rests_until(lane, self.plans, now) for lane in self.lanes.values()), default=NEVER)

    def next_release(self) -> int:
        """The next instant at which somebody is due, whatever waits in the inbox."""
        now = self._clock.now()
        return min((released_at(lane, self.plans, now) for lane in self.lanes.values()), default=NEVER)

    def round(self) -> bool:
        """One batch for each lane that has work; False if none had."""
        now = self._clock.now()
        worked = False
        for lane in self.lanes.values():
            if rests_until(lane, self.plans, now) <= now:
                self._turn(lane, now, self.pace.next(self._database.requests))
                worked = True
            if lane.unmerged >= _MERGE_AT:
                self._merge(lane)
        return worked

    # -- one batch ----------------------------------------------------------------------------------------------

    def _turn(self, lane: Lane, now: int, size: int) -> None:
        """One batch of a lane; if it fails on some row, smaller ones."""
        waiting = lane.take_notice()
        started = clock.stopwatch()
        try:
            batch = self._database.step(lambda tx: self._one(tx, lane, waiting, now, size))
        except Exception as error:
            if waiting:
                lane.inbox_waiting = True
            if isinstance(error, LeaseLost) or not self._database.is_bad_row(error):
                raise
            self._isolate(lane, now, size, error)
        else:
            self._committed(lane, batch)
            self.pace.learn(batch.moved, clock.stopwatch() - started)

    def _one(self, tx: Tx, lane: Lane, waiting: bool, now: int, size: int) -> Batch:
        seen = Lane(lane.lease, lane.agenda, lane.timers, lane.paths, waiting)
        batch = turn(tx, seen, self.plans, now, size)
        return self._sealed(tx, batch)

    def _sealed(self, tx: Tx, batch: Batch) -> Batch:
        """The last statements of every batch: its counters, its time, and the lease that allows it at all."""
        statistics.add(tx, batch.number, batch.counts)
        daily.add(tx, batch.number, daily.day_of(batch.now, self.plans.offset_minutes), batch.counts)
        self._keep_time(tx, batch.now)
        if not leases.keep(tx, self.owner, batch.lease, clock.real_now() + LEASE):
            raise LeaseLost(f"lane {batch.number} was taken over by another process")
        reach("engine.before-commit")
        return batch

    def _keep_time(self, tx: Tx, now: int) -> None:
        """A clock that runs by itself goes on from here after a restart: never behind what was done (contract 32)."""
        if self._clock.mode == "scaled":
            journey_clock.set_now(tx, now)

    def _committed(self, lane: Lane, batch: Batch) -> None:
        reach("engine.after-commit")
        lane.take_over(batch)
        if batch.told:
            self.notice(None)
        self._finish_single_sends(batch.over)
        self.plans.obeyed = max(self.plans.obeyed, batch.obeyed)
        self._renewed = clock.monotonic()
        self.moved += batch.moved
        self.effects += batch.effects
        self.outgoing += batch.outgoing

    def _finish_single_sends(self, versions: Iterable[int]) -> None:
        """A single send is over when every lane has let its audience in (journey-spec 8.11)."""
        singles = [one for one in versions if (known := self.plans.version(one)) and known.plan.is_over_once_sent]
        numbers = self.plans.numbers
        if singles and numbers is not None:
            self._database.step(lambda tx: lifecycle.finish(tx, singles, numbers))
            self.notice(None)

    def _isolate(self, lane: Lane, now: int, size: int, error: Exception) -> None:
        """A batch failed on some row: try half of it, until the culprit is alone and is put out (design 8.21)."""
        if size > 1:
            self._turn(lane, now, size // 2)
            return
        why = log.without_values(str(error))
        log.logger("engine").error("a contact could not be moved", lane=lane.number, error=why)
        waiting = lane.take_notice()
        self._committed(lane, self._database.step(lambda tx: self._put_out(tx, lane, waiting, now, why)))

    def _put_out(self, tx: Tx, lane: Lane, waiting: bool, now: int, message: str) -> Batch:
        batch = Batch(tx, lane, now, lane.lease)
        seat = next_seat(lane, self.plans, now, set())
        if waiting:
            admit.drop_first(batch, message)
        elif not skip_first(batch, self.plans, message) and seat is not None:
            leave.eject_first(batch, self.plans, seat, message)
        return self._sealed(tx, batch)

    # -- when there is nothing else -----------------------------------------------------------------------------

    def tidy(self) -> bool:
        """Merge what waits in the log of one lane, or forget what is too old; False if there is nothing to do."""
        lane = next((lane for lane in self.lanes.values() if lane.unmerged), None)
        if lane is not None:
            self._merge(lane)
        return lane is not None or self._forget() or self._forget_requests()

    def _forget_requests(self) -> bool:
        """Forget a slice of what was asked for long ago; False if nothing is left to forget today."""
        cutoff = retention.cutoff_of(self._clock.now(), retention.REQUEST_DAYS, self.plans.offset_minutes)
        if cutoff <= self._requests_forgotten:
            return False
        if not self._database.step(lambda tx: retention.forget_requests(tx, cutoff)):
            self._requests_forgotten = cutoff
        return True

    def _forget(self) -> bool:
        """Forget a slice of old history, if it is not kept for ever; False if nothing is left to forget."""
        if self._history_days is None:
            return False
        cutoff = retention.cutoff_of(self._clock.now(), self._history_days, self.plans.offset_minutes)
        lane = next((lane for lane in self.lanes.values() if lane.forgotten < cutoff), None)
        if lane is not None and not self._database.step(lambda tx: self._forget_some(tx, lane, cutoff)):
            lane.forgotten = cutoff
        return lane is not None

    def _forget_some(self, tx: Tx, lane: Lane, cutoff: int) -> int:
        looked = retention.forget_old(tx, lane.number, cutoff, _FORGET_AT_ONCE)
        if not leases.keep(tx, self.owner, lane.lease, clock.real_now() + LEASE):
            raise LeaseLost(f"lane {lane.number} was taken over by another process")
        return looked

    def _merge(self, lane: Lane) -> None:
        polite = self.pace.is_polite
        while lane.unmerged > 0:
            most = _POLITE_MERGE if polite else _MERGE_AT
            lane.unmerged = self._database.step(lambda tx, most=most: self._merge_some(tx, lane, most))  # type: ignore[misc]  # mypy cannot type a lambda's default
            if polite:
                return

    def _merge_some(self, tx: Tx, lane: Lane, most: int) -> int:
        reach("engine.before-merge")
        mark, last = trace.unmerged(tx, lane.number)
        upto = min(last, mark + most)
        trace.merge(tx, lane.number, mark, upto)
        return last - upto

    def renew_if_old(self) -> None:
        """Hold on to the lanes while nothing happens, and look whether a notice was missed."""
        if clock.monotonic() - self._renewed < RENEW_SECONDS:
            return
        self.notice(self._database.step(self._renew))
        self._renewed = clock.monotonic()

    def _renew(self, tx: Tx) -> list[int]:
        if leases.renew(tx, self.owner, clock.real_now() + LEASE) < len(self.lanes):
            raise LeaseLost("some lane was taken over by another process")
        self._keep_time(tx, self._clock.now())
        return inbox.waiting_lanes(tx)


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
