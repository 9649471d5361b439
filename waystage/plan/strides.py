"""Strides: how far a batch runs in one go, as a tree of choices whose leaves are the ways it can take.

A hop is one stride, or several if contact data is written and looked at again on the way, or if the ways are too many.
Because every way is known beforehand, a batch needs one statement per choice tree, per effect and per target, however
many contacts it holds (design 2, fused hops).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from waystage.plan.effects import Call, Effect, values_of
from waystage.plan.expressions import (
    Always,
    Condition,
    Expression,
    Heard,
    OutputField,
    Value,
    leaves_of,
    reads_event,
)
from waystage.plan.looks import DEPARTURES, passing
from waystage.plan.moves import Arm, Emit, Leave, Move, Park, Reason, Route, Until, Write, park_of, stops
from waystage.plan.plans import Plan, PlannedActivity

#: Ways of one stride beyond which it is cut; keeps the CASE of a statement small.
MOST_LEAVES = 48
#: Choices one behind the other in a stride beyond which it is cut; keeps the nesting of a statement shallow.
MOST_CHOICES = 8
#: Activities passed in one stride beyond which it is cut.
MOST_VISITS = 64


class Cause(StrEnum):
    """How a set comes to the start of a stride: it walks in, its time was over, or an event released it."""

    ARRIVED = "arrived"
    DUE = "due"
    HEARD = "heard"


@dataclass(frozen=True, slots=True)
class Rest:
    """The set comes to rest at an activity."""

    activity: int
    until: Until


@dataclass(frozen=True, slots=True)
class End:
    """The set's passages end."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Onward:
    """The set goes on at an activity, in another stride of the same hop."""

    activity: int


Ending: TypeAlias = Rest | End | Onward
Visit: TypeAlias = tuple[int, int]
Outputs: TypeAlias = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One way through a stride: the (activity, outcome) pairs passed, and where it comes to."""

    number: int
    visits: tuple[Visit, ...]
    ending: Ending


@dataclass(frozen=True, slots=True)
class Branch:
    """A choice: the first arm whose condition is true, else `otherwise`. `activity` is where it is made."""

    activity: int
    arms: tuple[tuple[Condition, Node], ...]
    otherwise: Node | None
    departs: bool = False
    """Whether it is about goal and exit criteria."""


Node: TypeAlias = Leaf | Branch


@dataclass(frozen=True, slots=True)
class Emission:
    """An effect of an activity, written for the instances that take one of these leaves.

    `outputs` are the names under which its request id is kept.
    """

    activity: int
    effect: Effect | Call
    leaves: tuple[int, ...]
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writing:
    """A change of contact data by an activity, for the instances that take one of these leaves."""

    activity: int
    write: Write
    leaves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Giving:
    """Outputs of an activity: for each leaf the (name, value) pairs it gives out."""

    activity: int
    values: tuple[tuple[int, Outputs], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a choice of those who take one of these leaves looks at and has to be kept; `place` as in plan.looks."""

    place: int
    values: tuple[Expression, ...]
    leaves: tuple[int, ...]


Deed: TypeAlias = Emission | Giving


@dataclass(frozen=True, slots=True)
class Stride:
    """Everything the engine does with a batch that starts at one activity: its deeds, then its writings.

    `deeds` (effects and outputs) stand in the order in which they are passed, so that each sees the outputs of those
    before it and not of those after it. `goal` is the leaf of those who leave because they have met it.
    """

    tree: Node
    leaves: tuple[Leaf, ...]
    deeds: tuple[Deed, ...]
    writings: tuple[Writing, ...]
    goal: int | None = None
    looks: tuple[Look, ...] = ()


def chooses_by_event(node: Node) -> bool:
    """Whether the entry data is needed to choose a way."""
    if not isinstance(node, Branch):
        return False
    inner = [arm for _, arm in node.arms] + ([node.otherwise] if node.otherwise else [])
    return any(reads_event(condition) for condition, _ in node.arms) or any(map(chooses_by_event, inner))


def event_readers(way: Stride) -> int:
    """How many statements of a stride need the entry data: its choice and its effects."""
    effects = [deed.effect for deed in way.deeds if isinstance(deed, Emission)]
    return chooses_by_event(way.tree) + sum(any(map(reads_event, values_of(one))) for one in effects)


@dataclass(slots=True)
class _Walk:
    """One enumeration of the ways from a start; the lists collect what happens on them."""

    plan: Plan
    cause: Cause
    leaves: list[Leaf] = field(default_factory=list)
    emitted: dict[tuple[int, Emit], list[int]] = field(default_factory=dict)
    written: dict[tuple[int, Write], list[int]] = field(default_factory=dict)
    given: dict[int, list[tuple[int, Outputs]]] = field(default_factory=dict)

    def deeds(self) -> tuple[Deed, ...]:
        """What happens on all ways, in the order in which it is passed."""
        found: list[Deed] = [Giving(activity, tuple(values)) for activity, values in self.given.items()]
        for (activity, emit), leaves in self.emitted.items():
            found.append(Emission(activity, emit.effect, tuple(leaves), emit.outputs))
        return tuple(sorted(found, key=lambda deed: self.plan.rank(deed.activity)))


@dataclass(frozen=True, slots=True)
class _Way:
    """What has been passed on the way to the present place."""

    visits: tuple[Visit, ...] = ()
    emits: tuple[tuple[int, Emit], ...] = ()
    writes: tuple[tuple[int, Write], ...] = ()
    gives: tuple[tuple[int, Outputs], ...] = ()
    choices: int = 0


def stride(plan: Plan, start: int, cause: Cause = Cause.ARRIVED) -> Stride:
    """The stride that begins at activity `start`; a set that has rested there goes on behind the park.

    When a wait ends, the goal and then the exit criteria come before everything else (journey-spec 7.3).
    """
    known = plan._strides.get((start, cause))  # noqa: SLF001 - the plan keeps what was derived from it
    if isinstance(known, Stride):
        return known
    walk = _Walk(plan, cause)
    activity = plan.activity(start)
    if cause is Cause.ARRIVED:
        tree, goal = _run(walk, activity, activity.step, _Way()), None
    else:
        tree = _run(walk, activity, _behind_park(activity.step), _Way())
        park = park_of(activity.step)
        tree, goal = _with_departures(walk, start, tree) if park is None or park.is_wait else (tree, None)
    made = Stride(
        tree,
        tuple(walk.leaves),
        walk.deeds(),
        tuple(Writing(a, write, tuple(leaves)) for (a, write), leaves in walk.written.items()),
        goal,
        _looks(tree),
    )
    plan._strides[(start, cause)] = made  # noqa: SLF001 - as above
    return made


def _behind_park(step: tuple[Move, ...]) -> tuple[Move, ...]:
    place = next(index for index, move in enumerate(step) if isinstance(move, Park))
    return step[place + 1 :]


def _with_departures(walk: _Walk, activity: int, tree: Node) -> tuple[Node, int | None]:
    """The ways of those who leave before they go on, in front of all others; and the leaf of the goal."""
    plan, arms = walk.plan, list[tuple[Condition, Node]]()
    goal = None
    if plan.goal is not None and plan.goal.ends:
        met = _leaf(walk, _Way(), End(Reason.MET_GOAL))
        arms.append((plan.goal.condition, met))
        goal = met.number
    if plan.exit is not None:
        arms.append((plan.exit, _leaf(walk, _Way(), End(Reason.MET_EXIT_CRITERIA))))
    return (Branch(activity, tuple(arms), tree, departs=True) if arms else tree), goal


def _looks(tree: Node) -> tuple[Look, ...]:
    """What has to be kept of the choices of a tree; of goal and exit criteria only for those who leave by them."""
    found: dict[tuple[int, tuple[Expression, ...]], list[int]] = {}

    def walk(node: Node | None) -> list[int]:
        if not isinstance(node, Branch):
            return [] if node is None else [node.number]
        arms = [walk(inner) for _, inner in node.arms]
        leaving = [leaf for leaves in arms for leaf in leaves]
        beneath = leaving + walk(node.otherwise)
        values = passing(condition for condition, _ in node.arms)
        if values:
            place, meant = (DEPARTURES, leaving) if node.departs else (node.activity, beneath)
            found.setdefault((place, values), []).extend(meant)
        return beneath

    walk(tree)
    return tuple(Look(place, values, tuple(sorted(leaves))) for (place, values), leaves in found.items())


def _run(walk: _Walk, activity: PlannedActivity, moves: tuple[Move, ...], way: _Way) -> Node:
    """Carry out the moves of one activity for everybody on this way."""
    number = activity.number
    for place, move in enumerate(moves):
        match move:
            case Emit():
                way = replace(way, emits=(*way.emits, (number, move)))
            case Write():
                way = replace(way, writes=(*way.writes, (number, move)))
            case Park(until):
                return _leaf(walk, way, Rest(number, until))
            case Leave(reason):
                return _leaf(walk, way, End(reason))
            case Route():
                return _choose(walk, activity, move, way, moves[place + 1 :])
    return _leaf(walk, way, End(Reason.END_OF_PATH))


def _choose(walk: _Walk, activity: PlannedActivity, route: Route, way: _Way, rest: tuple[Move, ...]) -> Node:
    """The node of a choice; `rest` is what those do who take no arm of a route that lets them go on."""
    made = _settled(route.arms, walk.cause)
    if not made:
        return _otherwise(walk, activity, route, way, rest)
    if isinstance(made[0].condition, Always):
        return _take(walk, activity, route, made[0].outcome, way)
    too_many = len(walk.leaves) + len(made) + 1 > MOST_LEAVES or way.choices >= MOST_CHOICES
    if too_many and way.visits and activity.step == (route,):
        return _leaf(walk, way, Onward(activity.number))
    way = replace(way, choices=way.choices + 1)
    arms: list[tuple[Condition, Node]] = []
    for arm in made:
        node = _take(walk, activity, route, arm.outcome, way)
        if isinstance(arm.condition, Always):
            return Branch(activity.number, tuple(arms), node)
        arms.append((arm.condition, node))
    return Branch(activity.number, tuple(arms), _otherwise(walk, activity, route, way, rest))


def _settled(arms: tuple[Arm, ...], cause: Cause) -> tuple[Arm, ...]:
    """The arms with what is known of the whole batch put in: whether an event has released it."""
    if cause is Cause.HEARD:
        return tuple(Arm(arm.outcome, Always()) if isinstance(arm.condition, Heard) else arm for arm in arms)
    return tuple(arm for arm in arms if not isinstance(arm.condition, Heard))


def _otherwise(walk: _Walk, activity: PlannedActivity, route: Route, way: _Way, rest: tuple[Move, ...]) -> Node:
    if route.otherwise is None:
        return _run(walk, activity, rest, way)
    return _leaf(walk, way, End(route.otherwise), (activity.number, -1))


def _take(walk: _Walk, activity: PlannedActivity, route: Route, outcome: int, way: _Way) -> Node:
    outputs = tuple((name, values[outcome]) for name, values in route.outputs)
    gives = (*way.gives, (activity.number, outputs)) if outputs else way.gives
    passed = replace(way, visits=(*way.visits, (activity.number, outcome)), gives=gives)
    following = activity.nexts[outcome] if outcome < len(activity.nexts) else None
    if following is None:
        return _leaf(walk, passed, End(Reason.END_OF_PATH))
    then = walk.plan.activity(following)
    if not stops(then.step) and (passed.writes or len(passed.visits) >= MOST_VISITS or _asks(then, passed)):
        return _leaf(walk, passed, Onward(following))
    return _run(walk, then, then.step, passed)


def _asks(activity: PlannedActivity, way: _Way) -> bool:
    """Whether a choice hangs on outputs given on this way: they can be looked at only when they have been stored."""
    given = {giver for giver, _ in way.gives} | {sender for sender, emit in way.emits if emit.outputs}
    return any(
        isinstance(leaf, OutputField) and leaf.activity in given
        for move in activity.step
        if isinstance(move, Route)
        for arm in move.arms
        for leaf in leaves_of(arm.condition)
    )


def _leaf(walk: _Walk, way: _Way, ending: Ending, last: Visit | None = None) -> Leaf:
    number = len(walk.leaves)
    leaf = Leaf(number, (*way.visits, last) if last else way.visits, ending)
    walk.leaves.append(leaf)
    for activity, emit in way.emits:
        walk.emitted.setdefault((activity, emit), []).append(number)
    for activity, write in way.writes:
        walk.written.setdefault((activity, write), []).append(number)
    for activity, outputs in way.gives:
        walk.given.setdefault(activity, []).append((number, outputs))
    return leaf
