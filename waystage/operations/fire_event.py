"""Accepting events: what is checked and converted before the inbox takes one (api.md 7.1; contract 5, 38, 39)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from waystage.ground.clock import monotonic
from waystage.ground.errors import MissingValue, ValueNotAllowed, WaystageError, WrongFormat
from waystage.ground.ids import new_guid
from waystage.operations.body_check import error_of
from waystage.operations.write_rows import LONGEST_CONTACT_KEY
from waystage.spec.field_types import RESERVED
from waystage.spec.fields import Field, FieldError, RowError, RowReader, Schema, Stored, convert, fill
from waystage.store import contacts, data_extensions, event_definitions, rows
from waystage.store.catalogs import ROW_EVENT
from waystage.store.data_extensions import DataExtension
from waystage.store.event_definitions import EventDefinition
from waystage.store.rows import RowWrite
from waystage.store.sql import Tx

#: Seconds after which a form is read again, as another process may have changed the definition.
_FRESH_SECONDS = 1.0
#: What `sendableSubscriberField` says when the sendable field holds the contact key itself.
_KEY_WORDS = frozenset({"", "_subscriberkey", "subscriberkey", "subscriber key", "contactkey", "contact key"})


class AcceptedEvent(NamedTuple):
    """What the inbox stores of one event: `data` is the JSON of the typed values that were given.

    `row_key` is the primary key of the row to write, None where the data extension has no primary key.
    """

    account: int
    definition: int
    contact_key: str
    row_key: str | None
    data: str


@dataclass(frozen=True, slots=True)
class EventForm:
    """All that accepting an event takes to know of its definition; immutable, so it can be kept."""

    account: int
    definition: int
    extension: DataExtension | None
    writes_rows: bool
    holds_key: bool
    offset: int
    key: str = ""
    """How the definition spells its key."""
    follows_row: bool = False
    """Whether the event is one of a row that is written already when the engine takes it in (ContactEvent)."""
    reader: RowReader = field(init=False, compare=False)
    holder: Field | None = field(init=False, compare=False)
    """The field that holds the contact key."""
    reserved: str | None = field(init=False, compare=False)
    """The field that the server fills with a GUID (api.md 7.1)."""
    placed_first: bool = field(init=False, compare=False)
    """Whether the row needs a transaction of its own before the inbox: it lies by its key, not with its contact."""

    def __post_init__(self) -> None:
        """Look up once what every event needs."""
        reserved = self.schema.find(RESERVED)
        object.__setattr__(self, "reader", RowReader(self.schema, self.offset))
        object.__setattr__(self, "holder", self.extension.contact_field if self.extension is not None else None)
        object.__setattr__(self, "reserved", reserved.name if reserved is not None else None)
        object.__setattr__(self, "placed_first", self._is_placed_first())

    @property
    def schema(self) -> Schema:
        """The fields of the event."""
        return self.extension.schema if self.extension is not None else Schema(())

    def _is_placed_first(self) -> bool:
        extension = self.extension
        return (
            self.writes_rows
            and extension is not None
            and (self.follows_row or extension.needs_directory or extension.contact_field is None)
        )


@dataclass(slots=True)
class EventForms:
    """The forms of this process by account and folded key; used by one thread, the server's."""

    generation: int = 0
    _kept: dict[tuple[int, str], tuple[float, EventForm]] = field(default_factory=dict)

    def known(self, account: int, key: str) -> EventForm | None:
        """The form kept for this key, unless it is too old."""
        found = self._kept.get((account, key.casefold()))
        return found[1] if found is not None and monotonic() - found[0] < _FRESH_SECONDS else None

    def keep(self, generation: int, key: str, form: EventForm) -> None:
        """Keep a form whose reading began at `generation`; what changed since then is not kept."""
        if generation == self.generation:
            self._kept[form.account, key.casefold()] = (monotonic(), form)

    def forget(self) -> None:
        """Called after a commit that changed definitions."""
        self.generation += 1
        self._kept.clear()


def find_form(tx: Tx, account: int, key: str, offset: int) -> EventForm:
    """The form of the event definition with this key in any case; ValueNotAllowed (D-51). `offset` in minutes."""
    definition = event_definitions.find_by_key(tx, account, key) if "\0" not in key else None
    if definition is None:
        raise ValueNotAllowed("EventDefinitionKey not found")
    extension = data_extensions.find_numbers(tx, account, [definition.data_extension]).get(definition.data_extension)
    return form_of(definition, extension, offset)


def form_of(definition: EventDefinition, extension: DataExtension | None, offset: int) -> EventForm:
    """The form of an event definition with its data extension; `offset` in minutes."""
    linked = extension.declared.get("sendableSubscriberField") if extension is not None else None
    return EventForm(
        account=definition.account,
        definition=definition.number,
        extension=extension,
        writes_rows=not definition.document.get("disableDEDataLogging", False),
        holds_key=str(linked or "").casefold() in _KEY_WORDS,
        offset=offset,
        key=definition.key,
        follows_row=definition.type.casefold() == ROW_EVENT,
    )


def accept(
    form: EventForm, contact_key: str, data: Mapping[str, Any], *, name: Callable[[], str] = new_guid
) -> AcceptedEvent:
    """The event as the inbox takes it; unknown names in `data` are ignored (contract 5).

    The field that holds the contact key is filled in where it is left out; `name` gives the value of the one that the
    server fills. MissingValue, WrongType, ValueNotAllowed.
    """
    _check_contact_key(contact_key)
    holder = form.holder
    given_holder = holder is not None and _names(data, holder.name)
    if holder is not None and not given_holder:
        data = {**data, holder.name: contact_key}
    try:
        row = form.reader.read(data)
    except RowError as error:
        raise _refusal(error) from error
    if holder is not None and given_holder and form.holds_key and row.get(holder.name) != contact_key:
        _check_holder(holder, row, contact_key, form.offset)
    if form.reserved is not None:
        row[form.reserved] = name()
    return of_row(form, contact_key, row)


def of_row(form: EventForm, contact_key: str, row: Mapping[str, Stored]) -> AcceptedEvent:
    """The event whose values have been read already."""
    row_key = _row_key(form.schema, row)
    return AcceptedEvent(form.account, form.definition, contact_key, row_key, msgspec.json.encode(row).decode())


def place_row(tx: Tx, form: EventForm, event: AcceptedEvent, now: int) -> None:
    """Write the row of one event; see `place_rows`."""
    place_rows(tx, form, [event], now)


def place_rows(tx: Tx, form: EventForm, events: Sequence[AcceptedEvent], now: int) -> None:
    """Write the rows of events that do not lie by their contact (design 8.14), or that their events follow.

    Of two contacts that bring one key the later then has it, in whatever order the engine takes them in. A deleted
    contact writes nothing: its event is refused at admission (contract 39).
    """
    extension = form.extension
    if extension is None:
        return
    has_contacts = extension.contact_field is not None
    known = contacts.find(tx, form.account, [event.contact_key for event in events]) if has_contacts else {}
    gone = {key for key, contact in known.items() if contact.deleted is not None}
    writes = [
        _write(form, event, event.contact_key if has_contacts else None, now)
        for event in events
        if event.contact_key not in gone
    ]
    if writes:
        rows.upsert(tx, form.account, extension, writes, now)


def _write(form: EventForm, event: AcceptedEvent, contact_key: str | None, now: int) -> RowWrite:
    row: dict[str, Stored] = msgspec.json.decode(event.data)
    return RowWrite(event.row_key or new_guid(), contact_key, row, fill(form.schema, row, now, form.offset))


def _names(data: Mapping[str, Any], name: str) -> bool:
    """Whether `data` has this name in any letter case."""
    if name in data:
        return True
    folded = name.casefold()
    return any(given.casefold() == folded for given in data)


def _row_key(schema: Schema, row: Mapping[str, Stored]) -> str | None:
    """The primary key of the row; parts that are left out have their defaults."""
    try:
        return rows.key_of(schema, row)
    except KeyError:
        return rows.key_of(schema, fill(schema, row, 0))


def _check_contact_key(key: str) -> None:
    if not key.strip():
        raise MissingValue("ContactKey is required.")
    if len(key) > LONGEST_CONTACT_KEY:
        raise ValueNotAllowed(f"ContactKey must not be longer than {LONGEST_CONTACT_KEY} characters.")
    if "\0" in key:
        raise WrongFormat("ContactKey must not contain the character U+0000.")


def _check_holder(holder: Field, row: Mapping[str, Stored], contact_key: str, offset: int) -> None:
    """The field that holds the contact key must not name somebody else: the row lies with its contact."""
    try:
        same = row.get(holder.name) is None or row[holder.name] == convert(holder, contact_key, offset)
    except FieldError:
        same = False
    if not same:
        raise ValueNotAllowed(f'The value of "{holder.name}" must be the ContactKey or be left out.')


def _refusal(error: RowError) -> WaystageError:
    """One error for all that is wrong with the data (api.md 7.1: envelope E1)."""
    if error.missing:
        names = ", ".join(column.name for column in error.missing)
        return MissingValue(f"Required Event Data fields are missing: {names}.")
    kind = type(error_of(error.errors[0].finding))
    return kind(str(error))
