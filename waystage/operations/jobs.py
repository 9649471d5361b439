"""The background side of publishing: runs jobs side by side, and those that a killed process left behind."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from waystage.engine.plans import Plans
from waystage.engine.running.everywhere import Everywhere
from waystage.engine.sending.deliver import Deliverer
from waystage.engine.sending.life_cycle_calls import LifeCycle
from waystage.ground import log
from waystage.ground.clock import Clock
from waystage.ground.ids import InboxNumbers
from waystage.operations import life_cycle_rounds, run_job
from waystage.operations.background import Claims
from waystage.store import claims, jobs
from waystage.store.database import Database

#: How often a job is tried, and the real seconds between two attempts.
_ATTEMPTS = 5
_PAUSE_SECONDS = 1.0
#: Jobs that run side by side: one may wait for a service that is slow.
_AT_ONCE = 8


@dataclass(slots=True)
class Publisher:
    """Runs publish and validate jobs; a job is one transaction, so a kill leaves it either done or still to do.

    Custom activities are asked before it, while no transaction is open.
    """

    database: Database
    engine: Everywhere
    plans: Plans
    numbers: InboxNumbers
    clock: Clock
    deliverer: Deliverer
    life_cycle: LifeCycle
    claims: Claims
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "publish"))
    _closing: bool = False

    def start(self, job_id: str, attempt: int = 1) -> Future[None]:
        """Run a job soon; the lanes are told by the inbox, the engine that there is something in it."""
        self.claims.begin(claims.JOB, job_id)
        done = self._pool.submit(self._run, job_id)
        done.add_done_callback(lambda future: self._ended(job_id, attempt, future))
        return done

    def close(self) -> None:
        """Begin no further job; what is not done is done after the next start."""
        self._closing = True
        self._pool.shutdown(cancel_futures=True)

    def _run(self, job_id: str) -> None:
        if not self.database.write(lambda tx: self.claims.take(tx, claims.JOB, job_id), awaited=False).result():
            return
        compiler = Plans(self.plans.kinds, self.plans.offset_minutes, self.plans.delivering)
        asked = self.database.read(lambda tx: life_cycle_rounds.of_job(tx, compiler, job_id, self.clock.now())).result()
        told = life_cycle_rounds.ask(asked, self.deliverer, self.life_cycle, lambda: self._closing)
        self.database.write(lambda tx: run_job.run(tx, compiler, self.numbers, job_id, self.clock.now(), told)).result()

    def resume(self) -> None:
        """Run what processes that are gone were asked for and did not finish."""
        for job_id in self.claims.free(claims.JOB, jobs.unfinished):
            self.start(job_id)

    def _ended(self, job_id: str, attempt: int, future: Future[None]) -> None:
        error = None if future.cancelled() or self._closing else future.exception()
        if error is not None:
            log.logger("publish").error("a job failed", job=job_id, attempt=attempt, error=repr(error))
            if attempt < _ATTEMPTS:
                self._later(job_id, attempt + 1)
            else:
                self._give_up(job_id)
        else:
            self.claims.end(claims.JOB, job_id)
        self.engine.notify()

    def _later(self, job_id: str, attempt: int) -> None:
        """It was the database, most likely, which may be back soon."""
        timer = threading.Timer(_PAUSE_SECONDS, self._again, (job_id, attempt))
        timer.daemon = True
        timer.start()

    def _again(self, job_id: str, attempt: int) -> None:
        with suppress(RuntimeError):  # the database was closed meanwhile; the next start resumes the job
            self.start(job_id, attempt)

    def _give_up(self, job_id: str) -> None:
        """End the job as failed; as long as not even that can be stored, go on trying."""
        told = self.database.write(
            lambda tx: run_job.fail(tx, job_id, "The server failed; its log has the reason.", self.clock.now())
        )
        told.add_done_callback(
            lambda done: self._later(job_id, _ATTEMPTS) if done.exception() else self.claims.end(claims.JOB, job_id)
        )
