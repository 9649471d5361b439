"""What is found in a journey as a whole once its activities are compiled: warnings mostly (journey-spec 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from waystage.plan.effects import Effect
from waystage.plan.moves import Emit, Park, Route, Span
from waystage.plan.plans import PlannedActivity
from waystage.spec import bindings, criteria, problems
from waystage.spec.criteria_tree import CriteriaError, conditions
from waystage.spec.document import Activity, Journey
from waystage.spec.graph import Graph
from waystage.spec.moments import Unit
from waystage.spec.parts import object_at, text_at
from waystage.spec.problems import Problem, problem

#: The least that is advised for a wait, and the most that is not called long: for that the sources give no figure.
SHORTEST_MINUTES = 60
LONGEST_DAYS = 90
MOST_EXIT_CONDITIONS = 20
#: Characters that the hosted product refuses in the name and description of a journey (api.md 1.2, D-19).
REFUSED_ELSEWHERE = frozenset("&<>\"'/")

_DAY = 24 * 60
_MINUTES = {
    Unit.MINUTES.value: 1,
    Unit.HOURS.value: 60,
    Unit.DAYS.value: _DAY,
    Unit.WEEKS.value: 7 * _DAY,
    Unit.MONTHS.value: 30 * _DAY,
}


def advise(journey: Journey, graph: Graph, planned: Sequence[PlannedActivity]) -> Iterator[Problem]:
    """Everything that is unusual about the waits, the exit criteria and the addresses of a journey."""
    waits = {one.key for one in planned if _wait(one) is not None}
    for activity, one in zip(journey.activities, planned, strict=True):
        wait = _wait(one)
        if wait is not None:
            yield from _length(activity, wait)
            yield from _place(activity, graph, waits)
    yield from _characters(journey)
    yield from _exits(journey)
    yield from _addresses(journey, planned)
    yield from _transactional(journey)


def _wait(one: PlannedActivity) -> Park | None:
    """The rest of an activity that does nothing but wait for a time."""
    match one.step:
        case (Park(hears=None) as wait, *behind) if all(isinstance(move, Route) for move in behind):
            return wait
        case _:
            return None


def _length(activity: Activity, wait: Park) -> Iterator[Problem]:
    """A fixed date and a date of each contact's own may lie anywhere, so only durations are judged."""
    if not isinstance(wait.until, Span) or wait.until.unit == Unit.SECONDS.value:
        return
    minutes = wait.until.amount * _MINUTES.get(wait.until.unit, 0)
    said = f"Wait {activity.key}: waitDuration is {wait.until.amount} {wait.until.unit.lower()}"
    path = f"activities[{activity.key}].configurationArguments.waitDuration"
    if minutes > LONGEST_DAYS * _DAY:
        yield problem(
            problems.WAIT_LONG, f"{said}; that is more than {LONGEST_DAYS} days.", path=path, activity=activity
        )
    if minutes < SHORTEST_MINUTES and not wait.until.time_of_day:
        yield problem(problems.WAIT_ILL_PLACED, f"{said}; an hour or more is advised.", path=path, activity=activity)


def _place(activity: Activity, graph: Graph, waits: set[str]) -> Iterator[Problem]:
    if activity.key == graph.start:
        yield problem(
            problems.WAIT_ILL_PLACED,
            f"Wait {activity.key} is the first activity: contacts wait before anything happens.",
            path=f"activities[{activity.key}]",
            activity=activity,
        )
    for place, outcome in enumerate(activity.outcomes):
        if outcome.next in waits:
            yield problem(
                problems.WAIT_ILL_PLACED,
                f"Wait {activity.key} leads straight into wait {outcome.next}: one wait would do.",
                path=f"activities[{activity.key}].outcomes[{place}].next",
                activity=activity,
            )


def _characters(journey: Journey) -> Iterator[Problem]:
    """What the hosted product refuses to save is kept here, and said (D-19); activities and goals are not looked at."""
    for name, text in (("name", journey.name), ("description", journey.description)):
        found = sorted(REFUSED_ELSEWHERE & set(text))
        if found:
            listed = " ".join(found)
            yield problem(problems.TEXT_CHARACTERS, f"{name}: the hosted product refuses {listed} in it.", path=name)


def _exits(journey: Journey) -> Iterator[Problem]:
    for place, one in enumerate(journey.exits):
        try:
            count = sum(1 for _ in conditions(criteria.parse(one.criteria)))
        except CriteriaError:
            continue
        if count > MOST_EXIT_CONDITIONS:
            yield problem(
                problems.MANY_EXIT_CONDITIONS,
                f"Exit criteria {one.name or one.key}: {count} conditions; {MOST_EXIT_CONDITIONS} are advised at most.",
                path=f"exits[{place}].configurationArguments.criteria",
            )


def _addresses(journey: Journey, planned: Sequence[PlannedActivity]) -> Iterator[Problem]:
    """A list of texts none of which can ever be an address keeps every message from being sent (journey-spec 1.6)."""
    used = {
        move.effect.form.channel
        for one in planned
        for move in one.step
        if isinstance(move, Emit) and isinstance(move.effect, Effect)
    }
    for name, listed, channels, may_be in (
        ("email", journey.default_emails, {"email"}, _may_be_email),
        ("mobileNumber", journey.default_mobile_numbers, {"sms", "whatsapp"}, _may_be_number),
    ):
        if used & channels and listed and not any(_may_be_address(text, may_be) for text in listed):
            yield problem(
                problems.DEFAULT_ADDRESS_INVALID,
                f"defaults.{name}: {', '.join(map(repr, listed))} can be no address of anybody.",
                path=f"defaults.{name}",
            )


def _may_be_address(text: str, may_be: Callable[[str], bool]) -> bool:
    try:
        constant = bindings.parse(text).constant
    except bindings.BindingError:
        return True  # found where the address is compiled
    return constant is None or may_be(constant.strip())


def _may_be_email(text: str) -> bool:
    before, _, after = text.partition("@")
    return bool(before and after) and " " not in text


def _may_be_number(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _transactional(journey: Journey) -> Iterator[Problem]:
    """A transactional journey is one e-mail that knows its definition key and data extension (journey-spec 1.5)."""
    if journey.definition_type.casefold() != "transactional":
        return
    if len(journey.activities) > 1:
        yield problem(
            problems.TRANSACTIONAL_INCOMPLETE,
            f"A transactional journey has one activity, an e-mail; this one has {len(journey.activities)}.",
            path="activities",
        )
    for activity in journey.activities:
        settings = object_at(activity.meta, "highThroughput")
        lacking = [name for name in ("definitionKey", "dataExtensionId") if not text_at(settings, name)]
        if not object_at(activity.configuration, "triggeredSend").get("emailId"):
            lacking.append("emailId")
        if lacking:
            yield problem(
                problems.TRANSACTIONAL_INCOMPLETE,
                f"Activity {activity.key} of a transactional journey lacks {', '.join(lacking)}.",
                path=f"activities[{activity.key}].metaData.highThroughput",
                activity=activity,
            )
