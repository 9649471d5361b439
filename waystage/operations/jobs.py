"""The background side of publishing: runs jobs one after the other, and those that a killed process left behind."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from waystage.engine.loop import Engine
from waystage.engine.plans import Plans
from waystage.ground import log
from waystage.ground.clock import Clock
from waystage.ground.ids import InboxNumbers
from waystage.operations import run_job
from waystage.store import jobs
from waystage.store.database import Database


@dataclass(slots=True)
class Publisher:
    """Runs publish and validate jobs; a job is one transaction, so a kill leaves it either done or still to do."""

    database: Database
    engine: Engine
    plans: Plans
    numbers: InboxNumbers
    clock: Clock

    def start(self, job_id: str) -> Future[None]:
        """Run a job soon; the lanes are told by the inbox, the engine that there is something in it."""
        compiler = Plans(self.plans.kinds, self.plans.offset_minutes, self.plans.delivering)
        done = self.database.write(lambda tx: run_job.run(tx, compiler, self.numbers, job_id, self.clock.now()))
        done.add_done_callback(lambda future: self._ended(job_id, future))
        return done

    def resume(self) -> None:
        """Run what a former process was asked for and did not finish."""
        for job_id in self.database.read(jobs.unfinished).result():
            self.start(job_id)

    def _ended(self, job_id: str, future: Future[None]) -> None:
        error = future.exception()
        if error is not None:
            log.logger("publish").error("a job failed", job=job_id, error=repr(error))
            self.database.write(lambda tx: run_job.fail(tx, job_id, "The server failed; its log has the reason."))
        self.engine.notify()
