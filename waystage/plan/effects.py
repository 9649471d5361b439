"""Effects: intents to touch the outside, and the frozen form that a message is rendered from."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.plan.expressions import Value


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
class Form:
    """Everything but the values that a message is made from; the same values give the same bytes for ever (design 8.1).

    `deliverable` is false for a message made from a subject alone: it is kept, never sent.
    """

    channel: str
    subject: str
    html: str
    text: str
    parameters: tuple[Parameter, ...]
    deliverable: bool
    offset_minutes: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One message per instance: `values` are bound when it is written, in the order of `form.parameters`.

    A message whose `address` is absent is suppressed: nobody can be reached (journey-spec 1.6).
    """

    form: Form
    address: Value
    values: tuple[Value, ...]
