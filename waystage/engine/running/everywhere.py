"""The engine as the API sees it, whichever processes move the contacts: one question, answered for every lane.

Where this process holds all lanes its own engine answers. Otherwise a question is put to all (design 8.22): each owner
of lanes comes to rest and says whether it had something to do; when nobody had, nothing is runnable anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from waystage.engine.running.hints import INBOX, Hints
from waystage.engine.running.loop import Advanced, Engine
from waystage.engine.running.tenure import LEASE, RENEW_SECONDS, correct_clock
from waystage.engine.running.wishes import follow
from waystage.ground import clock
from waystage.ground.identity import is_gone
from waystage.store import asks, journey_clock, processes
from waystage.store.asks import Rest
from waystage.store.database import Database
from waystage.store.processes import Living, Process
from waystage.store.sql import Tx

#: Who waits at once for everybody to come to rest.
_AT_ONCE: Final = 8
#: Seconds between two looks for answers, should a hint have been missed.
_LOOK: Final = 0.5
#: Seconds of rest between two rounds of everything that is done from time to time.
_BEAT: Final = 1.0


class Closed(RuntimeError):
    """The program ends while somebody waits."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the processes have told of themselves: how many move contacts, and the most that one is behind, in ms."""

    movers: int = 0
    lag: int = 0


class Everywhere:
    """The engines of all processes. `local` is the one of this process, if it moves contacts."""

    def __init__(
        self, database: Database, journey_time: clock.Clock, process: Process, local: Engine | None = None
    ) -> None:
        self.local = local
        self.standing = Standing()
        self.hints = Hints(database, self._hear, self._each_second)
        self._database = database
        self._clock = journey_time
        self._process = process
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="everywhere")
        self._answered = threading.Condition()
        self._answers = 0
        self._closing = False
        self._beat = self._told = -RENEW_SECONDS
        if local is not None:
            local.tell_by(self.hints.say)

    def start(self) -> None:
        """Begin to hear and to speak; a process that moves nobody says here that it lives."""
        self._each_second()
        self.hints.start()
        self.hints.say("lanes")

    def close(self) -> None:
        """Whoever waits is told that the program ends; the other processes take over what this one had."""
        with self._answered:
            self._closing = True
            self._answered.notify_all()
        self._pool.shutdown(cancel_futures=True)
        if self.local is None:
            self._database.write(lambda tx: processes.leave(tx, self._process.name)).result()
        self.hints.say("lanes")
        self.hints.close()

    # -- api.world.Engine ---------------------------------------------------------------------------------------

    @property
    def is_alive(self) -> bool:
        """Whether somebody moves contacts and does not stumble."""
        return self.local.is_alive if self.local is not None else self.standing.movers > 0

    def lag(self) -> float:
        """By how many real seconds the engine that is furthest behind is late; 0 when all are at rest."""
        own = self.local.lag() if self.local is not None else 0.0
        return own if self._is_whole else max(own, self.standing.lag / 1000)

    def notify(self, lanes: Iterable[int] | None = None) -> None:
        """Rows were committed to the inbox of these lanes, or of all."""
        if self.local is None:
            self.hints.say_inbox(lanes)
            return
        named = None if lanes is None else list(lanes)
        self.local.notify(named)
        if not self._is_whole:
            mine = self.local.stepper.lanes
            self.hints.say_inbox(None if named is None else [lane for lane in named if lane not in mine])

    def settle(self) -> Future[int]:
        """Done when nothing is runnable at the present instant and every effect is handed over; gives that instant."""
        if self.local is not None and self._is_whole:
            return self.local.settle()
        return self._pool.submit(self._settle)

    def rest(self) -> Future[None]:
        """Done when nothing is runnable at the present instant, whether or not effects are handed over."""
        if self.local is not None and self._is_whole:
            return self.local.rest()
        return self._pool.submit(self._rest)

    def advance(self, target: int) -> Future[Advanced]:
        """Move the virtual clock from due instant to due instant up to `target`, coming to rest at each."""
        if self.local is None or not self._is_whole:
            return self._pool.submit(self._advance, target)
        done = self.local.advance(target)
        done.add_done_callback(lambda _: self.hints.say("clock"))
        return done

    @property
    def _is_whole(self) -> bool:
        return self.local is not None and self.local.stepper.tenure.is_whole

    # -- all processes together ---------------------------------------------------------------------------------

    def _settle(self) -> int:
        self._come_to_rest(effects=True)
        return self._clock.now()

    def _rest(self) -> None:
        self._come_to_rest(effects=False)

    def _advance(self, target: int) -> Advanced:
        answers, _ = self._come_to_rest(effects=True)
        instants = moved = 0
        while (due := min(one.due for one in answers)) <= target:
            self._move_clock(due)
            answers, count = self._come_to_rest(effects=True)
            instants, moved = instants + 1, moved + count
        self._move_clock(target)
        return Advanced(self._clock.now(), instants, moved)

    def _come_to_rest(self, *, effects: bool) -> tuple[Sequence[Rest], int]:
        """Ask until nobody had anything to do; the last answers, and how many contacts were moved meanwhile."""
        moved = 0
        while True:
            number = self._database.write(lambda tx: asks.put(tx, effects=effects), awaited=False).result()
            self.hints.say("ask")
            answers = self._wait_for_answers(number)
            moved += sum(one.moved for one in answers)
            if not any(one.worked for one in answers):
                return answers, moved

    def _wait_for_answers(self, number: int) -> Sequence[Rest]:
        """The answers of all lanes; Closed."""
        while True:
            known = self._answers
            answers = self._database.read(lambda tx: asks.answers(tx, number)).result()
            if answers is not None:
                return answers
            with self._answered:
                self._answered.wait_for(lambda known=known: self._closing or self._answers > known, _LOOK)  # type: ignore[misc]  # mypy cannot type a lambda's default
                if self._closing:
                    raise Closed("the program ends")

    def _move_clock(self, instant: int) -> None:
        self._database.write(lambda tx: journey_clock.set_now(tx, instant), awaited=False).result()
        follow(self._clock, instant)
        self.hints.say("clock")

    # -- on the threads of the hints ----------------------------------------------------------------------------

    def _hear(self, word: str) -> None:
        """Follow a hint at once; everything that it is about is found by polling too."""
        name, *lanes = word.split(" ")
        if name == INBOX and self.local is not None:
            self.local.notify([int(one) for one in lanes] if lanes else None)
        elif name in {"lanes", "ask"} and self.local is not None:
            self.local.look(lanes=name == "lanes")
        elif name == "rest":
            with self._answered:
                self._answers += 1
                self._answered.notify_all()
        elif name == "clock":
            self._follow()

    def _each_second(self) -> None:
        """Say that this process lives if nobody else of it does, and find out how the others stand."""
        if not self._database.dialect.many_processes or clock.monotonic() - self._beat < _BEAT:
            return
        self._beat = clock.monotonic()
        if self.local is None and self._beat - self._told >= RENEW_SECONDS:
            self._told = self._beat
            correct_clock(self._database)
            until = clock.real_now() + LEASE
            self._database.write(lambda tx: processes.tell(tx, self._process, until), awaited=False).result()
        if not self._is_whole:
            now = clock.real_now()
            movers = [one for one in self._database.read(processes.everybody).result() if _moves(one, now)]
            self.standing = Standing(len(movers), max((one.lag for one in movers), default=0))
        self._follow()

    def _follow(self) -> None:
        if isinstance(self._clock, clock.VirtualClock):
            follow(self._clock, self._database.read(_instant).result())


def _moves(one: Living, now: int) -> bool:
    return one.process.moves and one.until > now and not is_gone(one.process.name)


def _instant(tx: Tx) -> int | None:
    stored = journey_clock.read(tx)
    return stored.journey_start if stored else None
