"""Running a publish or validate job: check everything, then switch, in one transaction (journey-spec 8.2, 8.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from waystage.engine.plans import Plans, forms_of, places_of
from waystage.ground.clock import real_now
from waystage.ground.crashpoints import reach
from waystage.ground.ids import InboxNumbers, new_guid
from waystage.operations import transactional_events
from waystage.operations.publish_version import COMPLETED, PUBLISH
from waystage.plan.compile import Compiled
from waystage.plan.plans import EntryMode, Plan
from waystage.spec.document import parse
from waystage.spec.problems import Problem
from waystage.store import at_once, audit, catalogs, farewells, inbox, jobs, listening, pauses, plans, versions
from waystage.store.inbox import InboxKind
from waystage.store.jobs import Job
from waystage.store.sql import Actor, Tx
from waystage.store.versions import Version

_ONCE = EntryMode.ONCE.value


def run(tx: Tx, compiler: Plans, numbers: InboxNumbers, job_id: str, now: int, told: Sequence[Problem] = ()) -> None:
    """Finish the job, whatever comes of it; running it twice changes nothing the second time.

    With errors the version stays a Draft and nothing of it is stored but the findings. `told` is what custom activities
    had to say.
    """
    job = jobs.find(tx, job_id)
    if job is None or job.ended is not None:
        return
    tx.actor = Actor(job.actor, job.client, now)
    version = versions.find_number(tx, job.version)
    compiled = compile_version(tx, compiler, version, now) if version is not None else Compiled(None, ())
    findings = [finding(problem) for problem in (*compiled.problems, *told)]
    if compiled.plan is None or version is None or version.status != "Draft" or any(map(is_error, told)):
        _end_in_error(tx, job, version, findings)
        return
    if job.kind == PUBLISH:
        switch(tx, compiler, version, compiled.plan, numbers, now, job_id)
    jobs.end(tx, job_id, COMPLETED[job.kind], findings, real_now())


def fail(tx: Tx, job_id: str, message: str, now: int) -> None:
    """End a job that could not be run at all, so that its version does not answer 409 for ever."""
    finding = {"errorDetail": message, "errorCode": "500", "errorType": "Error", "additionalInfo": {}}
    job = jobs.find(tx, job_id)
    if job is not None:
        tx.actor = Actor(job.actor, job.client, now)
        _end_in_error(tx, job, versions.find_number(tx, job.version), [finding])


def _end_in_error(tx: Tx, job: Job, version: Version | None, findings: list[dict[str, Any]]) -> None:
    jobs.end(tx, job.id, "Error", findings, real_now())
    if job.kind == PUBLISH and version is not None:
        errors = [
            {"ErrorDetail": one["errorDetail"], "ErrorCode": one["errorCode"]}
            for one in findings
            if one["errorType"] == "Error"
        ]
        _note(tx, version, job.id, "Error", errors)


def compile_version(tx: Tx, compiler: Plans, version: Version, now: int) -> Compiled:
    """What would run if the version was published now; nothing is stored."""
    row = plans.version_of(tx, version.number)
    if row is None:
        return Compiled(None, ())
    modes = [
        str(one.document.get("entryMode", ""))
        for one in versions.of_journey(tx, version.journey)
        if one.published is not None
    ]
    catalog = catalogs.read(tx, version.account, compiler.offset_minutes, now=now)
    catalog, lacking = transactional_events.foresee(catalog, parse(version.document))
    compiled = compiler.compile(row, catalog, _ONCE if _ONCE in modes else None)
    return Compiled(compiled.plan, (*lacking, *compiled.problems))


def switch(
    tx: Tx, compiler: Plans, version: Version, plan: Plan, numbers: InboxNumbers, now: int, request_id: str = ""
) -> None:
    """The older published version finishes, this one runs, and every lane is told (design 8.13).

    The audit has two entries, the validation and the publication, which `request_id` names (api.md 4.1).
    """
    _note(tx, version, new_guid(), COMPLETED[PUBLISH])
    enforce(tx, compiler, version, plan, now)
    reach("publish.before-switch")
    for other in versions.of_journey(tx, version.journey):
        if other.status == "Published":
            versions.set_status(tx, other.number, "Unpublished")
            farewells.owe(tx, other.number, farewells.UNPUBLISH)
            audit.of_version(tx, other, "Unpublish")
        elif other.status == "Paused":
            pauses.outdate(tx, other.number)
    versions.set_published(tx, version.number, now)
    _note(tx, version, request_id or new_guid(), COMPLETED[PUBLISH])
    inbox.tell_lanes(tx, InboxKind.REFRESH, numbers.take()[0])


def _note(tx: Tx, version: Version, request_id: str, status: str, errors: Sequence[object] = ()) -> None:
    more = {"errors": errors} if errors else {}
    audit.of_version(tx, version, "Publish", details={"publishStatus": status, "publishRequestId": request_id, **more})


def enforce(tx: Tx, compiler: Plans, version: Version, plan: Plan, now: int) -> None:
    """Store what a plan needs before it can run: its event definition, seats, forms and what it listens to."""
    if plan.entry.event_definition == transactional_events.FORESEEN:
        catalog = catalogs.read(tx, version.account, compiler.offset_minutes)
        transactional_events.define(tx, version, catalog, now)
        plan = compile_version(tx, compiler, version, now).plan or plan
    plans.give_seats(tx, version.number, places_of(plan))
    plans.keep_forms(tx, forms_of(plan))
    if plan.exit_at_once is not None or (plan.goal is not None and plan.goal.immediate):
        at_once.watch(tx, version.account, version.number)
    listening.set_for(tx, version.account, version.number, [plan.entry.event_definition], plan.awaited)


def is_error(problem: Problem) -> bool:
    """Whether a problem prevents publication."""
    return problem.severity == "Error"


def finding(problem: Problem) -> dict[str, Any]:
    """A problem in envelope E3 (api.md 1.8.1)."""
    about = {
        "activityKey": problem.activity_key,
        "activityId": problem.activity_id,
        "activityType": problem.activity_type and problem.activity_type.upper(),
        "path": problem.path or None,
    }
    return {
        "errorDetail": problem.message,
        "errorCode": problem.code,
        "errorType": problem.severity,
        "additionalInfo": {name: value for name, value in about.items() if value is not None},
    }
