"""Who leads to whom in a journey: start, dangling and unreachable parts, loops; every question in linear time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from waystage.spec.document import Journey

Edges = Mapping[str, tuple[str, ...]]


class Dangling(NamedTuple):
    """An outcome whose `next` names no activity; `place` is its position among the activity's outcomes."""

    activity_key: str
    place: int
    next: str


@dataclass(frozen=True, slots=True)
class Graph:
    """The activities of a journey as keys in document order, and the edges that their outcomes draw."""

    keys: tuple[str, ...]
    successors: Edges
    predecessors: Edges
    dangling: tuple[Dangling, ...]
    named_start: str | None = None

    @property
    def roots(self) -> tuple[str, ...]:
        """The activities that no outcome leads to."""
        return tuple(key for key in self.keys if not self.predecessors[key])

    @property
    def terminals(self) -> tuple[str, ...]:
        """The activities whose outcomes lead nowhere."""
        return tuple(key for key in self.keys if not self.successors[key])

    @property
    def start(self) -> str | None:
        """Where contacts enter; None without activities or where several could be it (journey-spec 2.1).

        In this order: what the trigger's first outcome names, the only root, and, in a graph without any root, the
        first activity of the list (contract 28).
        """
        if self.named_start is not None:
            return self.named_start
        roots = self.roots
        if len(roots) == 1:
            return roots[0]
        return None if roots or not self.keys else self.keys[0]

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The activities that no path from the start reaches; empty where there is no one start."""
        start = self.start
        if start is None:
            return ()
        reached = self.reachable(start) | {start}
        return tuple(key for key in self.keys if key not in reached)

    def reachable(self, key: str) -> frozenset[str]:
        """The activities to which a path of at least one step leads from `key`."""
        found: set[str] = set()
        ahead = list(self.successors[key])
        while ahead:
            reached = ahead.pop()
            if reached not in found:
                found.add(reached)
                ahead.extend(self.successors[reached])
        return frozenset(found)

    def topological_order(self) -> tuple[str, ...]:
        """Every key once; along every edge that is part of no loop the earlier activity comes first."""
        done: list[str] = []
        seen: set[str] = set()
        begin = self.start
        for key in (*reversed(self.keys), *((begin,) if begin else ())):
            if key not in seen:
                seen.add(key)
                done.extend(_finished(key, self.successors, seen))
        return tuple(reversed(done))

    def loops(self, blocking: Collection[str] = ()) -> tuple[tuple[str, ...], ...]:
        """The loops that pass no activity of `blocking`: per tangle of loops its keys in document order."""
        stopped = frozenset(blocking)
        edges = {
            key: tuple(ahead for ahead in self.successors[key] if ahead not in stopped)
            for key in self.keys
            if key not in stopped
        }
        place = {key: number for number, key in enumerate(self.keys)}
        tangles = (
            tuple(sorted(part, key=place.__getitem__))
            for part in _strong_parts(edges)
            if len(part) > 1 or part[0] in edges[part[0]]
        )
        return tuple(sorted(tangles, key=lambda part: place[part[0]]))


def graph_of(journey: Journey) -> Graph:
    """The graph of a journey; of several activities with one key only the first counts."""
    activities = {activity.key: activity for activity in reversed(journey.activities)}
    keys = tuple(dict.fromkeys(activity.key for activity in journey.activities))
    successors: dict[str, tuple[str, ...]] = {}
    predecessors: dict[str, list[str]] = {key: [] for key in keys}
    dangling: list[Dangling] = []
    for key in keys:
        named = [(place, outcome.next) for place, outcome in enumerate(activities[key].outcomes) if outcome.next]
        successors[key] = tuple(dict.fromkeys(ahead for _, ahead in named if ahead in activities))
        dangling.extend(Dangling(key, place, ahead) for place, ahead in named if ahead not in activities)
        for ahead in successors[key]:
            predecessors[ahead].append(key)
    start = journey.trigger.start_key if journey.trigger else None
    return Graph(
        keys,
        successors,
        {key: tuple(before) for key, before in predecessors.items()},
        tuple(dangling),
        start if start in activities else None,
    )


def _finished(root: str, edges: Edges, seen: set[str]) -> Iterator[str]:
    """The not yet seen keys below `root` in the order in which a depth-first search is done with them."""
    path = [(root, iter(edges[root]))]
    while path:
        key, ahead = path[-1]
        for reached in ahead:
            if reached not in seen:
                seen.add(reached)
                path.append((reached, iter(edges[reached])))
                break
        else:
            path.pop()
            yield key


def _strong_parts(edges: Edges) -> Iterator[list[str]]:
    """The strongly connected parts (Kosaraju: finish order forwards, then collect backwards)."""
    seen: set[str] = set()
    order: list[str] = []
    backwards: dict[str, list[str]] = {key: [] for key in edges}
    for key, ahead in edges.items():
        for reached in ahead:
            backwards[reached].append(key)
        if key not in seen:
            seen.add(key)
            order.extend(_finished(key, edges, seen))
    turned = {key: tuple(before) for key, before in backwards.items()}
    seen = set()
    for key in reversed(order):
        if key not in seen:
            seen.add(key)
            yield list(_finished(key, turned, seen))
