"""Asking for a version to be published or validated; the job does it (api.md 4.1, 4.3)."""

from __future__ import annotations

from waystage.ground.clock import real_now
from waystage.ground.errors import BadRequest, InteractionNotFound, StateConflict
from waystage.ground.ids import new_guid
from waystage.store import jobs, versions
from waystage.store.jobs import Job
from waystage.store.sql import Tx
from waystage.store.versions import Selector

PUBLISH, VALIDATE = "publish", "validate"
IN_PROCESS = {PUBLISH: "PublishInProcess", VALIDATE: "ValidateInProcess"}
COMPLETED = {PUBLISH: "PublishCompleted", VALIDATE: "ValidateCompleted"}


def request_publish(tx: Tx, account: int, selector: Selector, version_number: int, now: int) -> str:
    """Store a publish job for a Draft and return its id.

    InteractionNotFound; BadRequest (10000) names a status that cannot be published; StateConflict while another job
    of the version is open.
    """
    return _request(tx, account, selector, version_number, PUBLISH, now)


def request_validate(tx: Tx, account: int, selector: Selector, version_number: int, now: int) -> str:
    """Store a validate job; errors as for publishing, with its own word in the text."""
    return _request(tx, account, selector, version_number, VALIDATE, now)


def _request(tx: Tx, account: int, selector: Selector, version_number: int, kind: str, now: int) -> str:
    version = versions.find(tx, account, selector, version_number)
    if version is None:
        raise InteractionNotFound
    if version.status != "Draft":
        raise BadRequest(f"Cannot {kind} interaction in {version.status} status.")
    if versions.has_open_job(tx, version.number):
        raise StateConflict("A publish or validate job of this version is in progress.")
    job = Job(new_guid(), account, version.number, kind, IN_PROCESS[kind], [], None, tx.actor.user, tx.actor.client)
    jobs.add(tx, job, "", max(now, real_now()))
    return job.id
