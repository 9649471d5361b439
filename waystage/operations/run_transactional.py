"""Activating, pausing and resuming transactional journeys, and dropping what they have queued (api.md 4.7).

What keeps one from it is told in findings (envelope E3); without any it is done. Events that come while one is paused
are kept until it is resumed or its queue is cleared.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from waystage.engine import lifecycle
from waystage.engine.plans import Plans
from waystage.ground.errors import BadRequest, InteractionNotFound, StateConflict
from waystage.ground.ids import InboxNumbers
from waystage.operations import run_job
from waystage.operations.body_check import BodyCheck, as_object
from waystage.plan.plans import Plan
from waystage.store import audit, inbox, versions
from waystage.store.audit import Kind
from waystage.store.inbox import InboxKind
from waystage.store.pauses import Pause
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

Findings = list[dict[str, Any]]

_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Asked:
    """Which journey is meant, and what changing it takes; `now` is journey time in ms."""

    account: int
    definition_id: str
    compiler: Plans
    numbers: InboxNumbers
    now: int


def read(body: object) -> str:
    """The `definitionId` of a body: the id of a journey or of a version; ValidationErrors."""
    check = BodyCheck(as_object(body))
    named = check.text("definitionId", required=True)
    check.settle()
    return named or ""


def create(tx: Tx, asked: Asked) -> Findings:
    """Publish the Draft as a job would; InteractionNotFound, StateConflict while such a job is in progress."""
    version, findings = _find(tx, asked, "activate", ("Draft",))
    plan = _plan(tx, asked, version, findings)
    if plan is not None:
        run_job.switch(tx, asked.compiler, version, plan, asked.numbers, asked.now)
    return findings


def pause(tx: Tx, asked: Asked) -> Findings:
    """Send nothing until it is resumed; InteractionNotFound."""
    version, findings = _find(tx, asked, "pause", ("Published",))
    if not findings:
        how = Pause(asked.now, None, "", extend=False, retain=True, hears=True, guard="none", guard_due=_NEVER)
        lifecycle.pause(tx, [version.number], how, asked.numbers)
    return findings


def resume(tx: Tx, asked: Asked) -> Findings:
    """Go on, with what was saved meanwhile; InteractionNotFound, StateConflict while the queue is being cleared.

    Lanes are told to compile anew before they are told of the new status, so nothing runs by the former plan.
    """
    version, findings = _find(tx, asked, "resume", ("Paused",))
    if inbox.is_asked(tx, InboxKind.CLEAR, version.number):
        raise StateConflict("The queue of this journey is being cleared.")
    plan = _plan(tx, asked, version, findings)
    if plan is not None:
        run_job.enforce(tx, asked.compiler, version, plan, asked.now)
        inbox.tell_lanes(tx, InboxKind.RECOMPILE, asked.numbers.take()[0])
        lifecycle.resume(tx, [version.number], asked.numbers, asked.now)
    return findings


def clear_queue(tx: Tx, asked: Asked) -> Findings:
    """Drop what was accepted before and is not sent yet; InteractionNotFound."""
    version, findings = _find(tx, asked, "clear the queue of", ("Published", "Paused"))
    if not findings:
        inbox.tell_lanes(tx, InboxKind.CLEAR, asked.numbers.take()[0], version.account, version.number)
        audit.record(tx, version.account, Kind.QUEUE, "Clear", version.definition_id, version.key)
    return findings


def _find(tx: Tx, asked: Asked, verb: str, statuses: Collection[str]) -> tuple[Version, Findings]:
    version = versions.find(tx, asked.account, Selector("id", asked.definition_id))
    if version is None:
        raise InteractionNotFound
    if version.document["definitionType"] != "Transactional":
        return version, [_refusal(f"Cannot {verb} interaction: its definitionType is not Transactional.")]
    if version.status not in statuses:
        return version, [_refusal(f"Cannot {verb} interaction in {version.status} status.")]
    return version, []


def _plan(tx: Tx, asked: Asked, version: Version, findings: Findings) -> Plan | None:
    """The plan of a version against which nothing is said yet; what is wrong with it joins `findings`."""
    if findings:
        return None
    if versions.has_open_job(tx, version.number):
        raise StateConflict("A publish or validate job of this version is in progress.")
    compiled = run_job.compile_version(tx, asked.compiler, version, asked.now)
    findings += [run_job.finding(problem) for problem in compiled.errors]
    return compiled.plan if not findings else None


def _refusal(text: str) -> dict[str, Any]:
    """A state that does not allow the call, with the number that other calls give for it (D-38)."""
    return {"errorDetail": text, "errorCode": str(BadRequest.errorcode), "errorType": "Error", "additionalInfo": {}}
