"""One lane's messages of one way out: read behind the mark, send outside any transaction, record (design 8.1)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from waystage.channels.base import Channel, Message, Outcome, Receipt
from waystage.engine.sending.messages import rendered
from waystage.engine.sending.pacing import Pacer
from waystage.engine.sending.tracking import Tracker
from waystage.engine.spans import of_messages
from waystage.ground import clock
from waystage.ground.crashpoints import reach
from waystage.ground.meters import SEND_SECONDS
from waystage.ground.signed_links import LinkKind
from waystage.plan.effects import Form
from waystage.store import outbox, plans, senders, winners
from waystage.store.database import Database
from waystage.store.outbox import Aside, Due, Origin, Result
from waystage.store.sql import Tx

T = TypeVar("T")

NEVER: Final = 2**62
#: Real seconds until the second, third and fourth attempt; there is no fifth (journey-spec 8.9, contract 23).
PAUSES: Final = (1.0, 5.0, 20.0)

#: Messages that are read, sent and recorded together. A kill between sending and recording repeats at most these, so
#: a slow server gets few at a time: as many as it takes in about this many seconds.
_LEAST, _MOST = 32, 500
_STRETCH: Final = 0.5
#: Characters of bodies that one batch may hold in memory.
_BODIES: Final = 16_000_000
#: A mark that lags so far behind is stored even if nothing was sent: it is where the next start begins to read.
_LAG: Final = 50_000
#: Forms and origins that are remembered; they never change, so forgetting them costs a look-up.
_REMEMBERED: Final = 256


class Replaced(RuntimeError):
    """Another process has taken the lane over; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Effects that are tried together, with everything that their messages are made from."""

    dues: tuple[Due, ...]
    forms: Mapping[int, Form]
    origins: Mapping[int, Origin]
    people: Mapping[int, str]
    asides: tuple[Aside, ...] = ()
    """What has been put aside, because it may not leave yet."""
    tracker: Tracker | None = None

    def form(self, due: Due) -> Form:
        """The form of an effect."""
        return self.forms[due.effect.form]

    def message(self, due: Due) -> Message:
        """What is to be sent for an effect."""
        effect, form = due.effect, self.form(due)
        origin = self.origins[effect.version]
        texts = rendered(effect, form, origin, self.tracker)
        back = self.tracker.url(LinkKind.FEEDBACK, effect.request_id, effect.at) if self.tracker is not None else ""
        return Message(
            effect.request_id, effect.address or "", texts.subject, texts.html, texts.text, effect.at,
            channel=form.channel, contact_key=self.people.get(effect.contact, ""), journey_key=origin.journey_key,
            version=origin.number, activity_key=origin.activities[effect.activity - 1], details=form.details,
            cc=texts.cc, bcc=texts.bcc, headers=texts.headers, feedback_url=back,
        )  # fmt: skip


@dataclass(slots=True)
class Memory:
    """What the messages of every lane are made from, which never changes; and how sends have ended since the start."""

    forms: dict[int, Form] = field(default_factory=dict)
    origins: dict[int, Origin] = field(default_factory=dict)
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    tracker: Tracker | None = None
    """What makes the links by which messages lead back; without it they have none."""

    def batch(self, tx: Tx, found: Sequence[Due]) -> Batch:
        """Complete what was found, from memory or the snapshot that found it; called from several threads."""
        if len(self.forms) > _REMEMBERED or len(self.origins) > _REMEMBERED:
            self.forms, self.origins = {}, {}
        forms, origins = dict(self.forms), dict(self.origins)
        forms |= plans.forms(tx, {due.effect.form for due in found} - forms.keys())
        origins |= outbox.origins(tx, {due.effect.version for due in found} - origins.keys())
        self.forms.update(forms)
        self.origins.update(origins)
        people = outbox.contact_keys(tx, found[0].effect.lane, (due.effect.contact for due in found)) if found else {}
        return Batch(tuple(found), forms, origins, people, tracker=self.tracker)


@dataclass(slots=True)
class Line:
    """How far one lane's messages of one way out have come. Marks and numbers: see store.outbox; instants are real.

    `marks` has how far each of the channels has come that leave by this way; what it passed is none of ours.
    """

    lane: int
    channel: Channel
    database: Database
    journey_time: clock.Clock
    memory: Memory
    pauses: Sequence[float]
    marks: Mapping[str, int]
    pacer: Pacer
    epoch: int
    """Of the lease under which it sends."""
    retry: int = NEVER
    """When the next retry is due."""
    mark: int = 0
    head: int = 0
    """The last effect that is known to exist."""
    paused_until: int = 0
    """Nobody listened at the channel's other end: no new effects before the retries are due."""
    resting_until: int = 0
    """Something failed that is no fault of the messages: nothing at all before then."""
    stopping: bool = False
    """No further batch is begun."""
    _kept: int = 0
    _size: int = _LEAST
    _until: int = 0

    def __post_init__(self) -> None:
        self.mark = self._kept = min(self.marks.values())

    @property
    def is_idle(self) -> bool:
        """Whether every effect has been handed over or has failed for good (contract 41)."""
        return self.mark >= self.head and self.retry == NEVER

    @property
    def next_start(self) -> int:
        """The real instant from which there is something to do."""
        return max(self.resting_until, min(self.retry, self.paused_until if self.mark < self.head else NEVER))

    async def run(self) -> None:
        """Deliver until nothing is left that is due now."""
        while not self.stopping and self.next_start <= (now := clock.real_now()):
            is_retry = self.retry <= now
            batch = await self._read(partial(self._due_again, now) if is_retry else partial(self._behind, self.head))
            batch = self._paced(batch)
            if batch.dues or batch.asides:
                await self._deliver(batch, self.mark if is_retry else self._until)
            await self._step(is_retry=is_retry)

    async def _read(self, job: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(self.database.read(job))

    def _due_again(self, now: int, tx: Tx) -> Batch:
        found = outbox.due_again(tx, self.lane, tuple(self.marks), now, self._size)
        return self.memory.batch(tx, found)

    def _behind(self, head: int, tx: Tx) -> Batch:
        """What is new for this channel; `_until` is how far the mark moves when it has been recorded.

        `head` was known before this snapshot began; the line's own may grow meanwhile, past what the snapshot shows.
        """
        found = outbox.behind(tx, self.lane, self.mark, head, self._size)
        self._until = found[-1].effect.seq if len(found) == self._size else head
        batch = self.memory.batch(tx, found)
        mine = [due for due in found if self._is_mine(due, batch.form(due).channel)]
        fitting = mine[: _fitting(batch, mine)]
        if len(fitting) < len(mine):
            self._until = fitting[-1].effect.seq
        return replace(batch, dues=tuple(fitting))

    def _is_mine(self, due: Due, channel: str) -> bool:
        return due.effect.seq > self.marks.get(channel, NEVER)

    def _paced(self, batch: Batch) -> Batch:
        """The batch without what may not leave yet (see engine.sending.pacing), which is put aside."""
        now = clock.real_now()
        kept, asides = list[Due](), list[Aside]()
        for due in batch.dues:
            form = batch.form(due)
            until = self.pacer.admit(due.effect, form, now)
            if until is None:
                kept.append(due)
            else:
                asides.append(Aside(due, form.channel, until))
        return replace(batch, dues=tuple(kept), asides=tuple(asides)) if asides else batch

    async def _deliver(self, batch: Batch, mark: int) -> None:
        reach("deliver.before-send")
        started = clock.monotonic()
        with of_messages(self.lane, self.channel.name, len(batch.dues)):
            receipts = await self._send(batch) if batch.dues else []
        seconds = clock.monotonic() - started
        self.database.meters.observe(SEND_SECONDS, seconds, self.channel.name)
        reach("deliver.after-send")
        rest = clock.real_now() + round(1000 * max((one.rest for one in receipts), default=0.0))
        if any(one.rest for one in receipts):
            self.resting_until = max(self.resting_until, rest)
        results, asides = list[Result](), list(batch.asides)
        for due, receipt in zip(batch.dues, receipts, strict=True):
            if receipt.outcome is Outcome.UNTRIED:
                asides.append(Aside(due, batch.form(due).channel, rest))
            else:
                results.append(self._result(due, batch.form(due).channel, receipt))
        write = self.database.write(lambda tx: self._record(tx, results, asides, mark), awaited=False)
        await asyncio.wrap_future(write)
        self._kept = mark
        self._learn(len(results), seconds)
        self.memory.results.update((result.channel, result.status) for result in results)
        if not all(receipt.reached for receipt in receipts):
            self.paused_until = max((result.again or 0 for result in results), default=0)

    async def _send(self, batch: Batch) -> list[Receipt]:
        """One receipt per effect; one whose message cannot be made fails, lest it hold up the lane for ever."""
        messages: dict[int, Message] = {}
        receipts: dict[int, Receipt] = {}
        for place, due in enumerate(batch.dues):
            try:
                messages[place] = batch.message(due)
            except (LookupError, ValueError) as error:
                receipts[place] = Receipt(Outcome.FAILED, f"CannotBeRendered: {error!r}")
        sent = await self.channel.deliver(list(messages.values()))
        receipts |= zip(messages, sent, strict=True)
        return [receipts[place] for place in range(len(batch.dues))]

    def _result(self, due: Due, channel: str, receipt: Receipt) -> Result:
        """An attempt that may be repeated is, three times; after the last one the message has failed for good."""
        again = None
        outcome = receipt.outcome
        if outcome in {Outcome.DEFERRED, Outcome.UNKNOWN}:
            if due.attempt <= len(self.pauses):
                again = clock.real_now() + round(max(self.pauses[due.attempt - 1], receipt.rest) * 1000)
            else:
                outcome = Outcome.FAILED
        return Result(due, self.journey_time.now(), outcome.value, receipt.detail, again, channel, receipt.bounced)

    def _record(self, tx: Tx, results: Sequence[Result], asides: Sequence[Aside], mark: int) -> None:
        """Receipts, retries and the mark in one transaction of one lane.

        The mark never passes what neither has a receipt nor stands in `retry`.
        """
        self._check(tx)
        outbox.record(tx, self.lane, self.channel.name, results)
        winners.note_bounces(tx, self.lane, [(one.due.effect.seq, one.at) for one in results if one.bounced])
        outbox.put_aside(tx, self.lane, asides)
        if mark > self._kept:
            self._set_marks(tx, mark)
        reach("deliver.before-commit")

    def _check(self, tx: Tx) -> None:
        """What allows it to record anything at all; Replaced."""
        if not senders.still_sends(tx, self.lane, self.channel.name, self.epoch):
            raise Replaced(f"another process sends what lies in lane {self.lane}")

    def _set_marks(self, tx: Tx, mark: int) -> None:
        for name, begun in self.marks.items():
            outbox.set_mark(tx, self.lane, name, max(mark, begun))

    def _learn(self, sent: int, seconds: float) -> None:
        rate = sent / max(seconds, 0.001)
        self._size = min(_MOST, max(_LEAST, min(2 * self._size, round(rate * _STRETCH))))

    async def _step(self, *, is_retry: bool) -> None:
        """Take over what has been recorded; a mark that moved over captured messages only is stored now and then."""
        if not is_retry:
            self.mark = self._until
            if self.mark - self._kept >= _LAG:
                await self.keep_mark()
        self.retry = await self._read(self._next_retry)

    def _next_retry(self, tx: Tx) -> int:
        due = outbox.next_retry(tx, self.lane, *self.marks)
        return NEVER if due is None else due

    async def keep_mark(self) -> None:
        """Store the mark if it has moved."""
        mark = self.mark
        if mark > self._kept:
            write = self.database.write(lambda tx: self._keep_mark(tx, mark), awaited=False)
            await asyncio.wrap_future(write)
            self._kept = mark

    def _keep_mark(self, tx: Tx, mark: int) -> None:
        self._check(tx)
        self._set_marks(tx, mark)


def _fitting(batch: Batch, dues: Sequence[Due]) -> int:
    """How many of these, at least one, may lie in memory together."""
    held = 0
    for place, due in enumerate(dues):
        form = batch.form(due)
        held += len(form.html) + len(form.text)
        if held > _BODIES and place:
            return place
    return len(dues)
