"""The five moves: the whole instruction set of the engine on one page.

A step (a compiled activity) is a tuple of moves, carried out in order for all instances of a batch together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from waystage.plan.effects import Effect
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


Until: TypeAlias = Span | Fixed


@dataclass(frozen=True, slots=True)
class Park:
    """The set rests until an instant, counted once from the arrival."""

    until: Until


@dataclass(frozen=True, slots=True)
class Emit:
    """One effect per instance is written to the outbox."""

    effect: Effect


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

    `outputs` are given out under their names: (name, one value per outcome).
    """

    arms: tuple[Arm, ...]
    otherwise: Reason = Reason.END_OF_PATH
    outputs: tuple[tuple[str, tuple[int, ...]], ...] = ()

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


def blocks(step: Step) -> bool:
    """Whether instances rest at this step."""
    return any(isinstance(move, Park) for move in step)
