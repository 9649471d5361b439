"""A plan: one compiled version, everything that the engine needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from waystage.plan.audiences import Audience
from waystage.plan.expressions import Condition
from waystage.plan.moves import Step, park_of, stops


class EntryMode(StrEnum):
    """Whether a contact that has been inside may enter again (journey-spec 1.4)."""

    ONCE = "OnceAndDone"
    AFTER_EXIT = "SingleEntryAcrossAllVersions"
    ANYTIME = "MultipleEntries"


@dataclass(frozen=True, slots=True)
class PlannedActivity:
    """A compiled activity. `number` is its 1-based place in the document; `nexts` names the next one per outcome."""

    number: int
    key: str
    type: str
    step: Step
    nexts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """Who gets in: contacts of an event definition that fulfil `condition`, as the mode allows."""

    event_definition: int
    condition: Condition
    mode: EntryMode
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """What a journey is for: counted once for each passage; `ends` if whoever meets it leaves (journey-spec 7.1)."""

    condition: Condition
    ends: bool
    immediate: bool = False
    """Whether it acts as soon as contact data change, not only when a wait ends and once a day."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One compiled version. `journey` numbers the family of versions; `seed` (the definition id) feeds the shares."""

    version: int
    journey: int
    account: int
    seed: str
    offset_minutes: int
    entry: Entry
    start: int
    activities: tuple[PlannedActivity, ...]
    goal: Goal | None = None
    exit: Condition | None = None
    """Whoever fulfils it when a wait ends leaves (journey-spec 7.2)."""
    single_send: bool = False
    """Whether the version is over as soon as its audience has been let in once (journey-spec 8.11)."""
    exit_at_once: Condition | None = None
    """The part of `exit` that acts as soon as contact data change."""
    _strides: dict[tuple[int, str], object] = field(default_factory=dict, repr=False, compare=False)
    _ranks: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    def activity(self, number: int) -> PlannedActivity:
        """The activity with this 1-based number."""
        return self.activities[number - 1]

    def rank(self, number: int) -> int:
        """The place of an activity in an order in which nobody leads back without resting: earlier ones first."""
        if not self._ranks:
            self._ranks.update(_ranks(self.activities))
        return self._ranks[number]

    @property
    def is_over_once_sent(self) -> bool:
        """Whether the version is a single send that no automation can ask for again."""
        return self.single_send and self.entry.audience is not None and not self.entry.audience.on_signal

    @property
    def awaited(self) -> tuple[int, ...]:
        """Numbers of the event definitions that are waited for."""
        parks = [park_of(activity.step) for activity in self.activities]
        return tuple(sorted({park.hears.definition for park in parks if park is not None and park.hears is not None}))


def _ranks(activities: tuple[PlannedActivity, ...]) -> dict[int, int]:
    """Topological ranks (depth-first, finish order reversed); ways into a rest do not count, as a hop ends there."""
    ahead = {
        one.number: [after for after in one.nexts if after and not stops(activities[after - 1].step)]
        for one in activities
    }
    finished: list[int] = []
    seen: set[int] = set()
    for root, first in ahead.items():
        path = [] if root in seen else [(root, iter(first))]
        seen.add(root)
        while path:
            number, rest = path[-1]
            after = next((one for one in rest if one not in seen), None)
            if after is None:
                finished.append(number)
                path.pop()
            else:
                seen.add(after)
                path.append((after, iter(ahead[after])))
    return {number: rank for rank, number in enumerate(reversed(finished))}
