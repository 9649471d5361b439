"""What custom activities say to a publication or validation: asked between two transactions (journey-spec 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from waystage.engine.plans import Plans
from waystage.engine.sending import life_cycle_calls
from waystage.engine.sending.deliver import Deliverer
from waystage.engine.sending.life_cycle_calls import LifeCycle, LifeCycleCall
from waystage.operations import run_job
from waystage.operations.publish_version import PUBLISH
from waystage.spec import problems
from waystage.spec.problems import Problem
from waystage.store import jobs, versions
from waystage.store.sql import Tx

Round = tuple[LifeCycleCall, ...]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The calls of a job: each round is made at once, and only if the one before it went well."""

    rounds: tuple[Round, ...] = ()


def of_job(tx: Tx, compiler: Plans, job_id: str, now: int) -> Rounds:
    """The calls that a job needs; none for a version that cannot be published anyway."""
    job = jobs.find(tx, job_id)
    version = versions.find_number(tx, job.version) if job is not None and job.ended is None else None
    if job is None or version is None or version.status != "Draft":
        return Rounds()
    words = (*life_cycle_calls.CHECKS, life_cycle_calls.PUBLISH) if job.kind == PUBLISH else ("validate",)
    rounds = [tuple(life_cycle_calls.calls_of(version, word)) for word in words]
    if not any(rounds) or run_job.compile_version(tx, compiler, version, now).plan is None:
        return Rounds()
    return Rounds(tuple(one for one in rounds if one))


def ask(asked: Rounds, deliverer: Deliverer, caller: LifeCycle, has_ended: Callable[[], bool]) -> list[Problem]:
    """Make the calls; blocks its thread. What went wrong in the first round that did not go well.

    `has_ended`: the program ends, so what is left is asked after the next start.
    """
    for calls in asked.rounds:
        if has_ended():
            raise RuntimeError("the program ends")
        told = deliverer.run(caller.ask_all(calls)).result()
        found = [_problem(call, trouble) for call, trouble in zip(calls, told, strict=True) if trouble]
        if found:
            return found
    return []


def _problem(call: LifeCycleCall, trouble: str) -> Problem:
    message = f"Custom activity {call.activity.key}: the {call.word} call failed: {trouble}."
    path = f"activities[{call.activity.key}].configurationArguments.{call.word}"
    return problems.problem(problems.CUSTOM_ACTIVITY, message, path=path, activity=call.activity)
