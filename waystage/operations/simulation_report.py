"""The report of a simulation as it goes over the wire: funnel, timing, messages, endings, problems (contract 21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from waystage.operations.made_data import Frame
from waystage.plan.blackouts import end_of
from waystage.plan.catalog import Catalog
from waystage.plan.compile import Compiled, Identity, Kinds, compile_journey
from waystage.plan.effects import Call, Effect
from waystage.plan.lint import lint
from waystage.plan.mentioned import mentioned
from waystage.plan.moves import Emit, blocks, stops
from waystage.plan.plans import Plan, PlannedActivity
from waystage.spec.document import parse
from waystage.spec.problems import Problem
from waystage.store import catalogs, simulated, statistics
from waystage.store.daily import day_of
from waystage.store.sql import Tx
from waystage.store.versions import Version

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Problems of one kind that are listed.
_MOST_PROBLEMS = 200


class Outcome(msgspec.Struct, rename="camel"):
    """How a simulation ended: `status` is completed or failed, all else as it goes over the wire."""

    status: str
    problems: list[dict[str, Any]] = []
    entered: int = 0
    funnel: list[dict[str, Any]] = []
    timing: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    engagement: list[dict[str, Any]] = []
    ended: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Course:
    """What was run: the version, how it was compiled, how many contacts came, at how many instants it was cut short."""

    version: Version
    kinds: Kinds
    compiled: Compiled
    contacts: int
    cut: int | None = None


def failed(errors: Iterable[Problem]) -> Outcome:
    """Nothing was run, because the version could not be published."""
    return Outcome("failed", [_finding(one) for one in errors])


def too_long(seconds: float) -> dict[str, Any]:
    """Nothing can be told, because it took too long."""
    return _problem("TooLong", "Error", f"The simulation took more than {seconds:.0f} seconds: ask for less.")


def broken() -> dict[str, Any]:
    """Nothing can be told, because its process ended by itself."""
    return _problem("Broken", "Error", "The process of the simulation ended without a result; the log has the reason.")


def report(tx: Tx, course: Course, version: int, frame: Frame) -> Outcome:
    """What is seen when a simulation is over; `version` is its number there."""
    plan = course.compiled.plan
    if plan is None:
        return failed(course.compiled.errors)
    totals, key_of = statistics.totals(tx, version), {one.number: one.key for one in plan.activities}
    entered = totals.get("entered", 0)
    ended = {name.removeprefix("ended:"): n for name, n in sorted(totals.items()) if name.startswith("ended:")}
    return Outcome(
        status="completed",
        entered=entered,
        funnel=_funnel(tx, course, plan, version),
        timing=[_rested(key_of[one.activity], one) for one in simulated.rests(tx) if one.activity in key_of],
        messages=[
            {"activityKey": key_of[activity], "day": _day(day), "count": count}
            for activity, day, count in _messages(tx, plan, frame.offset)
        ],
        engagement=[
            {"activityKey": key_of[activity], "type": kind, "count": count}
            for activity, kind, count in simulated.facts(tx)
        ],
        ended=ended,
        problems=[
            *_cut_short(course),
            *_refused(totals, course.contacts, entered),
            *_inside(entered - sum(ended.values())),
            *_on_the_way(tx, key_of),
            *_not_played(tx, course, plan, frame),
            *_findings(tx, course, plan, frame),
        ],
    )


def _funnel(tx: Tx, course: Course, plan: Plan, version: int) -> list[dict[str, Any]]:
    counts = statistics.activities(tx, version)
    documents = {one.key: one for one in parse(course.version.document).activities}
    return [_passage(one, [way.key for way in documents[one.key].outcomes], counts) for one in plan.activities]


def _passage(
    activity: PlannedActivity, keys: list[str], counts: Mapping[int, statistics.ActivityCounts]
) -> dict[str, Any]:
    """Of one activity: how many came, by which outcomes they went on, how many wait there still."""
    found = counts.get(activity.number) or statistics.ActivityCounts(activity.number, 0, 0, {})
    arrived = found.through
    if stops(activity.step):
        arrived = found.rested
    elif blocks(activity.step):
        arrived = found.rested + max(0, found.through - (found.rested - found.here))
    outcomes = {key: found.outcomes.get(str(place), 0) for place, key in enumerate(keys)}
    return {"activityKey": activity.key, "arrived": arrived, "waiting": found.here, "outcomes": outcomes}


def _messages(tx: Tx, plan: Plan, offset: int) -> list[tuple[int, int, int]]:
    """(activity, day, how many); a message made inside a black-out window is sent at its end (journey-spec 3.11)."""
    counts = Counter({(activity, day): n for activity, day, n in simulated.messages_by_day(tx, offset)})
    for one in plan.activities:
        for move in one.step:
            quiet = move.effect.quiet if isinstance(move, Emit) and isinstance(move.effect, Effect) else ()
            for at, n in simulated.instants_of(tx, one.number) if quiet else ():
                counts[one.number, day_of(at, offset)] -= n
                counts[one.number, day_of(end_of(quiet, at) or at, offset)] += n
    return [(activity, day, n) for (activity, day), n in sorted(counts.items()) if n]


def _rested(key: str, rested: simulated.Rested) -> dict[str, Any]:
    """In whole seconds."""
    return {
        "activityKey": key,
        "contacts": rested.contacts,
        "least": rested.least // 1000,
        "median": rested.median // 1000,
        "average": rested.total // rested.contacts // 1000,
        "most": rested.most // 1000,
    }


def _day(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).date().isoformat()


# -- problems -------------------------------------------------------------------------------------------------------


def _problem(
    code: str, severity: str, message: str, *, key: str | None = None, count: int | None = None
) -> dict[str, Any]:
    about = {"activityKey": key, "count": count}
    return {"code": code, "severity": severity, "message": message} | {k: v for k, v in about.items() if v is not None}


def _finding(one: Problem) -> dict[str, Any]:
    about = {} if one.activity_key is None else {"activityKey": one.activity_key}
    return {"code": one.code, "severity": one.severity, "message": one.message, **about, "path": one.path}


def _cut_short(course: Course) -> list[dict[str, Any]]:
    if course.cut is None:
        return []
    return [_problem("CutShort", "Warning", f"The simulation was cut short after {course.cut} instants.")]


def _refused(totals: Mapping[str, int], contacts: int, entered: int) -> list[dict[str, Any]]:
    found = [
        _problem("Refused", "Warning", f"Entries were refused: {name.removeprefix('refused:')}.", count=n)
        for name, n in sorted(totals.items())
        if name.startswith("refused:")
    ]
    if not entered:
        found.append(_problem("NobodyEntered", "Warning", f"None of {contacts} contacts has entered."))
    return found


def _inside(count: int) -> list[dict[str, Any]]:
    return [_problem("StillInside", "Warning", "Contacts were inside at the end.", count=count)] if count else []


def _on_the_way(tx: Tx, key_of: Mapping[int, str]) -> list[dict[str, Any]]:
    """Messages that reach nobody, and what history would say of single contacts."""
    found = [
        _problem("Suppressed", "Warning", f"Messages were suppressed: {why}.", key=key_of.get(activity), count=n)
        for activity, why, n in simulated.suppressed(tx)
    ]
    return found + [
        _problem(status, "Warning", message or status, key=key_of.get(activity), count=n)
        for activity, status, message, n in simulated.remarks(tx)
    ]


def _not_played(tx: Tx, course: Course, plan: Plan, frame: Frame) -> list[dict[str, Any]]:
    """What a simulation leaves out: calls to services outside, and events that somebody would have to send."""
    catalog = catalogs.read(tx, course.version.account, frame.offset, with_deleted=True)
    called = [
        _problem("NotCalled", "Warning", "The service of this activity was not called; outcomes are by lot.", key=key)
        for key in _calling(course, catalog)
    ]
    names = {one.number: one.key for one in catalog.events}
    unheard = [names.get(number, "") for number in sorted(mentioned(plan).awaited - {plan.entry.event_definition})]
    return called + [
        _problem("NobodySends", "Warning", f"Nobody sends the event {name} that contacts wait for.") for name in unheard
    ]


def _calling(course: Course, catalog: Catalog) -> list[str]:
    """The keys of activities that call somebody outside of a simulation."""
    identity = Identity(account=course.version.account)
    plan = compile_journey(parse(course.version.document), course.kinds, catalog, identity, anyway=True).plan
    return [one.key for one in plan.activities if any(_is_call(move) for move in one.step)] if plan is not None else []


def _is_call(move: object) -> bool:
    return isinstance(move, Emit) and isinstance(move.effect, Call)


def _findings(tx: Tx, course: Course, plan: Plan, frame: Frame) -> list[dict[str, Any]]:
    """What publishing and lint would say of the version."""
    catalog = catalogs.read(tx, course.version.account, frame.offset, now=frame.start)
    advice = lint(parse(course.version.document), plan, catalog, frame.start)
    return [_finding(one) for one in (*course.compiled.warnings, *advice)][:_MOST_PROBLEMS]
