"""When to take a turn: one thread that runs while there is work, and otherwise sleeps until somebody is due.

It is the only one that moves instances. The virtual clock is moved here too, so that time and work never race.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from waystage.engine.plans import Plans
from waystage.engine.retention import FOR_EVER, Keep
from waystage.engine.running.handover import Deliverer, Handover
from waystage.engine.running.pace import Pace
from waystage.engine.running.stepper import Stepper
from waystage.engine.running.tenure import RENEW_SECONDS, AlreadyRun, LeaseLost
from waystage.engine.running.wishes import POLL_SECONDS, Wishes
from waystage.ground import clock, log
from waystage.ground.crashpoints import reach
from waystage.store import journey_clock
from waystage.store.database import ConnectionLost, Database
from waystage.store.processes import Process

T = TypeVar("T")

#: Timers that fall due within this many seconds of each other are woken together (design 2).
_COALESCE = 0.005
#: Seconds between two rounds while requests come in: at least, and at most.
_BREATH, _LONGEST_BREATH = 0.03, 0.5
#: Seconds to wait after a fault before the lanes are taken over anew; doubled up to the second figure.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True)
class Advanced:
    """What moving the clock has done: how many instants had work, how many contacts moved."""

    now: int
    instants: int
    moved: int


class Engine:
    """The thread around the stepper."""

    def __init__(
        self,
        database: Database,
        journey_time: clock.Clock,
        plans: Plans,
        keep: Keep = FOR_EVER,
        process: Process | None = None,
    ) -> None:
        """Nothing runs before `start`; `keep` says what is forgotten when."""
        self.stepper = Stepper(database, journey_time, plans, keep, process)
        self.failure: BaseException | None = None
        """Why the engine does not run at present; None while it does."""
        self._database = database
        self._clock = journey_time
        self._deliverer: Deliverer | None = None
        self._asked: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._wake = threading.Condition()
        self._woken = False
        self._stopping = False
        self._losses = 0
        """How many connections had broken when the lanes were taken over last."""
        self._handover = Handover(self.stepper)
        self._wishes = Wishes(database, journey_time, self.stepper)
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def plans(self) -> Plans:
        """What may run."""
        return self.stepper.plans

    @property
    def pace(self) -> Pace:
        """How large batches are."""
        return self.stepper.pace

    @property
    def moved(self) -> int:
        """How many contacts were moved so far."""
        return self.stepper.moved

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs and does not stumble."""
        return self._thread.is_alive() and self.failure is None

    # -- from other threads -------------------------------------------------------------------------------------

    def start(self, deliverer: Deliverer | None = None) -> None:
        """Take over the lanes that are to be had, read what rests where, and begin; AlreadyRun."""
        self._deliverer = self._handover.deliverer = deliverer
        self._take_over()
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and let go of the lanes."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()
        try:
            self.stepper.tenure.end()
        except Exception:
            if self.failure is None:
                raise
            log.logger("engine").exception("the lanes could not be given back; they are free when the lease ends")

    def notify(self, lanes: Iterable[int] | None = None) -> None:
        """Rows were committed to the inbox of these lanes, or of all."""
        self.stepper.notice(lanes)
        with self._wake:
            self._woken = True
            self._wake.notify()

    def look(self, *, lanes: bool) -> None:
        """Somebody may wait for this process to come to rest, or (`lanes`) lanes may have become free."""
        self.stepper.tenure.is_asked = lanes or self.stepper.tenure.is_asked
        self._wishes.hurry()
        self.notify(())

    def tell_by(self, say: Callable[[str], None]) -> None:
        """How hints get to the other processes."""
        self._handover.say = say

    def ask(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` on the engine's thread, between two batches."""
        future: Future[T] = Future()
        with self._wake:
            if self._stopping or not self._thread.is_alive():
                future.set_exception(RuntimeError(f"the engine does not run: {self.failure or 'it was stopped'}"))
                return future
            self._asked.append((work, future))
            self._woken = True
            self._wake.notify()
        return future

    def settle(self) -> Future[int]:
        """Done when nothing is runnable at the present instant and every effect is handed over; gives that instant."""
        return self.ask(self._settle)

    def rest(self) -> Future[None]:
        """Done when nothing is runnable at the present instant, whether or not effects are handed over."""
        return self.ask(self._rest)

    def advance(self, target: int) -> Future[Advanced]:
        """Move the virtual clock from due instant to due instant up to `target`, coming to rest at each."""
        return self.ask(lambda: self._advance(target))

    def lag(self) -> float:
        """By how many real seconds the engine is behind what is due; 0 when at rest."""
        return self.stepper.lag() / 1000

    # -- on the engine's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping:
            try:
                self._once()
            except (LeaseLost, AlreadyRun) as error:
                self.failure = error
                log.logger("engine").error("the engine has stopped", why=str(error))
                break
            except Exception as error:  # noqa: BLE001 - a lost connection or a fault of ours: nothing is half done
                self.failure = error
                log.logger("engine").exception("the engine stumbled and tries again", pause=pause)
                self._pause(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            else:
                pause = _FIRST_PAUSE
        for _, future in self._asked:
            future.set_exception(RuntimeError(f"the engine does not run: {self.failure or 'it was stopped'}"))

    def _once(self) -> None:
        """Whatever is to be done next, or a rest."""
        if self.failure is not None:
            self._take_over()
            self.failure = None
        if self._answer() or self._poll():
            return
        started = clock.stopwatch()
        if self._round():
            self._breathe(clock.stopwatch() - started)
        elif not self.stepper.tidy():
            self._sleep()

    def _take_over(self) -> None:
        """Read everything anew. Losses are noted first: one that comes meanwhile is not overlooked."""
        self._losses = self._database.losses
        self.stepper.take_over()
        self._handover.pass_on()

    def _answer(self) -> bool:
        if not self._asked:
            return False
        work, future = self._asked.popleft()
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)
            if not self._stopping:
                raise
        return True

    def _round(self) -> bool:
        """A batch for each lane that has work; first anew, if what is remembered may be ahead of the database."""
        if self._database.losses != self._losses:
            log.logger("engine").warning("a connection to the database broke; the lanes are read anew")
            self._take_over()
        self._handover.look()
        before = self.stepper.outgoing, self.plans.heeded
        worked = self.stepper.round()
        if (self.stepper.outgoing, self.plans.heeded) > before and self._deliverer is not None:
            self._deliverer.wake()
        self._handover.pass_on()
        return worked

    def _breathe(self, worked: float) -> None:
        """While requests come in, leave them half of the time: events gather into larger slices meanwhile.

        `worked` is how long the last round took, in seconds. Nobody who is due waits for it.
        """
        if self.pace.is_polite:
            breath = min(_LONGEST_BREATH, max(_BREATH, worked))
            due = self._clock.real_seconds_until(self.stepper.next_release())
            self._pause(breath if due is None else min(breath, due))

    def _pause(self, seconds: float) -> None:
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or bool(self._asked), seconds)

    def _poll(self) -> bool:
        """Answer another process that waits until this one has come to rest; False if none does."""
        ask = self._wishes.look_if_due()
        if ask is None:
            return False
        try:
            if self._wishes.waits_for_effects(ask):
                self._settle()
            else:
                self._rest()
            self._wishes.answer(ask)
        except Exception:
            if not self._stopping:
                raise
        self._handover.say("rest")
        return True

    def _sleep(self) -> None:
        """Until somebody is due or something comes."""
        seconds = self._clock.real_seconds_until(self.stepper.earliest())
        longest = POLL_SECONDS if self.stepper.tenure.shares else RENEW_SECONDS
        longest = longest if seconds is None else min(longest, seconds + _COALESCE)
        with self._wake:
            if not self._woken and not self._stopping:
                self._wake.wait(longest)
            self._woken = False

    # -- asked for ----------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        while self._round():
            pass

    def _settle(self) -> int:
        while True:
            self._come_to_rest()
            try:
                self._database.flush(self._losses).result()
            except ConnectionLost:
                continue
            return self._clock.now()

    def _come_to_rest(self) -> None:
        """What is handed over may be answered, and then there is something to do again."""
        self._rest()
        while self._deliverer is not None:
            self._wait_for(self._deliverer.settle())
            if not self._round():
                break
            self._rest()

    def _wait_for(self, handed_over: Future[None]) -> None:
        """A mail server may be slow: meanwhile the lanes are held on to, and what comes is moved."""
        while True:
            try:
                handed_over.result(RENEW_SECONDS)
            except TimeoutError:
                self._round()
            else:
                return

    def _advance(self, target: int) -> Advanced:
        virtual = self._clock
        if not isinstance(virtual, clock.VirtualClock):
            raise TypeError("only a virtual clock can be advanced")
        before, instants = self.moved, 0
        self._settle()
        while (due := self.stepper.earliest()) <= target:
            self._move_clock(virtual, due)
            self._settle()
            instants += 1
        if target > virtual.now():
            self._move_clock(virtual, target)
        return Advanced(virtual.now(), instants, self.moved - before)

    def _move_clock(self, virtual: clock.VirtualClock, instant: int) -> None:
        reach("clock.before-move")
        self._database.write(lambda tx: journey_clock.set_now(tx, instant), awaited=False).result()
        virtual.set(instant)
