"""One database: who may write when, what is retried, and that nobody is answered before the commit.

Requests' writes are collected and committed as a group; a batch of the engine is one transaction of its own and lets
waiting requests go first. On a file both share one writer thread, elsewhere the engine has a connection of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from waystage.ground import clock
from waystage.ground.crashpoints import reach
from waystage.ground.meters import COMMIT_SECONDS, COMMIT_WRITES, TRANSACTION_RETRIES, Meters
from waystage.store.dialects.base import Dialect
from waystage.store.dialects.connection import Connection, Driver, Ear, Mouth, TransactionLost
from waystage.store.dialects.drivers import driver_for
from waystage.store.sql import NOBODY, Actor, Tx

T = TypeVar("T")

_TRIES = 8
_READERS = 4
#: How many writes of requests share one commit at most; bounds the memory and the time of a group.
_GROUP = 2_000

Job = tuple[Callable[[Tx], Any], Future[Any]]


class ConnectionLost(ConnectionError):
    """A connection broke: the server may have crashed and forgotten what was committed last (docs/decisions/0014)."""


class Database:
    """All access to one database, safe to call from any thread."""

    def __init__(self, url: str) -> None:
        self._driver: Driver = driver_for(url)
        self._requests: deque[Job] = deque()
        self._steps: deque[Job] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._is_step = False
        self.requests = 0
        """How many writes of requests there were so far; the engine sizes its batches by their coming (design 2)."""
        self.losses = 0
        """How many broken connections that write were found, or replaced, so far; a crash of the server breaks all."""
        self.meters = Meters()
        """What this process counts of its work on the database, for whoever watches."""
        self._group_sizes = self.meters.histogram(COMMIT_WRITES)
        self._group_times = self.meters.histogram(COMMIT_SECONDS)
        self._writer_broke = False
        self._lanes: int | None = None
        self._local = threading.local()
        self._readers: list[Connection] = []
        self._read_pool = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self._writer = threading.Thread(target=self._write_loop, name="writer", daemon=True)
        self._writer.start()
        self._stepper: ThreadPoolExecutor | None = None
        self._steppers: dict[str | None, Connection] = {}
        """By the address where the lanes of a batch lie; of the one thread that makes batches."""
        if self.dialect.separate_stepper:
            self._stepper = ThreadPoolExecutor(1, thread_name_prefix="step")

    @property
    def dialect(self) -> Dialect:
        """In what this database differs."""
        return self._driver.dialect

    @property
    def lanes(self) -> int:
        """How many lanes this database was made with (design 3.1); it must have been migrated."""
        if self._lanes is None:
            self._lanes = self.read(lambda tx: tx.lanes).result()
        return self._lanes

    def server_time(self) -> int | None:
        """What the clock of the database's machine shows, in ms; None where that is this machine."""
        expression = self.dialect.real_time()
        if expression is None:
            return None
        row = self.read(lambda tx: tx.one(f"SELECT {expression}")).result()
        return int(row[0]) if row else None

    @property
    def key_file(self) -> Path | None:
        """Where the key lies that secrets are encrypted with, if the database is a file of this machine's user."""
        return self._driver.key_file

    def is_transient(self, error: Exception) -> bool:
        """Whether the same work may succeed when it is tried again later."""
        return self._driver.is_transient(error)

    def is_bad_row(self, error: Exception) -> bool:
        """Whether a batch failed on the values of some row (design 8.21)."""
        return self._driver.is_bad_row(error)

    def ear(self) -> Ear | None:
        """A connection that hears what other processes say; None where there are none."""
        return self._driver.ear()

    def mouth(self) -> Mouth | None:
        """A connection that says something to the other processes; None where there are none."""
        return self._driver.mouth()

    def write(self, job: Callable[[Tx], T], *, awaited: bool = True, actor: Actor = NOBODY) -> Future[T]:
        """Run `job` in a write transaction, committed together with what else waits; resolved after the commit.

        `awaited`: somebody outside waits for it, so the engine is to keep its batches short. `actor`: who changes.

        `job` may run more than once if writers collide, so it must have no effect outside the transaction.
        """
        self.requests += awaited
        return self._submit(self._requests, _by(actor, job))

    def step(self, job: Callable[[Tx], T], lane: int | None = None) -> T:
        """Run one batch of the engine in a transaction of its own, and wait for its commit.

        It runs where `lane` lies; without one, anywhere.
        """
        return self.in_turn(job, lane).result()

    def in_turn(self, job: Callable[[Tx], T], lane: int | None = None) -> Future[T]:
        """Run a slice of long work as `step` does: requests go first, and batches of the engine take turns with it."""
        if self._stepper is not None:
            return self._stepper.submit(self._step_apart, job, lane)
        return self._submit(self._steps, job)

    def flush(self, losses: int) -> Future[Any]:
        """Done when everything that was committed before now would survive a crash of the database server.

        Where the engine has a connection of its own its commits do not wait for the disk; every other one does.
        `losses` is what was known when whatever is relied upon was read or committed: ConnectionLost if there was one
        since, for then it may be gone already.
        """

        def touch(tx: Tx) -> None:
            self.check(losses)
            tx.one(self.dialect.touch())

        return self.write(touch, awaited=False)

    def check(self, losses: int) -> None:
        """ConnectionLost if a connection broke since there were so many losses."""
        if self.losses != losses:
            raise ConnectionLost("a connection to the database broke, so its last commits may be gone")

    def read(self, job: Callable[[Tx], T]) -> Future[T]:
        """Run `job` on a snapshot; it sees everything committed before now."""
        return self._read_pool.submit(self._read, job)

    def close(self) -> None:
        """Finish what waits, then let go of everything."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join()
        if self._stepper is not None:
            self._stepper.shutdown()
        self._read_pool.shutdown()
        for connection in self._readers:
            connection.close()

    def _submit(self, queue: deque[Job], job: Callable[[Tx], T]) -> Future[T]:
        future: Future[T] = Future()
        with self._wake:
            if self._closing:
                raise RuntimeError("the database is closed")
            queue.append((job, future))
            self._wake.notify()
        return future

    def _note_loss(self) -> None:
        with self._wake:
            self.losses += 1

    # -- reading ------------------------------------------------------------------------------------------------

    def _read(self, job: Callable[[Tx], T]) -> T:
        """Once more if the connection turns out to be lost: each reader has its own, and they are lost together."""
        try:
            return self._read_once(job)
        except Exception:
            if getattr(self._local, "connection", None) is not None:
                raise
        return self._read_once(job)

    def _read_once(self, job: Callable[[Tx], T]) -> T:
        connection = self._reader()
        try:
            result = job(connection.begin(write=False))
        except BaseException:
            self._forget_if_broken(connection)
            raise
        connection.commit()
        return result

    def _reader(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._driver.connect(write=False)
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def _forget_if_broken(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except Exception:  # noqa: BLE001 - whatever broke it, a fresh connection is the cure
            self._local.connection = None
            self._readers.remove(connection)

    # -- writing ------------------------------------------------------------------------------------------------

    def _write_loop(self) -> None:
        connection: Connection | None = None
        while (group := self._next_group()) is not None:
            try:
                connection = connection or self._connected()
            except Exception as error:  # noqa: BLE001 - whoever waits is told; the next group tries again
                self._refuse(group, error)
                continue
            started = clock.stopwatch()
            is_alive = self._commit_group(connection, group)
            if not self._is_step:
                self._group_sizes.observe(len(group))
                self._group_times.observe(clock.stopwatch() - started)
            if not is_alive:
                self._writer_broke = True
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _connected(self) -> Connection:
        """The writer's connection. Only its successor counts as a loss: a flush by it does not speak for the former."""
        made = self._driver.connect(write=True)
        if self._writer_broke:
            self._note_loss()
        self._writer_broke = False
        return made

    def _next_group(self) -> list[Job] | None:
        """Everything that requests wait for, else one batch of the engine; None when closing and empty."""
        with self._wake:
            while not self._requests and not self._steps:
                if self._closing:
                    return None
                self._wake.wait()
            self._is_step = not self._requests
            if self._is_step:
                return [self._steps.popleft()]
            return [self._requests.popleft() for _ in range(min(len(self._requests), _GROUP))]

    def _commit_group(self, connection: Connection, group: list[Job]) -> bool:
        """Run and commit a group; False if the connection is broken."""
        if len(group) == 1:
            return self._commit_alone(connection, group[0])
        outcomes: list[tuple[Future[Any], Any, Exception | None]] = []
        try:
            tx = connection.begin(write=True)
            for job, future in group:
                outcomes.append(self._run_guarded(connection, tx, job, future))
            reach("api.before-commit")
            connection.commit()
        except Exception as error:  # noqa: BLE001 - the group fell; each job is tried by itself and tells its own error
            if not _undone(connection):
                return self._refuse(group, error)
            self.meters.count(TRANSACTION_RETRIES)
            return self._commit_each(connection, group)
        reach("api.after-commit")
        for future, result, refusal in outcomes:
            _resolve(future, result, refusal)
        return True

    def _commit_each(self, connection: Connection, group: list[Job]) -> bool:
        for place, job in enumerate(group):
            if not self._commit_alone(connection, job):
                return self._refuse(group[place + 1 :], ConnectionLost("the database connection was lost"))
        return True

    @staticmethod
    def _refuse(group: list[Job], error: Exception) -> bool:
        """The connection is gone: whoever waits is told so, and may ask again."""
        for _, future in group:
            _resolve(future, None, error)
        return False

    def _run_guarded(
        self, connection: Connection, tx: Tx, job: Callable[[Tx], Any], future: Future[Any]
    ) -> tuple[Future[Any], Any, Exception | None]:
        try:
            return future, connection.guarded(job, tx), None
        except Exception as error:  # told to the one who asked; the others' work stands
            if isinstance(error, TransactionLost) or self._driver.is_transient(error):
                raise
            return future, None, error

    def _commit_alone(self, connection: Connection, job: Job) -> bool:
        work, future = job
        try:
            result = self._try(connection, work)
        except Exception as error:  # noqa: BLE001 - told to the one who asked
            alive = _undone(connection)
            _resolve(future, None, error)
            return alive
        _resolve(future, result, None)
        return True

    def _try(self, connection: Connection, job: Callable[[Tx], T]) -> T:
        """One transaction, again if it collides with another."""
        for attempt in range(_TRIES):
            try:
                result = job(connection.begin(write=True))
                reach("api.before-commit")
                connection.commit()
            except Exception as error:
                if not self._driver.is_transient(error) or attempt == _TRIES - 1:
                    raise
                connection.rollback()
                self.meters.count(TRANSACTION_RETRIES)
                clock.pause(0.002 * 2**attempt)
            else:
                reach("api.after-commit")
                return result
        raise AssertionError("unreachable")

    def _step_apart(self, job: Callable[[Tx], T], lane: int | None) -> T:
        at = None if lane is None else self._driver.address_of(lane)
        connection = self._steppers.get(at)
        if connection is None:
            connection = self._steppers[at] = self._driver.connect(write=True, step=True, at=at)
            self._readers.append(connection)
        try:
            return self._try(connection, job)
        except BaseException:
            if not _undone(connection):
                self._note_loss()
                del self._steppers[at]
                self._readers.remove(connection)
            raise


def _by(actor: Actor, job: Callable[[Tx], T]) -> Callable[[Tx], T]:
    """The job as this actor's: a group of jobs shares one transaction."""

    def signed(tx: Tx) -> T:
        tx.actor = actor
        return job(tx)

    return signed


def _undone(connection: Connection) -> bool:
    """Roll back; False if even that is impossible, so that the connection must go."""
    try:
        connection.rollback()
    except Exception:  # noqa: BLE001 - broken for good, whatever the reason
        return False
    return True


def _resolve(future: Future[Any], result: object, error: Exception | None) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
