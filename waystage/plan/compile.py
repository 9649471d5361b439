"""Document and kinds become a plan, or the problems that prevent one; all of them at once (journey-spec 10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from waystage.plan import departures, engagement, single_sends, waits
from waystage.plan import expressions as e
from waystage.plan.advice import advise
from waystage.plan.audiences import Audience
from waystage.plan.catalog import Catalog, EventDefinition
from waystage.plan.criteria import Compiler
from waystage.plan.kinds import ActivityType, TriggerType
from waystage.plan.moves import Park, Reason, Route, Span, Step
from waystage.plan.outputs import without_unread_outputs
from waystage.plan.plans import Entry, EntryMode, Plan, PlannedActivity
from waystage.plan.readings import Reading, Readings
from waystage.plan.values import Bound, Resolver, UnknownName
from waystage.spec import bindings, criteria, problems
from waystage.spec.criteria_tree import CriteriaError
from waystage.spec.document import Activity, Journey
from waystage.spec.fields import FieldType
from waystage.spec.graph import Graph, graph_of
from waystage.spec.moments import Unit
from waystage.spec.problems import Problem

#: Fields and values in all criteria of a journey: SQLite takes 32,766 parameters in a statement.
_MOST_VALUES = 25_000
_MODES = {mode.value.casefold(): mode for mode in EntryMode}


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every activity type and trigger that is installed, by folded type and alias."""

    activities: Mapping[str, ActivityType]
    triggers: Mapping[str, TriggerType]
    test_wait_seconds: int = 10
    """How long every wait lasts in test mode (contract 26)."""
    calls: bool = True
    """Whether custom activities call their services; a simulation calls nobody."""

    def activity(self, type_: str) -> ActivityType | None:
        """The activity type of this name."""
        return self.activities.get(type_.casefold())

    def trigger(self, type_: str) -> TriggerType | None:
        """The trigger type of this name."""
        return self.triggers.get(type_.casefold())


@dataclass(frozen=True, slots=True)
class Identity:
    """Which version is compiled: its number, its journey's number, its business unit and its definition id."""

    version: int = 0
    journey: int = 0
    account: int = 0
    definition_id: str = ""
    former_mode: str | None = None
    """The entry mode of an earlier published version, which limits the choice (journey-spec 1.4)."""
    winners: Mapping[int, int] = field(default_factory=dict)
    """What has been decided so far: activity number to the outcome that won (journey-spec 3.8)."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The plan, or None if there are errors; and everything that was found."""

    plan: Plan | None
    problems: tuple[Problem, ...]
    readings: Readings = field(default_factory=dict)
    """The comparisons of all criteria as they are written."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What prevents publication."""
        return tuple(found for found in self.problems if found.severity == "Error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What does not."""
        return tuple(found for found in self.problems if found.severity == "Warning")


@dataclass(slots=True)
class _Site:
    """See `plan.kinds.Site`; one per compilation."""

    journey: Journey
    graph: Graph
    catalog: Catalog
    event: EventDefinition | None
    resolver: Resolver
    found: list[problems.Problem] = field(default_factory=list)
    activity: Activity | None = None
    values: int = 0
    readings: dict[e.Condition, Reading] = field(default_factory=dict)
    winners: Mapping[int, int] = field(default_factory=dict)
    calls: bool = True

    def problem(self, code: str, message: str, path: str = "") -> None:
        """See `Site.problem`."""
        self.found.append(problems.problem(code, message, path=path, activity=self.activity))

    def condition(self, criteria_xml: str, path: str, code: str = "") -> e.Condition:
        """See `Site.condition`."""
        code = code or (problems.DECISION_SPLIT if self.activity else problems.TRIGGER_UNUSABLE)

        def warn(text: str) -> None:
            self.problem(problems.OPERAND_UNREADABLE, text, path)

        compiler = Compiler(self.resolver, warn, self.readings.__setitem__, warn)
        try:
            condition = compiler.condition(criteria.parse(criteria_xml))
            self._count(condition, code, path)
            return condition
        except CriteriaError as error:
            self.problem(code, f"{path}: {error}", path)
        except UnknownName as error:
            self.problem(problems.EXPRESSION, f"{path}: {error}", path)
        return e.Never()

    def _count(self, condition: e.Condition, code: str, path: str) -> None:
        """All values of a plan may come together in one statement, and a database takes only so many."""
        before = self.values
        self.values += len(e.leaves_of(condition))
        if before <= _MOST_VALUES < self.values:
            self.problem(code, f"{path}: the criteria of a journey may name {_MOST_VALUES} fields and values.", path)

    def bound(self, text: str, path: str) -> Bound:
        """See `Site.bound`."""
        try:
            return self.resolver.template(bindings.parse(text))
        except (bindings.BindingError, UnknownName) as error:
            self.problem(problems.EXPRESSION, f"{path}: {error}", path)
        return Bound(e.Literal(None))

    def address(self) -> e.Value:
        """See `Site.address`."""
        try:
            return self.resolver.address()
        except UnknownName as error:
            self.problem(problems.DEFAULT_ADDRESS_INVALID, f"defaults.email: {error}", "defaults.email")
        return e.Literal(None)

    def mobile_number(self, own: Bound | None = None) -> e.Value:
        """See `Site.mobile_number`."""
        try:
            return self.resolver.mobile_number(own)
        except UnknownName as error:
            text = f"defaults.mobileNumber: {error}"
            self.problem(problems.DEFAULT_ADDRESS_INVALID, text, "defaults.mobileNumber")
        return e.Literal(None)

    @property
    def offset(self) -> int:
        """See `Site.offset`."""
        return self.catalog.offset_minutes

    def number_of(self, activity_key: str) -> int | None:
        """See `Site.number_of`."""
        return self.graph.keys.index(activity_key) + 1 if activity_key in self.graph.successors else None

    def winner(self, activity_key: str) -> int | None:
        """See `Site.winner`."""
        return self.winners.get(self.number_of(activity_key) or 0)


def compile_journey(
    journey: Journey, kinds: Kinds, catalog: Catalog, identity: Identity, *, anyway: bool = False
) -> Compiled:
    """Compile one document; pure, and linear in its size.

    `anyway` makes a plan in spite of errors, for a version that was published without any and has since lost
    something that it names: contacts inside must be able to finish.
    """
    site = _site(journey, kinds, catalog)
    site.winners = identity.winners
    _check_shape(site)
    mode = _entry_mode(site, identity)
    everywhere, site.resolver = site.resolver, replace(site.resolver, awaited=())
    condition = _entry_condition(site, kinds)
    site.resolver = everywhere
    audience = _audience(site, kinds)
    planned = engagement.with_newest_sends([_activity(site, kinds, activity) for activity in journey.activities])
    goal, (leaving, at_once) = departures.goal_of(site), departures.exit_of(site)
    departing = [one for one in (goal.condition if goal else None, leaving) if one is not None]
    activities = without_unread_outputs(planned, departing)
    is_single = journey.definition_type == "Quicksend"
    if is_single:
        single_sends.check(site, activities, audience)
    start = site.number_of(site.graph.start) if site.graph.start is not None else None
    _check_numbers(site)
    site.found.extend(engagement.check(journey, site.graph, activities))
    site.found.extend(advise(journey, site.graph, activities))
    refused = not anyway and any(found.severity == "Error" for found in site.found)
    if start is None or site.event is None or refused:
        return Compiled(None, tuple(site.found))
    entry = Entry(site.event.number, condition, mode, audience)
    plan = Plan(
        identity.version, identity.journey, identity.account, identity.definition_id, catalog.offset_minutes,
        entry, start, activities, goal, leaving, is_single, at_once,
    )  # fmt: skip
    return Compiled(plan, tuple(site.found), site.readings)


def _site(journey: Journey, kinds: Kinds, catalog: Catalog) -> _Site:
    event = _event(journey, catalog)
    outputs = {
        activity.key: (number, given)
        for number, activity in enumerate(journey.activities, start=1)
        if (kind := kinds.activity(activity.type)) and (given := _outputs(kind, activity))
    }
    awaited = [catalog.event("key", key) for one in journey.activities if (key := waits.event_key(one))]
    resolver = Resolver(catalog, event, journey, outputs, awaited=tuple(one for one in awaited if one is not None))
    return _Site(journey, graph_of(journey), catalog, event, resolver, calls=kinds.calls)


def _outputs(kind: ActivityType, activity: Activity) -> Mapping[str, FieldType]:
    return kind.outputs_of(activity) if kind.outputs_of is not None else kind.outputs


def _event(journey: Journey, catalog: Catalog) -> EventDefinition | None:
    """The first reference that exists; where an id and a key disagree the id wins (journey-spec 2.1)."""
    if journey.trigger is None:
        return None
    named = journey.references_of(journey.trigger)
    found = (catalog.event(reference.by, reference.text) for reference in named)
    return next((event for event in found if event is not None), None)


def _check_shape(site: _Site) -> None:
    journey, graph = site.journey, site.graph
    if not journey.activities:
        site.problem(problems.NO_ACTIVITIES, "The journey has no activity.", "activities")
    for key, place, following in graph.dangling:
        site.problem(
            problems.NEXT_UNKNOWN,
            f"Activity {key}: outcome {place + 1} leads to {following}, which does not exist.",
            f"activities[{key}].outcomes[{place}].next",
        )
    if journey.activities and graph.start is None:
        site.problem(
            problems.UNREACHABLE, f"Several activities could be the start: {', '.join(graph.roots)}.", "activities"
        )
    for key in graph.unreachable:
        site.problem(problems.UNREACHABLE, f"Activity {key} cannot be reached from the start.", f"activities[{key}]")
    for loop in graph.loops([one.key for one in journey.activities if waits.event_key(one)]):
        site.problem(problems.LOOP, f"The activities {', '.join(loop)} form a loop without a wait until event.")


def _check_numbers(site: _Site) -> None:
    count = len(site.journey.activities)
    if count > 100:
        site.problem(problems.MANY_ACTIVITIES, f"The journey has {count} activities; 100 are advised at most.")


def _entry_mode(site: _Site, identity: Identity) -> EntryMode:
    """journey-spec 1.4: NotSet counts as after-exit, and once no re-entry was chosen it stays."""
    wanted = site.journey.entry_mode
    if identity.former_mode == EntryMode.ONCE and _MODES.get(wanted.casefold()) is not EntryMode.ONCE:
        site.problem(
            problems.ENTRY_MODE_CHANGE, f"The entry mode was OnceAndDone and cannot become {wanted}.", "entryMode"
        )
    if site.journey.definition_type != "Multistep":
        return EntryMode.ANYTIME
    if site.journey.is_test and _MODES.get(wanted.casefold()) is EntryMode.ONCE:
        site.problem(problems.ENTRY_MODE_CHANGE, "Test mode does not support the entry mode OnceAndDone.", "entryMode")
    mode = _MODES.get(wanted.casefold())
    if mode is None:
        site.problem(problems.ENTRY_MODE_NOT_SET, "entryMode is not set; re-entry after exit is assumed.", "entryMode")
    return mode or EntryMode.AFTER_EXIT


def _entry_condition(site: _Site, kinds: Kinds) -> e.Condition:
    trigger = site.journey.trigger
    if trigger is None or len(site.journey.triggers) > 1:
        count = len(site.journey.triggers)
        site.problem(problems.TRIGGER_UNUSABLE, f"The journey has {count} triggers; exactly one is needed.", "triggers")
        return e.Never()
    if trigger.is_unconfigured:
        site.problem(problems.TRIGGER_UNUSABLE, "The trigger is not configured.", "triggers[0].configurationArguments")
    if site.event is None:
        references = site.journey.references_of(trigger)
        named = ", ".join(reference.text for reference in references) or "none is named"
        site.problem(problems.TRIGGER_UNUSABLE, f"The event definition was not found: {named}.", "triggers[0]")
        return e.Never()
    if site.event.extension is None or not site.event.extension.schema.contact_field:
        site.problem(
            problems.DATA_EXTENSION,
            f"Event definition {site.event.key}: its data extension is missing or has no sendable field.",
            "triggers[0]",
        )
    kind = kinds.trigger(trigger.type)
    if kind is None:
        site.problem(problems.TRIGGER_UNUSABLE, f"Trigger type {trigger.type} is unknown.", "triggers[0].type")
        return e.Never()
    return kind.entry(trigger, site)


def _audience(site: _Site, kinds: Kinds) -> Audience | None:
    trigger, event = site.journey.trigger, site.event
    kind = kinds.trigger(trigger.type) if trigger is not None else None
    if kind is None or kind.audience is None or event is None or event.extension is None:
        return None
    return kind.audience(event, event.extension, site)


def _activity(site: _Site, kinds: Kinds, activity: Activity) -> PlannedActivity:
    site.activity = activity
    site.resolver = replace(site.resolver, earlier=_earlier(site.graph, activity.key))
    step = _step(site, kinds, activity)
    if site.journey.is_test:
        step = _shortened(step, kinds.test_wait_seconds)
    site.activity = None
    nexts = tuple(site.number_of(outcome.next) if outcome.next else None for outcome in activity.outcomes)
    return PlannedActivity(site.number_of(activity.key) or 0, activity.key, activity.type, step, nexts)


def _shortened(step: Step, seconds: int) -> Step:
    """In test mode every wait lasts a few seconds, also the longest time for an event (journey-spec 8.10)."""
    short = Span(seconds, Unit.SECONDS.value)
    return tuple(replace(move, until=short) if isinstance(move, Park) and move.is_wait else move for move in step)


def _earlier(graph: Graph, key: str) -> frozenset[str]:
    """The activities from which a path leads to this one."""
    found: set[str] = set()
    behind = list(graph.predecessors.get(key, ()))
    while behind:
        one = behind.pop()
        if one not in found:
            found.add(one)
            behind.extend(graph.predecessors[one])
    return frozenset(found)


def _step(site: _Site, kinds: Kinds, activity: Activity) -> Step:
    kind = kinds.activity(activity.type)
    if not activity.is_configured:
        site.problem(problems.ACTIVITY_NOT_CONFIGURED, f"Activity {activity.key} is not configured.")
    return kind.step(activity, site) if kind is not None else _pass_through(site, activity)


def _pass_through(site: _Site, activity: Activity) -> Step:
    """Unknown types are kept: one outcome is passed, of several none can be chosen (journey-spec 3.2)."""
    site.problem(problems.ACTIVITY_TYPE_UNKNOWN, f"Activity {activity.key}: type {activity.type} is unknown.")
    if len(activity.outcomes) <= 1:
        return (Route.to(),)
    return (Route((), otherwise=Reason.ERROR),)
