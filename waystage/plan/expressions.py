"""Values and conditions over a set of instances: what a criteria, a binding or a share becomes.

Two readers give them meaning: `store.expressions` turns them into SQL over a whole batch, and the tests' reference
interpreter computes them for one contact. Stored values are integers or text only (design 8.7): numbers as they are,
decimals scaled by their field, dates in ms, booleans 0/1; absent is None. Conditions are two-valued: a comparison with
an absent value is false.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from waystage.plan.blackouts import Window


class Kind(StrEnum):
    """How a value is stored."""

    INTEGER = "integer"
    TEXT = "text"


# -- values -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant of the document; `absent` is the kind of one that is None."""

    value: int | str | None
    absent: Kind = Kind.TEXT

    @property
    def kind(self) -> Kind:
        """See `Kind`."""
        if self.value is None:
            return self.absent
        return Kind.INTEGER if isinstance(self.value, int) else Kind.TEXT


@dataclass(frozen=True, slots=True)
class EventField:
    """A field of the event that started the passage, frozen at admission (contract 38)."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class EntryRow:
    """The whole entry data as JSON text, in stored form (journey-spec 5.2)."""

    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class HeardField:
    """A field of the newest event of a definition that released the passage (journey-spec 3.4).

    `or_entry`: that definition has also started the passage, so until then the entry data counts.
    """

    definition: int
    name: str
    kind: Kind
    or_entry: bool = False


@dataclass(frozen=True, slots=True)
class AttributeField:
    """A field of the contact's own row in an attribute set, read live; of several rows the first by key."""

    extension: int
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class RelatedField:
    """A field of the related row under test; only inside `Related`."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class ProfileField:
    """A value of a built-in attribute set, kept on the contact itself, read live. Always text."""

    attribute_set: str
    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class OutputField:
    """What an earlier activity of this passage gave out, by its last visit."""

    activity: int
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Draw:
    """The number from 1 to 100 that this visit of a random split has drawn (journey-spec 3.6)."""

    activity: int
    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class Hop:
    """The number of the hop that is being made."""

    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class ContactKey:
    """The key of the contact."""

    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class ContactId:
    """The number of the contact on the wire (journey-spec 5.2)."""

    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class Now:
    """The instant of the turn (contract 35)."""

    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class Relative:
    """An instant relative to the turn's, from a criteria operand such as `;-;14;days` (journey-spec 4.3)."""

    amount: int
    unit: str
    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class Scaled:
    """An integer value times a power of ten, so that decimals of different scale can be compared."""

    value: Value
    power: int
    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class AsText:
    """An integer value as decimal text."""

    value: Value
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts one after the other; an absent one counts as empty (journey-spec 5.1)."""

    parts: tuple[Value, ...]
    kind: Kind = Kind.TEXT


class Shape(StrEnum):
    """What an address must look like."""

    EMAIL = "email"
    """Something stands on both sides of an @, and no blank in it."""
    PHONE = "phone"
    """7 to 15 digits after an optional +; blanks, dashes and parentheses between them are left out."""


@dataclass(frozen=True, slots=True)
class FirstUsable:
    """The first of several addresses that is not blank and looks like one of its channel (journey-spec 1.6).

    `checked` says of each option whether it was looked at when it came in, so that being there is enough.
    """

    options: tuple[Value, ...]
    checked: tuple[bool, ...]
    shape: Shape = Shape.EMAIL
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition as a value: 1 if it is true, else 0."""

    condition: Condition
    kind: Kind = Kind.INTEGER


Value: TypeAlias = (
    Literal
    | EventField
    | EntryRow
    | HeardField
    | AttributeField
    | RelatedField
    | ProfileField
    | OutputField
    | Draw
    | ContactKey
    | ContactId
    | Now
    | Relative
    | Scaled
    | AsText
    | Joined
    | FirstUsable
    | Truth
    | Hop
)

# -- conditions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Always:
    """True for everybody."""


@dataclass(frozen=True, slots=True)
class Never:
    """False for everybody."""


@dataclass(frozen=True, slots=True)
class AllOf:
    """True if every part is; nothing in it is true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if some part is; nothing in it is false."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if its part is false, so also where a value is absent."""

    part: Condition


class Comparison(StrEnum):
    """How two values are compared; text with the letters A-Z folded, others by size (contract 37)."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of one kind in a given relation; false where one is absent."""

    left: Value
    comparison: Comparison
    right: Value


class Place(StrEnum):
    """Where one text is looked for in another."""

    ANYWHERE = "anywhere"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Holds:
    """`text` has `part` at a place, letters A-Z folded; an empty part is held by every present text."""

    text: Value
    part: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Absent:
    """The value is null, or the row it would stand in is missing."""

    value: Value


@dataclass(frozen=True, slots=True)
class Related:
    """Some row of the contact in `extension` fulfils the condition (journey-spec 4.2)."""

    extension: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class ShareBelow:
    """The stable share of this visit of `activity` is below `bound`, of ids.SHARE_RANGE (anchors B.9)."""

    activity: int
    bound: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An event has ended the rest, not the time; known of a whole batch, so only behind a park (journey-spec 3.4)."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """The instant of the turn lies in one of these black-out windows (journey-spec 3.11)."""

    windows: tuple[Window, ...]


#: The output of a message on a loop that says in which hop its newest send was: what happened to older ones is past.
SENT_IN = "#hop"


@dataclass(frozen=True, slots=True)
class Engaged:
    """Somebody did one of these things with what `activity` sent in this passage (journey-spec 3.7, design 8.15).

    `links`: clicks count on these addresses only, without query and fragment; empty: on any. `newest`: only the last
    send counts, as the message lies on a loop.
    """

    activity: int
    kinds: tuple[str, ...]
    links: tuple[str, ...] = ()
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """The contact has been deleted (journey-spec 8.8)."""


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The contact wants nothing more by this channel from one of these lists; 0 stands for all of it (contract 25)."""

    channel: str
    lists: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IllFormed:
    """An e-mail address that no server would take, or that belongs to nobody (journey-spec 8.8, List Detective)."""

    value: Value


#: Parts of addresses before the @ behind which nobody reads what a journey sends.
NOBODYS = ("abuse", "mailer-daemon", "nospam", "postmaster", "spam")


Condition: TypeAlias = (
    Always
    | Never
    | AllOf
    | AnyOf
    | Not
    | Compare
    | Holds
    | Absent
    | Related
    | ShareBelow
    | Heard
    | Quiet
    | Engaged
    | Deleted
    | Unsubscribed
    | IllFormed
)

Expression: TypeAlias = Value | Condition


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside this one."""
    match expression:
        case AllOf(parts) | AnyOf(parts) | Joined(parts) | FirstUsable(parts):
            return parts
        case Not(part) | Related(_, part) | Truth(part):
            return (part,)
        case Compare(left, _, right) | Holds(left, right, _):
            return (left, right)
        case Absent(value) | Scaled(value, _) | AsText(value) | IllFormed(value):
            return (value,)
        case Engaged(activity, newest=True):
            return (OutputField(activity, SENT_IN, Kind.INTEGER),)
        case _:
            return ()


def leaves_of(expression: Expression) -> list[Expression]:
    """Every innermost expression, in reading order."""
    inner = parts_of(expression)
    return [leaf for part in inner for leaf in leaves_of(part)] if inner else [expression]


def reads_event(expression: Expression) -> bool:
    """Whether the entry data is needed."""
    return any(
        isinstance(leaf, EventField | EntryRow) or (isinstance(leaf, HeardField) and leaf.or_entry)
        for leaf in leaves_of(expression)
    )


def reads_contact(expression: Expression) -> bool:
    """Whether contact data is looked at, which may have changed since the last statement."""
    if isinstance(expression, Related | Engaged):
        return True
    if isinstance(expression, AttributeField | ProfileField):
        return True
    return any(reads_contact(part) for part in parts_of(expression))
