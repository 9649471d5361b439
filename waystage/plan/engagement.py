"""Engagement splits among the other activities: what they look at must be sent before them (journey-spec 3.7, 10.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from waystage.plan.effects import Effect
from waystage.plan.expressions import SENT_IN, Engaged, Hop
from waystage.plan.moves import Emit, Move, Route, blocks
from waystage.plan.plans import PlannedActivity
from waystage.spec import problems
from waystage.spec.document import Journey
from waystage.spec.graph import Graph
from waystage.spec.problems import Problem, problem


def bare(link: str) -> str:
    """An address as clicks are noted and compared: without query and fragment."""
    return link.strip().partition("#")[0].partition("?")[0]


def with_newest_sends(planned: Sequence[PlannedActivity]) -> list[PlannedActivity]:
    """The activities; those of whose sends only the newest counts give out in which hop it was."""
    looked_at = {fact.activity for one in planned for fact in _facts(one) if fact.newest}
    return [
        replace(one, step=tuple(map(_dated, one.step))) if one.number in looked_at else one for one in planned
    ]  # fmt: skip


def _dated(move: Move) -> Move:
    if not isinstance(move, Emit) or not isinstance(move.effect, Effect):
        return move
    return replace(move, effect=replace(move.effect, gives=(*move.effect.gives, (SENT_IN, Hop()))))


def check(journey: Journey, graph: Graph, planned: Sequence[PlannedActivity]) -> Iterator[Problem]:
    """What is wrong, or unwise, about the place of each engagement split."""
    for one in planned:
        for fact in dict.fromkeys(_facts(one)):
            yield from _place(journey, graph, planned, one, planned[fact.activity - 1])


def _facts(one: PlannedActivity) -> Iterator[Engaged]:
    for move in one.step:
        if isinstance(move, Route):
            yield from (arm.condition for arm in move.arms if isinstance(arm.condition, Engaged))


def _place(
    journey: Journey, graph: Graph, planned: Sequence[PlannedActivity], split: PlannedActivity, sender: PlannedActivity
) -> Iterator[Problem]:
    activity = journey.activities[split.number - 1]
    path = f"activities[{split.key}].configurationArguments.refActivityCustomerKey"
    if not any(isinstance(move, Emit) and isinstance(move.effect, Effect) for move in sender.step):
        told = f"Engagement split {split.key}: activity {sender.key} sends no message."
        yield problem(problems.ENGAGEMENT_SPLIT, told, path=path, activity=activity)
    elif split.key not in graph.reachable(sender.key):
        told = f"Engagement split {split.key}: no path leads to it through message {sender.key}."
        yield problem(problems.ENGAGEMENT_SPLIT, told, path=path, activity=activity)
    elif _at_once(planned, sender, split):
        told = f"Engagement split {split.key}: no wait lies between message {sender.key} and it."
        yield problem(problems.WAIT_BEFORE_ENGAGEMENT, told, path=path, activity=activity)


def _at_once(planned: Sequence[PlannedActivity], sender: PlannedActivity, split: PlannedActivity) -> bool:
    """Whether some path leads from the one to the other on which nobody rests."""
    seen, ahead = set[int](), [number for number in sender.nexts if number]
    while ahead:
        number = ahead.pop()
        if number == split.number:
            return True
        if number not in seen and not blocks(planned[number - 1].step):
            ahead += [after for after in planned[number - 1].nexts if after]
        seen.add(number)
    return False
