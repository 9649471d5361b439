"""The lanes in this process's hands: batches, one after the other, and what is remembered between them.

Everything here runs on the engine's thread, except `notice`, `lag` and `lanes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from waystage.engine import admit, leave, lifecycle, retention
from waystage.engine.lane import NEVER, Batch, Lane
from waystage.engine.plans import Plans
from waystage.engine.retention import FOR_EVER, Keep
from waystage.engine.running.pace import Pace
from waystage.engine.running.tenure import LEASE, LeaseLost, Tenure, this_process
from waystage.engine.spans import of_batch
from waystage.engine.timers import skip_first
from waystage.engine.turn import next_seat, released_at, rests_until, turn
from waystage.ground import clock, log
from waystage.ground.crashpoints import reach
from waystage.ground.meters import BATCH_CONTACTS, BATCH_SECONDS, ROWS_PUT_OUT
from waystage.store import daily, leases, statistics, trace
from waystage.store.database import Database
from waystage.store.processes import SERVE, Process
from waystage.store.sql import Tx

#: The log of hops is merged when so many wait, or when there is nothing else to do (design 8.5).
_MERGE_AT = 150_000
#: Old hops looked at in one transaction.
_FORGET_AT_ONCE = 2_000
#: Hops merged in one transaction while requests come in, and at least.
_POLITE_MERGE, _LEAST_MERGE = 2_000, 200
#: Seconds before somebody is due within which no merge begins.
_TOO_SHORT = 0.02


class Stepper:
    """Moves the instances of every lane, a batch at a time."""

    def __init__(
        self,
        database: Database,
        journey_time: clock.Clock,
        plans: Plans,
        keep: Keep = FOR_EVER,
        process: Process | None = None,
    ) -> None:
        """Nothing is taken over yet; `keep` says what is forgotten when."""
        self._days = keep
        self._requests_forgotten = self._audit_forgotten = -(2**62)
        self._merge_rate = 20_000.0
        """Hops merged in a second, smoothed."""
        self._messages: dict[int, tuple[int, int | None]] = {}
        """By lane: the limit up to which messages are being forgotten, and the last that was looked at."""
        self.tenure = Tenure(database, journey_time, plans, process or this_process(SERVE))
        self.tenure.lag = self.lag
        self.plans = plans
        self.pace = Pace()
        self.moved = 0
        self.effects = 0
        self.outgoing = 0
        self.batches = 0
        self._database = database
        self._clock = journey_time

    @property
    def lanes(self) -> dict[int, Lane]:
        """The lanes that this process holds."""
        return self.tenure.lanes

    def take_over(self) -> None:
        """Take the lanes that are to be had and read what rests and waits in them; AlreadyRun."""
        self.tenure.begin()
        self._finish_single_sends([running.plan.version for running in self.plans.running()])

    def look_if_due(self) -> None:
        """Hold on to the lanes, and look from time to time whether a notice was missed."""
        waiting = self.tenure.look_if_due()
        if waiting is not None:
            self.notice(waiting)

    def notice(self, numbers: Iterable[int] | None) -> None:
        """Rows were committed to the inbox of these lanes, or of all; called from any thread."""
        for number in list(self.lanes) if numbers is None else numbers:
            lane = self.lanes.get(number)
            if lane is not None:
                lane.inbox_waiting = True

    def lag(self) -> float:
        """By how many real ms the engine is behind what is due; 0 when at rest. Who is held is not late."""
        now = self._clock.now()
        agendas = [item for lane in list(self.lanes.values()) for item in list(lane.agenda.items())]
        dues = [self.plans.due_in(seat, due) for seat, due in agendas if not self.plans.is_held(seat)]
        rate = self._clock.rate if isinstance(self._clock, clock.ScaledClock) else 1.0
        return max((now - due for due in dues if due < now), default=0) / rate

    def earliest(self) -> int:
        """The next instant at which some lane has something to do; `now` if one has already."""
        now = self._clock.now()
        return min((self.rests_until(lane, now) for lane in self.lanes.values()), default=NEVER)

    def rests_until(self, lane: Lane, now: int) -> int:
        """The next instant at which a lane has something to do; `now` if it has already."""
        return rests_until(lane, self.plans, now)

    def next_release(self) -> int:
        """The next instant at which somebody is due, whatever waits in the inbox."""
        now = self._clock.now()
        return min((released_at(lane, self.plans, now) for lane in self.lanes.values()), default=NEVER)

    def round(self) -> bool:
        """One batch for each lane that has work; False if none had."""
        now = self._clock.now()
        worked = False
        for lane in list(self.lanes.values()):
            if rests_until(lane, self.plans, now) <= now:
                worked = self._try_turn(lane, now) or worked
            if lane.unmerged >= _MERGE_AT:
                self._merge(lane)
        return worked

    def _try_turn(self, lane: Lane, now: int) -> bool:
        """A turn of the lane; False if it turns out to be another's."""
        before = self.moved
        try:
            with of_batch(lane.number) as span:
                self._turn(lane, now, self.pace.next(self._database.requests))
                if span is not None:
                    span.note("waystage.contacts", self.moved - before)
        except LeaseLost as error:
            self._lose(error)
            return False
        return True

    def _lose(self, error: LeaseLost) -> None:
        """Where lanes are shared the others go on; where they are not, another process has the database."""
        if not self.tenure.shares:
            raise error
        self.tenure.lose(error.lane)

    # -- one batch ----------------------------------------------------------------------------------------------

    def _turn(self, lane: Lane, now: int, size: int) -> None:
        """One batch of a lane; if it fails on some row, smaller ones."""
        waiting, now = self._whose_turn(lane, now)
        started = clock.stopwatch()
        try:
            batch = self._database.step(lambda tx: self._one(tx, lane, waiting, now, size), lane.number)
        except Exception as error:
            if waiting:
                lane.inbox_waiting = True
            if isinstance(error, LeaseLost) or not self._database.is_bad_row(error):
                raise
            self._isolate(lane, now, size, error)
        else:
            self._committed(lane, batch)
            seconds = clock.stopwatch() - started
            self.pace.learn(batch.moved, seconds)
            self._database.meters.observe(BATCH_SECONDS, seconds)
            self._database.meters.observe(BATCH_CONTACTS, batch.moved)

    def _whose_turn(self, lane: Lane, now: int) -> tuple[bool, int]:
        """Whether the lane takes in what waits, and at which instant it works.

        Events may come without end. So whoever was due when the inbox was last found empty is moved first, as of then:
        no event that they could have heard is passed over by that.
        """
        owed = lane.owed
        if lane.inbox_waiting and owed is not None and released_at(lane, self.plans, owed) <= owed:
            return False, owed
        return lane.take_notice(), now

    def _one(self, tx: Tx, lane: Lane, waiting: bool, now: int, size: int) -> Batch:
        seen = Lane(lane.lease, lane.agenda, lane.timers, lane.paths, waiting)
        batch = turn(tx, seen, self.plans, now, size)
        return self._sealed(tx, batch)

    def _sealed(self, tx: Tx, batch: Batch) -> Batch:
        """The last statements of every batch: its counters, its time, and the lease that allows it at all."""
        statistics.add(tx, batch.number, batch.counts)
        daily.add(tx, batch.number, daily.day_of(batch.now, self.plans.offset_minutes), batch.counts)
        self._keep(tx, batch.lease, batch.now)
        reach("engine.before-commit")
        return batch

    def _keep(self, tx: Tx, lease: leases.Lease, now: int) -> None:
        """What allows a transaction of a lane at all; LeaseLost."""
        if not leases.keep(tx, self.tenure.owner, lease, clock.real_now() + LEASE, now):
            raise LeaseLost(lease.lane)

    def _committed(self, lane: Lane, batch: Batch) -> None:
        reach("engine.after-commit")
        lane.take_over(batch)
        if batch.told:
            self.notice(None)
        self._finish_single_sends(batch.over)
        self.plans.remember(batch.obeyed)
        self.batches += 1
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
        self._database.meters.count(ROWS_PUT_OUT)
        waiting, now = self._whose_turn(lane, now)
        batch = self._database.step(lambda tx: self._put_out(tx, lane, waiting, now, why), lane.number)
        self._committed(lane, batch)

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
        """Merge some of what waits in a log, or forget what is too old; False if there is nothing to do."""
        try:
            return self._merge_meanwhile() or self._forget() or self._forget_messages() or self._forget_shared()
        except LeaseLost as error:
            self._lose(error)
            return True

    def _limit(self, days: int | None) -> int:
        """What is from before this instant has been kept for so many days."""
        return -(2**62) if days is None else retention.cutoff_of(self._clock.now(), days, self.plans.offset_minutes)

    def _forget_shared(self) -> bool:
        """Forget a slice of what belongs to no lane; False if nothing is left to forget today. One process does it."""
        if not self.tenure.has_first:
            return False
        days = self._days.requests
        if (cutoff := self._limit(days)) > self._requests_forgotten:
            if not self._database.step(lambda tx: retention.forget_requests(tx, cutoff, days)):
                self._requests_forgotten = cutoff
            return True
        if (cutoff := self._limit(self._days.audit)) > self._audit_forgotten:
            if not self._database.step(lambda tx: retention.forget_audit(tx, cutoff)):
                self._audit_forgotten = cutoff
            return True
        return False

    def _forget_messages(self) -> bool:
        """Forget a slice of old messages, if they are not kept for ever; False if nothing is left to forget."""
        cutoff = self._limit(self._days.messages)
        for number, lane in self.lanes.items():
            limit, after = self._messages.get(number, (-(2**62), None))
            if cutoff > limit or after is not None:
                begun = after if cutoff == limit and after is not None else 0
                step = partial(self._forget_some_messages, lane=lane, cutoff=cutoff, after=begun)
                self._messages[number] = (cutoff, self._database.step(step, number))
                return True
        return False

    def _forget_some_messages(self, tx: Tx, lane: Lane, cutoff: int, after: int) -> int | None:
        looked = retention.forget_messages(tx, lane.number, cutoff, after, _FORGET_AT_ONCE)
        self._keep(tx, lane.lease, self._clock.now())
        return looked

    def _forget(self) -> bool:
        """Forget a slice of old history, if it is not kept for ever; False if nothing is left, or not merged yet."""
        if self._days.history is None:
            return False
        cutoff = self._limit(self._days.history)
        lane = next((one for one in self.lanes.values() if one.forgotten < cutoff and not one.unmerged), None)
        if lane is not None and not self._database.step(lambda tx: self._forget_some(tx, lane, cutoff), lane.number):
            lane.forgotten = cutoff
        return lane is not None

    def _forget_some(self, tx: Tx, lane: Lane, cutoff: int) -> int:
        looked = retention.forget_old(tx, lane.number, cutoff, _FORGET_AT_ONCE)
        self._keep(tx, lane.lease, self._clock.now())
        return looked

    def _merge(self, lane: Lane) -> None:
        """So much waits that it must be done now."""
        polite = self.pace.is_polite
        while lane.unmerged > 0:
            self._merge_slice(lane, _POLITE_MERGE if polite else _MERGE_AT)
            if polite:
                return

    def _merge_meanwhile(self) -> bool:
        """Merge as much of one lane as there is time for before somebody is due; False if there is none, or nothing."""
        lane = next((lane for lane in self.lanes.values() if lane.unmerged), None)
        if lane is None:
            return False
        left = self._clock.real_seconds_until(self.next_release())
        if left is not None and left < _TOO_SHORT:
            return False
        most = _POLITE_MERGE if self.pace.is_polite else _MERGE_AT
        fits = most if left is None else max(_LEAST_MERGE, int(self._merge_rate * left / 2))
        self._merge_slice(lane, min(most, fits))
        return True

    def _merge_slice(self, lane: Lane, most: int) -> None:
        before, started = lane.unmerged, clock.stopwatch()
        lane.unmerged = self._database.step(partial(self._merge_some, lane=lane, most=most), lane.number)
        merged, seconds = before - lane.unmerged, clock.stopwatch() - started
        if merged >= _LEAST_MERGE:
            self._merge_rate = (self._merge_rate + merged / seconds) / 2

    def _merge_some(self, tx: Tx, lane: Lane, most: int) -> int:
        reach("engine.before-merge")
        mark, last = trace.unmerged(tx, lane.number)
        upto = min(last, mark + most)
        trace.merge(tx, lane.number, mark, upto)
        return last - upto
