"""Outbox → channels → receipts, and calls → answers, beside the engine and outside any transaction (design 4, 8.1).

A thread of its own with an event loop; it continues where the stored marks and retries are, and sleeps until the engine
wakes it or a retry is due.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import uvloop

from waystage.channels.base import Channel
from waystage.engine.sending.errands import Errand
from waystage.engine.sending.line import NEVER, PAUSES, Line, Memory, Replaced
from waystage.engine.sending.pacing import Pacer
from waystage.engine.sending.tracking import Tracker
from waystage.ground import clock, log
from waystage.ground.settings import Rate
from waystage.store import outbox, senders
from waystage.store.database import Database
from waystage.store.sql import Tx

T = TypeVar("T")

#: Seconds that sends under way may still take when the program ends; what is cut off is sent again at the next start.
_GRACE = 2.0
#: Seconds of rest after the database could not be read or written.
_REST = 1.0


#: A lane and the name of a way out.
Place = tuple[int, str]


class DelivererStopped(RuntimeError):
    """Nothing is delivered any more, so waiting for it would never end."""


class Deliverer:
    """Hands every effect of the channels that have a way out over. See engine.running.handover.Deliverer."""

    def __init__(
        self,
        database: Database,
        journey_time: clock.Clock,
        channels: Mapping[str, Channel],
        pauses: Sequence[float] = PAUSES,
        errands: Sequence[Errand] = (),
        rates: Mapping[str, Rate] = MappingProxyType({}),
        tracker: Tracker | None = None,
    ) -> None:
        """`pauses` are the real seconds before each further attempt; their number is the number of retries.

        `errands` are run on the same loop. `rates` say how fast the messages of a channel may leave.
        """
        self.memory = Memory(tracker=tracker)
        self._pacer = Pacer(rates, has_long_limits=not isinstance(journey_time, clock.VirtualClock))
        self._database = database
        self._journey_time = journey_time
        self._channels = dict(channels)
        self._pauses = tuple(pauses)
        self._errands = tuple(errands)
        self._lines: dict[Place, Line] = {}
        self._under_way: dict[Place, asyncio.Task[None]] = {}
        self._lanes: set[int] = set()
        self._taken: dict[int, int] = {}
        """Lanes that have come, with the epochs of their leases, and wait for their lines."""
        self._asked: list[Future[None]] = []
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="deliver", daemon=True)

    # -- from other threads -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin in the lanes that were taken where a former process stopped."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the sends under way, as long as they are quick, and let go of the channels."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._refuse()

    def wake(self) -> None:
        """There may be new effects."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._news.set)

    def settle(self) -> Future[None]:
        """Done when every effect that is committed now is handed over or has failed for good; DelivererStopped."""
        done: Future[None] = Future()
        if not self._has_work:
            done.set_result(None)
            return done
        with self._lock:
            if self._stopping:
                raise DelivererStopped("the deliverer has stopped")
            self._asked.append(done)
        self.wake()
        return done

    def take(self, lanes: Mapping[int, int]) -> None:
        """Hand over what lies in these lanes from now on, under the epochs of their leases."""
        with self._lock:
            self._taken.update(lanes)
        self.wake()

    def drop(self, lanes: Collection[int]) -> None:
        """These lanes are another's: begin nothing more in them; what is under way records nothing any more."""
        self._leave(lanes)

    def let_go(self, lanes: Collection[int]) -> Future[None]:
        """Begin nothing more in these lanes; done when nothing of them is under way, or after a while."""
        return self._leave(lanes)

    def _leave(self, lanes: Collection[int]) -> Future[None]:
        with self._lock:
            for lane in lanes:
                self._taken.pop(lane, None)
            if self._loop is not None:
                return asyncio.run_coroutine_threadsafe(self._end_lanes(frozenset(lanes)), self._loop)
        left: Future[None] = Future()
        left.set_result(None)
        return left

    @property
    def _has_work(self) -> bool:
        return bool(self._channels or self._errands)

    @property
    def _ways(self) -> list[Channel]:
        """Each way out once; several channels may share one."""
        return list({id(channel): channel for channel in self._channels.values()}.values())

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that have a way out."""
        return tuple(self._channels)

    @property
    def results(self) -> Mapping[tuple[str, str], int]:
        """How many attempts have ended how since the start, by (channel, status of the receipt)."""
        return dict(self.memory.results) | {name: n for one in self._errands for name, n in one.results.items()}

    @property
    def passed(self) -> Mapping[tuple[int, str], int]:
        """The number up to which every message was tried, by lane and channel, in the lanes of this process."""
        lines = list(self._lines.values())
        return {(line.lane, name): max(line.mark, begun) for line in lines for name, begun in line.marks.items()}

    def run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do something on the deliverer's loop; DelivererStopped."""
        with self._lock:
            if self._loop is None:
                work.close()
                raise DelivererStopped("the deliverer does not run")
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    # -- on the deliverer's thread ------------------------------------------------------------------------------

    async def _take(self) -> None:
        """Make lines for the lanes that have come; each begins where the one before it has stopped."""
        with self._lock:
            taken, self._taken = self._taken, {}
        if not taken:
            return
        try:
            lines: list[Line] = []
            for way in self._ways:
                claim = self._database.write(partial(senders.claim, way=way.name, epochs=taken), awaited=False)
                await asyncio.wrap_future(claim)
                lines += await asyncio.wrap_future(self._database.read(partial(self._load, taken, way)))
        except BaseException:
            with self._lock:
                self._taken = taken | self._taken
            raise
        self._lanes |= taken.keys()
        for line in lines:
            self._lines[line.lane, line.channel.name] = line

    def _load(self, taken: Mapping[int, int], way: Channel, tx: Tx) -> list[Line]:
        names = [name for name, one in self._channels.items() if one is way]
        marks = {name: outbox.marks(tx, name) for name in names}
        retries = [outbox.next_retries(tx, name) for name in names]
        return [
            Line(
                lane, way, self._database, self._journey_time, self.memory, self._pauses,
                {name: marks[name].get(lane, 0) for name in names}, self._pacer, epoch,
                min(one.get(lane, NEVER) for one in retries),
            )
            for lane, epoch in sorted(taken.items())
        ]  # fmt: skip

    async def _end_lanes(self, lanes: frozenset[int]) -> None:
        """Let what is under way in these lanes come to its end; what takes too long is left to the next owner."""
        self._lanes -= lanes
        places = [place for place in self._lines if place[0] in lanes]
        gone = {place: self._lines.pop(place) for place in places}
        for line in gone.values():
            line.stopping = True
        under_way = [self._under_way[place] for place in places if place in self._under_way]
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for line in gone.values():
            with suppress(Replaced):
                await line.keep_mark()
        for errand in self._errands:
            await errand.let_go(lanes)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        finally:
            self._stopping = True
            self._refuse()

    async def _serve(self) -> None:
        with self._lock:
            self._loop = asyncio.get_running_loop()
        try:
            while not self._stopping:
                await self._round()
            await self._end()
        finally:
            with self._lock:
                self._loop = None

    async def _round(self) -> None:
        """Start every line that has work, answer whoever waits for rest, then sleep."""
        self._news.clear()
        with self._lock:
            asked, self._asked = self._asked, []
        seconds: float | None = _REST
        try:
            await self._begin()
        except Exception:  # noqa: BLE001 - whatever ails the database, the outbox is still there afterwards
            log.logger("deliver").exception("the outbox cannot be read")
        else:
            seconds = self._seconds_to_sleep()
            if self._is_idle:
                while asked:
                    asked.pop().set_result(None)
        with self._lock:
            self._asked += asked
        await self._sleep(seconds)

    @property
    def _is_idle(self) -> bool:
        return (
            all(one.is_idle for one in self._errands)
            and not self._under_way
            and all(line.is_idle for line in self._lines.values())
            and not self._taken
        )

    async def _begin(self) -> None:
        await self._take()
        losses = self._database.losses
        everywhere = await asyncio.wrap_future(self._database.read(outbox.heads))
        heads = {lane: head for lane, head in everywhere.items() if lane in self._lanes}
        if any(heads.get(line.lane, 0) > line.head for line in self._lines.values()):
            # Nothing is sent, and no mark moves, that the database could still forget (docs/decisions/0014).
            await asyncio.wrap_future(self._database.flush(losses))
        for errand in self._errands:
            await errand.begin(heads, self._news.set)
        now = clock.real_now()
        for place, line in list(self._lines.items()):
            line.head = max(line.head, heads.get(line.lane, 0))
            if place not in self._under_way and line.next_start <= now:
                self._under_way[place] = task = asyncio.create_task(line.run())
                task.add_done_callback(partial(self._ended, place, line))

    def _ended(self, place: Place, line: Line, task: asyncio.Task[None]) -> None:
        """A line that failed, which only the database can make it, rests before it tries again."""
        del self._under_way[place]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Replaced):
            log.logger("deliver").warning("another process has taken a lane over", lane=line.lane)
            if self._lines.get(place) is line:
                del self._lines[place]
        elif error is not None:
            log.logger("deliver").error("a batch was not delivered", lane=line.lane, error=repr(error))
            line.resting_until = clock.real_now() + round(_REST * 1000)
        self._news.set()

    def _seconds_to_sleep(self) -> float | None:
        resting = [line.next_start for place, line in self._lines.items() if place not in self._under_way]
        earliest = min(resting, default=NEVER)
        return None if earliest == NEVER else max(0.0, (earliest - clock.real_now()) / 1000)

    async def _sleep(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _end(self) -> None:
        await self._end_lanes(frozenset(self._lanes))
        for errand in self._errands:
            await errand.end(_GRACE)
        for channel in self._ways:
            await channel.close()

    def _refuse(self) -> None:
        with self._lock:
            asked, self._asked = self._asked, []
        for waiting in asked:
            waiting.set_exception(DelivererStopped("the deliverer has stopped"))
