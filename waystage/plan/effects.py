"""Effects: intents to touch the outside, and the frozen form that a message is rendered from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from waystage.plan.blackouts import Window
from waystage.plan.expressions import Absent, Condition, Expression, Value


@dataclass(frozen=True, slots=True)
class Content:
    """One immutable version of an e-mail's texts, as the store holds it."""

    number: int
    subject: str
    html: str
    text: str
    is_old: bool = False
    """Whether it has not been changed for six months (journey-spec 3.10)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bound value of a message: the text it replaces, and how its stored form is written.

    `format` is text, integer, decimal:<scale>, date or boolean.
    """

    original: str
    format: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the messages of one activity may leave: so many in an hour, from `opens` to `closes` each day.

    Both are minutes of the day in the account's zone; equal ones leave the whole day. 0 an hour is no limit.
    """

    per_hour: int = 0
    opens: int = 0
    closes: int = 0


class Skip(IntEnum):
    """Why a message is not sent, in the order in which it is asked (journey-spec 8.8).

    The numbers are those of states in the outbox: from the least on, nobody gets the message.
    """

    DELETED = 3
    NO_ADDRESS = 2
    NO_NUMBER = 10
    UNSUBSCRIBED = 4
    LIST_UNSUBSCRIBED = 5
    SUPPRESSION_LIST = 6
    DOMAIN = 7
    EXCLUSION = 8
    SYNTAX = 9


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is not written to, and how that is called."""

    skip: Skip
    condition: Condition


@dataclass(frozen=True, slots=True)
class Mail:
    """What only e-mails have (journey-spec 3.10); the texts may hold personalisation.

    `opens` and `clicks` say whether they are followed; None: if the message leaves at all, and not if it is captured.
    `list_id` is the publication list, 0 everything.
    """

    preheader: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    list_id: int = 0
    opens: bool | None = None
    clicks: bool | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Everything but the values that a message is made from; the same values give the same bytes for ever (design 8.1).

    `deliverable` is false for a message made from a subject alone: it is kept, never sent. `details` is what the
    configuration says to the provider of the channel, by its own names.
    """

    channel: str
    subject: str
    html: str
    text: str
    parameters: tuple[Parameter, ...]
    deliverable: bool
    offset_minutes: int
    details: tuple[tuple[str, str | int | bool], ...] = ()
    pace: Pace | None = None
    mail: Mail | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """One message per instance: `values` are bound when it is written, in the order of `form.parameters`.

    A message whose `address` is absent is suppressed: nobody can be reached (journey-spec 1.6). One that is written
    inside a black-out window of `quiet` is sent at its end (journey-spec 3.11). `gives` are further outputs beside the
    names of the message; they are given out together with those.
    """

    form: Form
    address: Value
    values: tuple[Value, ...]
    quiet: tuple[Window, ...] = ()
    gives: tuple[tuple[str, Value], ...] = ()
    rules: tuple[Rule, ...] = ()
    """Who else is not written to; in any order."""

    @property
    def skips(self) -> tuple[Rule, ...]:
        """Every reason not to send it, in the order in which they are asked."""
        order = list(Skip)
        unreachable = Skip.NO_ADDRESS if self.form.channel == "email" else Skip.NO_NUMBER
        every = (Rule(unreachable, Absent(self.address)), *self.rules)
        return tuple(sorted(every, key=lambda rule: order.index(rule.skip)))


@dataclass(frozen=True, slots=True)
class CallOutput:
    """An out argument that a service declares; `type` is the name of a field type, `scale` that of a decimal."""

    name: str
    type: str
    scale: int = 0


@dataclass(frozen=True, slots=True)
class CallForm:
    """Everything but the values of one custom activity's calls; frozen as a message's form is (journey-spec 6.3).

    `arguments` is the JSON text of `{inArguments, outArguments}` with its bindings; `timeout` and `retry_delay` in ms;
    `at_once` calls may be under way. `key` names the signing key where `signs`; empty: the default one. `branches` maps
    each `branchResult` to the place of its outcome; without any the answer leaves no choice.
    """

    activity_id: str
    url: str
    headers: tuple[tuple[str, str], ...]
    arguments: str
    parameters: tuple[Parameter, ...]
    offset_minutes: int
    signs: bool
    key: str
    timeout: int
    retries: int
    retry_delay: int
    at_once: int
    outputs: tuple[CallOutput, ...]
    branches: tuple[tuple[str, int], ...]
    is_test: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call per instance: `values` are bound when it is written, in the order of `form.parameters`."""

    form: CallForm
    values: tuple[Value, ...]


def values_of(effect: Effect | Call) -> tuple[Expression, ...]:
    """Everything that is computed when an effect is written."""
    if isinstance(effect, Call):
        return effect.values
    return (effect.address, *effect.values, *(rule.condition for rule in effect.rules))


def is_email(effect: Effect | Call) -> bool:
    """Whether an effect is an e-mail."""
    return isinstance(effect, Effect) and effect.form.channel == "email"
