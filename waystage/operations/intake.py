"""Accepted events on their way to the inbox: many requests, one commit, and no answer before it (design 2, 4).

There is no timer: whatever has come while a commit was under way is the next group.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from waystage.ground import ids
from waystage.ground.ids import InboxNumbers
from waystage.operations.fire_event import AcceptedEvent
from waystage.store import inbox
from waystage.store.database import Database
from waystage.store.inbox import InboxRow
from waystage.store.sql import Tx

Waiting = tuple[AcceptedEvent, asyncio.Future[str]]


class Intake:
    """The door to the inbox; used from one event loop."""

    def __init__(self, database: Database, numbers: InboxNumbers, notify: Callable[[Iterable[int]], None]) -> None:
        self._database = database
        self._numbers = numbers
        self._notify = notify
        self._waiting: deque[Waiting] = deque()
        self._group: list[Waiting] = []
        self._submitted = False

    def append(self, event: AcceptedEvent) -> asyncio.Future[str]:
        """Store an event; the future gives its id (a GUID) once it is committed."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        self._waiting.append((event, answer))
        if not self._submitted:
            self._submit(loop)
        return answer

    def _submit(self, loop: asyncio.AbstractEventLoop) -> None:
        """At most one write at a time, known by the loop's own mark: the writer changes the group beside us."""
        self._submitted = True
        written = self._database.write(self._write)
        written.add_done_callback(lambda done: loop.call_soon_threadsafe(self._answer, loop, done))

    def _write(self, tx: Tx) -> list[tuple[int, int]]:
        """Runs on the writer's thread; a repeated try finds the same group and gives it new numbers."""
        if not self._group:
            self._group = [self._waiting.popleft() for _ in range(len(self._waiting))]
        numbers = self._numbers.take(len(self._group))
        rows = [InboxRow(number, *event) for number, (event, _) in zip(numbers, self._group, strict=True)]
        return list(zip(inbox.append(tx, rows), numbers, strict=True))

    def _answer(self, loop: asyncio.AbstractEventLoop, done: Future[list[tuple[int, int]]]) -> None:
        group, self._group = self._group, []
        error = done.exception()
        if error is not None:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
        else:
            places = done.result()
            for (_, answer), (lane, number) in zip(group, places, strict=True):
                if not answer.done():
                    answer.set_result(ids.guid_of("event", lane, number))
            self._notify({lane for lane, _ in places})
        self._submitted = False
        if self._waiting:
            self._submit(loop)
