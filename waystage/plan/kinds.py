"""The forms that family members fill in: activity types, triggers, and the examples that are their tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from waystage.plan.audiences import Audience
from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.plan.expressions import Condition, Value
from waystage.plan.moves import Step
from waystage.plan.values import Bound, Resolver
from waystage.spec.document import Activity, Journey, Trigger
from waystage.spec.fields import FieldType
from waystage.spec.graph import Graph


class Site(Protocol):
    """What a family member may ask and report while one journey is compiled."""

    journey: Journey
    graph: Graph
    catalog: Catalog
    event: EventDefinition | None
    resolver: Resolver

    def problem(self, code: str, message: str, path: str = "") -> None:
        """Note what prevents (or, for a warning code, merely troubles) publication, and go on."""
        ...

    def condition(self, criteria_xml: str, path: str, code: str = "") -> Condition:
        """A criteria as a condition, `Always` if it is empty; problems are noted and give `Never`.

        `code` is the problem that criteria are which cannot be read; without it that of a split or of the trigger.
        """
        ...

    def bound(self, text: str, path: str) -> Bound:
        """A text with bindings as a value and the field it comes from; problems are noted and give an absent one."""
        ...

    def address(self) -> Value:
        """The e-mail address of a contact by the journey's defaults; problems are noted."""
        ...

    def mobile_number(self, own: Bound | None = None) -> Value:
        """The mobile number of a contact: `own` if it is usable, else by the journey's defaults; problems are noted."""
        ...

    @property
    def offset(self) -> int:
        """Minutes by which the account's zone is ahead of UTC (contract 33)."""
        ...

    def number_of(self, activity_key: str) -> int | None:
        """The 1-based place of an activity in the document."""
        ...

    @property
    def calls(self) -> bool:
        """Whether services outside may be called; a simulation calls none."""
        ...

    def winner(self, activity_key: str) -> int | None:
        """The outcome that has won the contest of an activity; None while it is not decided (journey-spec 3.8)."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """A runnable example of an activity type: documentation, and a test on every database.

    `given` is the configuration; `outcomes` the outcome documents, whose `next` is filled in with a long wait.
    `contacts` maps names to entry data. In texts of `given` and `arguments`, `{event}` stands for the key of the event
    definition and `{extension}` for the id of its data extension, which has the fields ContactKey, EmailAddress,
    FirstName, Score (Number), Tier, Total (Decimal), Day (Date), Paid (Boolean) and Colour (default: red).

    The script is a list of words: `enter` (all contacts at once), an ISO duration such as `P2D` that passes,
    `to <instant>`, `event <contact>` (the same event once more), or `open <contact>` and `click <contact> <url>` (the
    newest message that it was sent), or `answer <contact> <body>` (what a custom activity answers with status 200). The
    trail says where each contact is after each word: nothing before the entry, `waiting`, the key of the outcome by
    which it left (`a|b`: either), or `ended` if it left by none.
    """

    title: str
    given: Mapping[str, Any]
    script: tuple[str, ...]
    trail: Mapping[str, tuple[str, ...]]
    outcomes: tuple[Mapping[str, Any], ...] = ({"key": "on"},)
    contacts: Mapping[str, Mapping[str, Any]] | None = None
    arguments: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] | None = None
    before: tuple[Mapping[str, Any], ...] = ()
    """Activities that contacts pass first, each leading to the next and the last to the one that is shown."""


@dataclass(frozen=True, slots=True)
class ActivityType:
    """One kind of box. `type` and `aliases` are compared without regard to case (journey-spec 3.2).

    `history_name` is the word of the history's activityType (journey-spec 9.1); `outputs` with their types are readable
    later as `{{Interaction.<activity>.<output>}}`.
    """

    type: str
    aliases: tuple[str, ...]
    summary: str
    history_name: str
    step: Callable[[Activity, Site], Step]
    examples: tuple[Example, ...] = ()
    outputs: Mapping[str, FieldType] = field(default_factory=dict)
    outputs_of: Callable[[Activity], Mapping[str, FieldType]] | None = None
    """The outputs of one activity, for a type whose activities declare them."""
    warning: str = ""
    """What history says of every visit, for a type that contacts only pass by."""


@dataclass(frozen=True, slots=True)
class TriggerType:
    """One way in. `entry` gives the condition that an event of the definition must fulfil.

    `audience` says whom the engine lets in by itself; it is asked where the event definition and its data extension
    exist.
    """

    type: str
    aliases: tuple[str, ...]
    summary: str
    entry: Callable[[Trigger, Site], Condition]
    audience: Callable[[EventDefinition, Extension, Site], Audience | None] | None = None
