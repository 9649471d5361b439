"""The five moves: the whole instruction set of the engine on one page.

A step (a compiled activity) is a tuple of moves, carried out in order for all instances of a batch together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from waystage.plan.effects import Call, Effect
from waystage.plan.expressions import Always, Condition, Value


class Reason(StrEnum):
    """Why a passage ended (journey-spec 9.2)."""

    END_OF_PATH = "EndOfPath"
    MET_GOAL = "MetGoal"
    MET_EXIT_CRITERIA = "MetExitCriteria"
    EJECTED = "Ejected"
    STOPPED = "Stopped"
    ERROR = "Error"
    CONTACT_DELETED = "ContactDeleted"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time from an arrival, with calendar units counted in the account's zone (journey-spec 3.3).

    `time_of_day` ("HH:mm" in `zone`) extends it to the first instant at or after its end with that local time.
    """

    amount: int
    unit: str
    time_of_day: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """One instant for everybody; in the past it means at once."""

    instant: int


@dataclass(frozen=True, slots=True)
class At:
    """An instant of each instance's own: a date, moved by a signed offset (journey-spec 3.3, attribute).

    `value` is a date in ms, or a text to be read as one. `time_of_day` ("HH:mm" in `zone`) replaces that of the date.
    Whoever has no readable date rests no longer than an instant that is past.
    """

    value: Value
    amount: int = 0
    unit: str = "days"
    time_of_day: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """When a contest of paths is decided (journey-spec 3.8): everybody rests until then, whenever it is.

    It is decided when `period` has passed since the publication, by what people did with the messages of each path
    (`metric`); without a period somebody decides.
    """

    period: Span | None
    metric: str


@dataclass(frozen=True, slots=True)
class Within:
    """A random instant of each instance's own, less than `length` ms from its arrival (journey-spec 3.9)."""

    length: int


@dataclass(frozen=True, slots=True)
class Reply:
    """For as long as the answer to the call takes that was just emitted (design 8.16)."""


Until: TypeAlias = Span | Fixed | At | Verdict | Within | Reply

#: When whoever waits for a reply is due: behind every instant that a clock can show.
NEVER_DUE = 2**62


@dataclass(frozen=True, slots=True)
class Hearing:
    """What releases the set before its time: an event of `definition` for the contact that fulfils `condition`."""

    definition: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Park:
    """The set rests until an instant, counted once from the arrival, or until an event is heard.

    `outputs` are the names under which that instant is given out.
    """

    until: Until
    hears: Hearing | None = None
    outputs: tuple[str, ...] = ()

    @property
    def is_wait(self) -> bool:
        """Whether it is a wait in the sense of the Journey Spec: goals and exit criteria are looked at behind it."""
        return not isinstance(self.until, Reply)

    @property
    def can_be_released(self) -> bool:
        """Whether something else than time may end the rest."""
        return self.hears is not None or isinstance(self.until, Reply)


@dataclass(frozen=True, slots=True)
class Emit:
    """One effect per instance: a message is written to the outbox, a call to the calls that are to be made.

    `outputs` are the names under which the effect's own name outside (its request id) is given out.
    """

    effect: Effect | Call
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """Fields of the contact's row in `extension` are set (journey-spec 3.12).

    `key` has the values of the primary key where they are known, and then means that one row; None means every row of
    the contact. `whole` are the members of a new row for a contact that has none; without it a warning is noted and
    the instance goes on.
    """

    extension: int
    fields: tuple[tuple[str, Value], ...]
    key: tuple[Value, ...] | None
    whole: tuple[tuple[str, Value], ...] | None


@dataclass(frozen=True, slots=True)
class Arm:
    """One way out of a route: the outcome (0-based place in the document) if the condition is the first true one."""

    outcome: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Route:
    """The outcome of the first true arm is taken; if none is true the passage ends with `otherwise`.

    None instead of a reason: whoever takes no arm goes on with the next move of the step. `outputs` are given out under
    their names: (name, one value per outcome).
    """

    arms: tuple[Arm, ...]
    otherwise: Reason | None = Reason.END_OF_PATH
    outputs: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    @classmethod
    def to(cls, outcome: int = 0) -> Route:
        """The route of an activity that leaves no choice."""
        return cls((Arm(outcome, Always()),))


@dataclass(frozen=True, slots=True)
class Leave:
    """The set's passages end here."""

    reason: Reason


Move: TypeAlias = Park | Emit | Write | Route | Leave
Step: TypeAlias = tuple[Move, ...]


def park_of(step: Step) -> Park | None:
    """The rest of a step; there is one at most."""
    return next((move for move in step if isinstance(move, Park)), None)


def stops(step: Step) -> bool:
    """Whether everybody who comes to this step rests at it, so that no hop goes through."""
    first = next((move for move in step if isinstance(move, Park | Route)), None)
    return isinstance(first, Park)


def blocks(step: Step) -> bool:
    """Whether instances may rest at this step."""
    return park_of(step) is not None
