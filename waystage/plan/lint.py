"""Advice about a journey beyond what publishing reports: what is allowed, and yet hardly meant (contract, lint)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from waystage.plan.blackouts import end_of
from waystage.plan.catalog import Catalog
from waystage.plan.effects import Effect
from waystage.plan.expressions import Always, AttributeField, Condition, EventField, ProfileField, Value, leaves_of
from waystage.plan.moves import Arm, At, Emit, Fixed, Park, Route, Span, blocks, park_of
from waystage.plan.never import is_never, leaves_nobody
from waystage.plan.plans import Plan, PlannedActivity
from waystage.spec import moments, problems, zones
from waystage.spec.document import Journey
from waystage.spec.fields import Field
from waystage.spec.graph import graph_of
from waystage.spec.problems import Problem, problem

#: Hours of the local day in which hardly anybody wants a message: from the first to before the second.
NIGHT = (21, 7)
_ENTRY = "entry"
#: Fields and values of the paths of one split that are compared with one another; it takes the square of them.
_MOST_LEAVES = 500


def lint(journey: Journey, plan: Plan, catalog: Catalog, now: int) -> Iterator[Problem]:
    """Everything that is odd about a journey that compiles; `now` in ms."""
    for one in plan.activities:
        yield from _dead_paths(journey, one)
        yield from _past_dates(journey, one, now)
        yield from _empty_words(journey, plan, one, catalog)
    yield from _closed_doors(plan)
    yield from _night_sends(journey, plan, now)
    yield from _endless_loops(journey, plan)


def _dead_paths(journey: Journey, one: PlannedActivity) -> Iterator[Problem]:
    """Ways of a split that nobody can take: impossible by themselves, or taken by an earlier one already."""
    for route in (move for move in one.step if isinstance(move, Route) and len(move.arms) > 1):
        for place, arm in enumerate(route.arms):
            outcome = journey.activities[one.number - 1].outcomes[arm.outcome].key
            if isinstance(arm.condition, Always):
                continue
            why = _why_dead(journey, one, route.arms[:place], arm.condition)
            if why:
                yield _problem(problems.DEAD_PATH, f"Path {outcome} of {one.key}: {why}", journey, one, "outcomes")


def _why_dead(journey: Journey, one: PlannedActivity, earlier: Sequence[Arm], condition: Condition) -> str:
    if is_never(condition):
        return "its criteria contradict themselves, so nobody takes it."
    can_be_told = sum(len(leaves_of(one)) for one in (condition, *(arm.condition for arm in earlier))) <= _MOST_LEAVES
    for arm in earlier:
        key = journey.activities[one.number - 1].outcomes[arm.outcome].key
        if arm.condition == condition:
            return f"path {key} before it has the same criteria, so nobody comes to it."
        if can_be_told and leaves_nobody([arm.condition], condition):
            return f"path {key} before it takes everybody who fulfils its criteria, so nobody comes to it."
    if can_be_told and leaves_nobody([arm.condition for arm in earlier], condition):
        return "the paths before it take everybody who fulfils its criteria, so nobody comes to it."
    return ""


def _closed_doors(plan: Plan) -> Iterator[Problem]:
    """Entry, goal and exit criteria that nobody can ever fulfil."""
    doors = {
        "Entry criteria": (plan.entry.condition, "triggers", "nobody can enter"),
        "Goal": (plan.goal.condition if plan.goal else None, "goals", "nobody can meet it"),
        "Exit criteria": (plan.exit, "exits", "nobody leaves by them"),
    }
    for name, (condition, path, effect) in doors.items():
        if condition is not None and is_never(condition):
            yield problem(problems.DEAD_PATH, f"{name}: the conditions contradict themselves, so {effect}.", path=path)


def _past_dates(journey: Journey, one: PlannedActivity, now: int) -> Iterator[Problem]:
    park = park_of(one.step)
    if park is not None and isinstance(park.until, Fixed) and park.until.instant < now:
        told = f"Wait {one.key}: its date is past, so it holds nobody."
        yield _problem(problems.DATE_PAST, told, journey, one, "configurationArguments.specificDate")


def _empty_words(journey: Journey, plan: Plan, one: PlannedActivity, catalog: Catalog) -> Iterator[Problem]:
    """Personalisation by fields that may have no value, which then leaves a hole in the text."""
    for effect in _messages(one):
        for parameter, value in zip(effect.form.parameters, effect.values, strict=True):
            name = value.name if isinstance(value, ProfileField) else _name_of_nullable(_field(value, plan, catalog))
            if name:
                told = f"Message {one.key}: {parameter.original} is empty for whoever has no {name}."
                yield _problem(problems.MAY_BE_EMPTY, told, journey, one, "configurationArguments")


def _name_of_nullable(field: Field | None) -> str:
    """The name of a field that may have no value; empty for any other."""
    if field is None or not field.is_nullable or field.default is not None or field.is_primary_key:
        return ""
    return field.name


def _field(value: Value, plan: Plan, catalog: Catalog) -> Field | None:
    """The declared field that a value comes from, as far as it comes from one."""
    match value:
        case EventField(name):
            starts = (one for one in catalog.events if one.number == plan.entry.event_definition)
            extension = next((one.extension for one in starts), None)
        case AttributeField(number, name):
            extension = next((one for one in catalog.extensions if one.number == number), None)
        case _:
            return None
    return extension.schema.find(name) if extension is not None else None


def _night_sends(journey: Journey, plan: Plan, now: int) -> Iterator[Problem]:
    """Messages that follow at once on something that happens at night, and that no black-out window holds back."""
    for origin, starts, at, zone in _instants(plan, now):
        hour = zones.local_time(at, zone).hour
        if NIGHT[1] <= hour < NIGHT[0]:
            continue
        for one in _sends_behind(plan, starts, at):
            after = "the audience is let in" if origin == _ENTRY else f"wait {origin} is over"
            told = f"Message {one.key} is sent at night: {after} at {hour:02}:00 or later in that hour."
            yield _problem(problems.NIGHT_SEND, told, journey, one, "")


def _instants(plan: Plan, now: int) -> Iterator[tuple[str, list[int], int, tzinfo]]:
    """(what happens, the activities behind it, an instant at which it may, the zone) of all that has a time of day."""
    zone = moments.fixed_zone(plan.offset_minutes)
    audience = plan.entry.audience
    if audience is not None and audience.date_rule is not None:
        yield _ENTRY, [plan.start], moments.start_of_day(now, zone), zone
    elif audience is not None and audience.schedule is not None:
        following = audience.schedule.next_after(now)
        if following is not None:
            yield _ENTRY, [plan.start], following, zone
    for one in plan.activities:
        park = park_of(one.step)
        found = None if park is None else _instant(park, now, zone)
        if found is not None:
            yield one.key, [number for number in one.nexts if number is not None], *found


def _instant(park: Park, now: int, account: tzinfo) -> tuple[int, tzinfo] | None:
    match park.until:
        case Span(_, _, time_of_day, name) | At(_, _, _, time_of_day, name) if time_of_day:
            zone = moments.zone_of(name) if name else account
            return moments.at_time_of_day(now, time_of_day, zone), zone
        case Fixed(instant):
            return instant, account
        case _:
            return None


def _sends_behind(plan: Plan, starts: list[int], at: int) -> list[PlannedActivity]:
    """The messages that are sent before anybody rests again, if that begins at an instant."""
    seen, ahead = set[int](), list(starts)
    while ahead:
        number = ahead.pop()
        if number in seen or blocks(plan.activity(number).step):
            continue
        seen.add(number)
        ahead += [following for following in plan.activity(number).nexts if following is not None]
    found = (plan.activity(number) for number in sorted(seen))
    return [one for one in found if any(end_of(effect.quiet, at) is None for effect in _messages(one))]


def _messages(one: PlannedActivity) -> list[Effect]:
    return [move.effect for move in one.step if isinstance(move, Emit) and isinstance(move.effect, Effect)]


def _endless_loops(journey: Journey, plan: Plan) -> Iterator[Problem]:
    """Loops that only an event keeps going, in a journey that nothing makes anybody leave."""
    if plan.exit is not None or (plan.goal is not None and plan.goal.ends):
        return
    for keys in graph_of(journey).loops():
        one = next(found for found in plan.activities if found.key == keys[0])
        told = f"The loop through {', '.join(keys)} goes round as often as its event comes; nothing bounds it."
        yield _problem(problems.ENDLESS_LOOP, told, journey, one, "outcomes")


def _problem(code: str, told: str, journey: Journey, one: PlannedActivity, where: str) -> Problem:
    path = ".".join(filter(None, (f"activities[{one.key}]", where)))
    return problem(code, told, path=path, activity=journey.activities[one.number - 1])
