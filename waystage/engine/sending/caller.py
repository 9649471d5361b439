"""Calls of custom activities: read, posted outside any transaction, and their final answers put into the inbox.

It works on the deliverer's loop. How many calls are under way is a matter of each activity (`concurrentRequests`), so a
slow service holds up nobody else's contacts.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from jwt.api_jws import PyJWS

from waystage.engine.sending.breaker import Breaker, Breakers, CircuitOpen
from waystage.engine.sending.call_payloads import payload
from waystage.engine.sending.signing_keys import NoKey, SigningKeys
from waystage.engine.sending.slots import Slots
from waystage.engine.spans import of_call
from waystage.ground import clock, log, tracing
from waystage.ground.addresses import ForbiddenAddress
from waystage.ground.crashpoints import reach
from waystage.ground.http import Answer, AnswerLost, Client, NotReached, target_of
from waystage.ground.ids import InboxNumbers
from waystage.ground.meters import CALL_SECONDS
from waystage.plan import answers
from waystage.plan.effects import CallForm
from waystage.store import calls, outbox, plans
from waystage.store.calls import Answered, PendingCall, Site
from waystage.store.database import Database
from waystage.store.outbox import Origin
from waystage.store.slots import Claim
from waystage.store.sql import Tx

T = TypeVar("T")

#: Calls of one lane that are read together.
_SLICE: Final = 200
#: Answers that may wait to be stored before further calls are made.
_MOST_UNSTORED: Final = 2_000
#: Real ms that a service may ask us to wait (journey-spec 6.3).
_LONGEST_DELAY: Final = 10_000
#: Statuses that say the service cannot answer anybody now.
_OVERLOADED: Final = frozenset({429, 502, 503, 504})
#: Real seconds of rest after answers could not be stored.
_REST: Final = 1.0
#: Real seconds for which calls under way may keep a lane from its next owner, and between two looks at them.
_HAND_OVER: Final = 2.0
_LOOK: Final = 0.02


_JWS: Final = PyJWS()


@dataclass(frozen=True, slots=True)
class _Place:
    """What all calls of a version have in common."""

    account: int
    origin: Origin


@dataclass(slots=True)
class _Line:
    """What waits to be called at one site: read so far, and up to where it has been read in which lane."""

    site: Site
    ready: deque[PendingCall] = field(default_factory=deque)
    more: set[int] = field(default_factory=set)
    read: dict[int, int] = field(default_factory=dict)
    workers: int = 0
    at_once: int = 1
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody is still to be called for whom there is no worker yet."""
        return bool(self.ready or self.more)


class Caller:
    """Makes every pending call, on one event loop. See `engine.sending.deliver`."""

    def __init__(
        self,
        database: Database,
        client: Client,
        keys: SigningKeys,
        numbers: InboxNumbers,
        tell: Callable[[Iterable[int]], None],
        breakers: Breakers | None = None,
        owner: str = "",
    ) -> None:
        """`tell` is told in which lanes answers have come. `owner` is the name of the process."""
        self.results: Counter[tuple[str, str]] = Counter()
        self._database = database
        self._client = client
        self._keys = keys
        self._numbers = numbers
        self._tell = tell
        self.breakers = Breakers() if breakers is None else breakers
        self._heads: dict[int, int] = {}
        self._lines: dict[Site, _Line] = {}
        self._slots = Slots(database, owner)
        self._places: dict[int, _Place] = {}
        self._forms: dict[int, CallForm] = {}
        self._held: set[tuple[int, int]] = set()
        """(lane, number) of the calls that are in hand: read, and their answers not stored."""
        self._answers: list[Answered] = []
        self._stored = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._storing: asyncio.Task[None] | None = None
        self._lost = False
        """Whether calls that were in hand are to be looked for again."""
        self._losses = 0
        """How many connections had broken when `_heads` began."""
        self._news: Callable[[], None] = _nothing

    @property
    def is_idle(self) -> bool:
        """Whether every call that is known has its final answer in the inbox."""
        is_waiting = self._lost or any(line.is_waiting for line in self._lines.values())
        return not is_waiting and not self._tasks and not self._answers and self._storing is None

    async def begin(self, heads: Mapping[int, int], news: Callable[[], None]) -> None:
        """Start what is new; `heads` are the numbers up to which effects exist in each lane.

        `news` is called when something has ended. Nobody is called for what the database could still forget
        (docs/decisions/0014).
        """
        self._news = news
        self._slots.serve(self._claims, news)
        await self._look(heads)
        for line in list(self._lines.values()):
            if line.is_waiting and (not self._slots.knows(line.site) or line.workers < self._allowed(line)):
                await self._man(line)

    def _claims(self) -> list[Claim]:
        """What is wanted of the slots: as much as there is where somebody waits, nothing where all are called."""
        claims = []
        for site in self._lines.keys() | self._slots.held():
            line = self._lines.get(site) or _Line(site)
            claims.append(Claim(site, line.at_once, line.workers, line.is_waiting or line.workers > 0))
        return claims

    def _allowed(self, line: _Line) -> int:
        return self._slots.allowed(line.site, line.at_once)

    async def _look(self, heads: Mapping[int, int]) -> None:
        """Find out where there is something new; whatever fails here is looked at again."""
        self._lost = False
        if self._database.losses != self._losses:
            self._losses = self._database.losses
            self._look_again()
        grown = [lane for lane, head in heads.items() if head > self._heads.get(lane, 0)]
        if not grown:
            return
        found = await self._read(lambda tx: {lane: calls.sites(tx, lane) for lane in calls.lanes(tx, grown)})
        if found:
            await asyncio.wrap_future(self._database.flush(self._losses))
        for lane in grown:
            self._heads[lane] = heads[lane]
            for site in found.get(lane, ()):
                self._lines.setdefault(site, _Line(site)).more.add(lane)

    def _look_again(self) -> None:
        """Read everything anew but what is in hand: a server that crashes may give a number a second time."""
        self._heads.clear()
        for line in self._lines.values():
            line.read.clear()

    async def _man(self, line: _Line) -> None:
        """As many workers as the activity allows calls at once, and as there are calls for."""
        first = await self._next(line)
        if first is None:
            return
        line.ready.appendleft(first)
        try:
            line.at_once = (self._forms.get(first.form) or await self._form(first)).at_once
        except LookupError:
            line.at_once = 1  # the worker says so
        if not self._slots.knows(line.site):
            await self._slots.look()
        allowed = self._allowed(line)
        for _ in range(min(allowed, allowed if line.more else len(line.ready)) - line.workers):
            line.workers += 1
            task = asyncio.create_task(self._work(line))
            self._tasks.add(task)
            task.add_done_callback(partial(self._ended, line))

    def _ended(self, line: _Line, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        line.workers -= 1
        self._slots.hurry(line.site)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            version, activity = line.site
            log.logger("calls").error("calls could not be made", version=version, activity=activity, error=repr(error))
            # Only the database can fail here: everything is read again, what has no answer is called again.
            self._lost = True
            self._look_again()
        if not line.workers and not line.more and not line.ready:
            self._lines.pop(line.site, None)
        self._news()

    async def _work(self, line: _Line) -> None:
        while line.workers <= self._allowed(line) and (call := await self._next(line)) is not None:
            try:
                await self._answer(call)
            except BaseException:
                self._held.discard((call.lane, call.seq))
                raise

    async def _next(self, line: _Line) -> PendingCall | None:
        """The next call of a site, read from its lanes in turn."""
        if line.ready:
            return line.ready.popleft()
        async with line.lock:
            while not line.ready and line.more:
                lane = next(iter(line.more))
                after, head = line.read.get(lane, 0), self._heads.get(lane, 0)
                found = await self._read(lambda tx: calls.load(tx, lane, line.site, after, head, _SLICE))  # noqa: B023 - awaited here
                fresh = [call for call in found if (call.lane, call.seq) not in self._held]
                self._held.update((call.lane, call.seq) for call in fresh)
                line.ready.extend(fresh)
                if len(found) < _SLICE and head >= self._heads.get(lane, 0):
                    line.more.discard(lane)
                if found:
                    line.read[lane] = found[-1].seq
            return line.ready.popleft() if line.ready else None

    async def _answer(self, call: PendingCall) -> None:
        """Call until there is a final answer, and hand that over to be stored."""
        try:
            form = self._forms.get(call.form) or await self._form(call)
            place = self._places.get(call.version) or await self._place(call)
            final = await self._call(form, place, call)
        except LookupError as error:
            final = _failed(call, f"{error}.")
        reach("call.after-answer")
        self.results["custom-activity", "failed" if final.status == "Failed" else "answered"] += 1
        self._answers.append(final)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store())
        while len(self._answers) > _MOST_UNSTORED:
            self._stored.clear()
            await self._stored.wait()

    async def _call(self, form: CallForm, place: _Place, call: PendingCall) -> Answered:
        said = ""
        for attempt in range(form.retries + 1):
            if attempt:
                self.results["custom-activity", "retried"] += 1
            try:
                answer = await self._post(form, place, call)
            except (NoKey, ForbiddenAddress, CircuitOpen, ValueError) as error:
                return _failed(call, f"It was not called: {error}.")
            except (NotReached, AnswerLost) as error:
                said, delay = f"{error}.", form.retry_delay
            else:
                if answer.status == 200:
                    return _understood(form, call, answer)
                said, delay = f"The service answered {answer.status}.", _delay(form, answer)
                if answer.status != 429 and answer.status < 500:
                    break
            if attempt < form.retries:
                await clock.rest(delay / 1000)
        return _failed(call, said)

    async def _post(self, form: CallForm, place: _Place, call: PendingCall) -> Answer:
        """One attempt, as soon as the host may be called."""
        headers, body = await self._request(form, place, call)
        breaker = self.breakers[target_of(form.url).authority]
        await breaker.ready()
        reach("call.before-send")
        try:
            with of_call(place.origin, call) as span:
                answer = await self._ask(form, {**headers, **tracing.headers()}, body)
                if span is not None:
                    span.note("http.response.status_code", answer.status)
        except (NotReached, AnswerLost):
            breaker.failed()
            raise
        except BaseException:
            breaker.succeeded()  # it says nothing of the host
            raise
        _learn(breaker, answer)
        return answer

    async def _ask(self, form: CallForm, headers: Mapping[str, str], body: bytes) -> Answer:
        started = clock.stopwatch()
        try:
            return await self._client.post(form.url, headers, body, form.timeout / 1000)
        finally:
            self._database.meters.observe(CALL_SECONDS, clock.stopwatch() - started)

    async def _request(self, form: CallForm, place: _Place, call: PendingCall) -> tuple[dict[str, str], bytes]:
        """Headers and body; signed, the body is the compact JWS itself (journey-spec 6.4)."""
        body = payload(form, call, place.origin)
        headers = {**dict(form.headers), "Idempotency-Key": call.key, "Content-Type": "application/json"}
        if not form.signs:
            return headers, body
        secret = await self._keys.secret(place.account, form.key)
        headers["Content-Type"] = "application/jwt"
        return headers, _JWS.encode(body, secret, algorithm="HS256").encode()

    async def _store(self) -> None:
        """Store answers for as long as there are any; what comes meanwhile shares the next transaction."""
        while self._answers:
            batch, self._answers = self._answers, []
            try:
                await asyncio.wrap_future(self._database.write(partial(self._finish, batch), awaited=False))
            except Exception:  # noqa: BLE001 - whatever ails the database, the answers are kept until it is well
                log.logger("calls").exception("answers could not be stored")
                self._answers = batch + self._answers
                await clock.rest(_REST)
            else:
                self._held.difference_update((one.call.lane, one.call.seq) for one in batch)
                self._tell({one.call.lane for one in batch})
            self._stored.set()
        self._storing = None
        self._news()

    def _finish(self, batch: list[Answered], tx: Tx) -> None:
        calls.finish(tx, batch, self._numbers.take(len(batch)))
        reach("call.before-commit")

    async def _form(self, call: PendingCall) -> CallForm:
        form = await self._read(lambda tx: plans.call_form(tx, call.form))
        if form is None:
            raise LookupError(f"call form {call.form} is gone")
        self._forms[call.form] = form
        return form

    async def _place(self, call: PendingCall) -> _Place:
        self._places[call.version] = place = await self._read(partial(_place_of, call.version))
        return place

    async def _read(self, job: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(self._database.read(job))

    async def let_go(self, lanes: Collection[int]) -> None:
        """Make no further calls of these lanes; those under way are waited for a while.

        Whoever takes a lane over makes again what takes longer, under the same key; the engine takes the first answer.
        """
        for line in self._lines.values():
            line.more.difference_update(lanes)
            self._held.difference_update((call.lane, call.seq) for call in line.ready if call.lane in lanes)
            line.ready = deque(call for call in line.ready if call.lane not in lanes)
        for lane in lanes:
            self._heads.pop(lane, None)
            for line in self._lines.values():
                line.read.pop(lane, None)
        late = clock.monotonic() + _HAND_OVER
        while any(lane in lanes for lane, _ in self._held) and clock.monotonic() < late:
            await clock.rest(_LOOK)

    async def end(self, seconds: float) -> None:
        """Let calls under way come to their end for so long, store what was answered, and let go."""
        for line in self._lines.values():
            line.ready.clear()
            line.more.clear()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._storing is not None:
            await asyncio.wait([self._storing], timeout=seconds)
        await self._slots.end()
        await self._client.close()


def _nothing() -> None:
    """Nobody waits yet."""


def _place_of(version: int, tx: Tx) -> _Place:
    row, origin = plans.version_of(tx, version), outbox.origins(tx, [version]).get(version)
    if row is None or origin is None:
        raise LookupError(f"version {version} is gone")
    return _Place(row.account, origin)


def _learn(breaker: Breaker, answer: Answer) -> None:
    if answer.status in _OVERLOADED:
        breaker.failed()
    else:
        breaker.succeeded()


def _delay(form: CallForm, answer: Answer) -> int:
    """The ms until the next attempt: a service that says how long is heard, up to the longest delay there is."""
    return min(max(form.retry_delay, round(answer.retry_after * 1000)), _LONGEST_DELAY)


def _understood(form: CallForm, call: PendingCall, answer: Answer) -> Answered:
    meaning = answers.read(form, answer.body)
    if meaning.chosen == answers.FAILED:
        return Answered(call, answers.FAILED, meaning.outputs, "Failed", meaning.said)
    return Answered(call, meaning.chosen, meaning.outputs, "Warning" if meaning.said else "", meaning.said)


def _failed(call: PendingCall, said: str) -> Answered:
    return Answered(call, answers.FAILED, {}, "Failed", f"{said[:1].upper()}{said[1:]}")
