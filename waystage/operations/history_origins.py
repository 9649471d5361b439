"""What a row of history is called: the version, activity, trigger or goal that it speaks of, as they were published."""

from __future__ import annotations

from dataclasses import dataclass, field

from waystage.plan.compile import Kinds
from waystage.spec.document import Activity, Journey, parse
from waystage.spec.graph import graph_of
from waystage.store import history_versions
from waystage.store.history_versions import Texts
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Outcome:
    """A way out: its key, and the id of the activity it leads to, None where the path ends."""

    key: str
    next_id: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row happened. `type` is the history's word; `warning` is said of visits to what is only passed."""

    id: str
    key: str
    name: str
    type: str
    outcomes: tuple[Outcome, ...] = ()
    warning: str = ""


UNKNOWN = "The type of this activity is not known, so contacts pass by."

#: The begin and the end of a passage have no name, so downloads leave them out (journey-spec 9.1).
START = Place("", "", "", "startinteractionactivity")
STOP = Place("", "", "", "stopinteractionactivity")


@dataclass(frozen=True, slots=True)
class Origin:
    """A version as history names it; `trigger.outcomes` has the way to the first activity."""

    texts: Texts
    name: str
    key: str
    tags: tuple[str, ...]
    entry_source: str
    trigger: Place
    goal: Place
    exit: Place
    activities: tuple[Place, ...]

    def activity(self, number: int) -> Place:
        """The activity with this 1-based number."""
        return self.activities[number - 1]

    def outcome(self, activity: int, outcome: int) -> Outcome:
        """An outcome of an activity by its place; none is a way out without a name."""
        known = self.activity(activity).outcomes
        return known[outcome] if 0 <= outcome < len(known) else Outcome("", None)


@dataclass(slots=True)
class Origins:
    """The versions of one search, each read when the first row speaks of it."""

    tx: Tx
    kinds: Kinds
    _known: dict[int, Origin] = field(default_factory=dict)

    def of(self, version: int) -> Origin:
        """One version, which must exist."""
        if version not in self._known:
            self.read([version])
        return self._known[version]

    def read(self, versions: list[int]) -> list[Origin]:
        """These versions, in one go."""
        missing = [version for version in versions if version not in self._known]
        for number, texts in history_versions.texts(self.tx, missing).items():
            self._known[number] = origin_of(texts, self.kinds)
        return [self._known[version] for version in versions]


def origin_of(texts: Texts, kinds: Kinds) -> Origin:
    """The words of a version."""
    journey = parse(texts.document)
    activities = tuple(_activity(journey, one, kinds) for one in journey.activities)
    return Origin(
        texts,
        journey.name,
        journey.key,
        journey.tags,
        journey.trigger.type if journey.trigger else "",
        _trigger(journey),
        _criteria(journey.goals[0] if journey.goals else None, "goalcriteriaactivity"),
        _criteria(journey.exits[0] if journey.exits else None, "exitcriteriaactivity"),
        activities,
    )


def _activity(journey: Journey, activity: Activity, kinds: Kinds) -> Place:
    kind = kinds.activity(activity.type)
    outcomes = tuple(Outcome(one.key, _id_of(journey, one.next)) for one in activity.outcomes)
    word, warning = (kind.history_name, kind.warning) if kind else (activity.type, UNKNOWN)
    return Place(activity.id, activity.key, activity.name or activity.key, word.lower(), outcomes, warning)


def _id_of(journey: Journey, key: str | None) -> str | None:
    found = journey.activity(key) if key else None
    return found.id if found else None


def _trigger(journey: Journey) -> Place:
    way = Outcome("", _id_of(journey, graph_of(journey).start))
    trigger = journey.trigger
    if trigger is None:
        return Place("", "", "", "trigger", (way,))
    return Place(trigger.id, trigger.key, trigger.name or trigger.key, "trigger", (way,))


def _criteria(part: object, word: str) -> Place:
    id_, key, name = (str(getattr(part, field, "")) for field in ("id", "key", "name"))
    return Place(id_, key, name or key, word)
