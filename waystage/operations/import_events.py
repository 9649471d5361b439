"""Imports that enter every row's contact as `POST events` would (contract 20; api.md 7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from waystage.ground.errors import MissingValue, ValueNotAllowed, WaystageError
from waystage.ground.ids import new_guid
from waystage.operations import fire_event
from waystage.operations.fire_event import AcceptedEvent, EventForm
from waystage.operations.import_contacts import KEY
from waystage.operations.import_rows import contact_key_errors
from waystage.operations.import_slices import Slice, absent_errors, as_keys, read_columns
from waystage.operations.row_events import RowEvents
from waystage.spec.columns import ABSENT, Column, has_absent, json_arrays, json_objects, row_of
from waystage.spec.field_types import RESERVED
from waystage.spec.fields import Field, fill
from waystage.store import inbox, rows
from waystage.store.imports import RefusedRow
from waystage.store.sql import Tx


@dataclass(slots=True)
class EventWork:
    """Events that are ready to be taken in."""

    target: EventTarget
    keys: Sequence[str]
    row_keys: Sequence[str | None]
    data: Sequence[str]

    def anew(self) -> EventWork:
        """The same work for one more try of a transaction, which changes nothing of it."""
        return self

    def check(self, tx: Tx) -> list[RefusedRow]:
        """Nothing is known of the rows that the store would have to be asked for."""
        self.target.make_sure(tx)
        return []

    def write(self, tx: Tx, events: RowEvents) -> None:
        """Append them to the inbox, each once for each row."""
        form, many = self.target.form, len(self.keys)
        if not many:
            return
        if form.placed_first:
            accepted = zip(self.keys, self.row_keys, self.data, strict=True)
            placed = [AcceptedEvent(form.account, form.definition, *one) for one in accepted]
            fire_event.place_rows(tx, form, placed, self.target.now)
        numbers = events.numbers.take(many)
        inbox.load(tx, form.account, form.definition, numbers, self.keys, self.row_keys, self.data)
        events.fired = True


@dataclass(slots=True)
class EventTarget:
    """One event definition as the target of an import; `now` is journey time in ms, `offset` in minutes."""

    key: str
    form: EventForm
    now: int
    offset: int

    ignores_others = True

    def known(self, name: str) -> str | None:
        """The declared spelling of a column's name; what the data extension lacks is ignored (contract 5)."""
        found = self.form.schema.find(name)
        if found is not None:
            return found.name if found.name.casefold() != RESERVED else None
        return KEY.name if name.casefold() == KEY.name.casefold() else None

    def demand(self, names: Sequence[str]) -> None:
        """MissingValue where the file does not say whose the events are."""
        holder = self.form.holder
        if self._key_name(names) is None:
            also = f" or {holder.name}" if holder is not None else ""
            raise MissingValue(f"The file needs the column {KEY.name}{also}.")

    def make_sure(self, tx: Tx) -> None:
        """ValueNotAllowed where the event definition was deleted in the meantime (D-51)."""
        fire_event.find_form(tx, self.form.account, self.key, self.offset)

    def _key_name(self, names: Sequence[str]) -> str | None:
        """The column with the contact keys: `ContactKey`, else the field that holds them."""
        given = next((name for name in names if name.casefold() == KEY.name.casefold()), None)
        holder = self.form.holder
        return given if given is not None or holder is None or holder.name not in names else holder.name

    def prepare(self, slice_: Slice, *, blanks: bool) -> EventWork:
        """Type the values; a row that `POST events` would refuse is refused."""
        given = as_keys(self._keys(slice_), len(slice_.places))
        (keys,), errors = read_columns([KEY], [given], self.offset)
        slice_.names, slice_.columns = (*slice_.names, ""), [*slice_.columns, keys]
        slice_.refuse({**contact_key_errors(keys), **errors})
        self._type(slice_, blanks=blanks)
        keys = slice_.columns.pop()
        slice_.names = slice_.names[:-1]
        self._fill_reserved(slice_)
        data = json_objects(slice_.names, slice_.columns) if slice_.names else ["{}"] * len(keys)
        return EventWork(self, keys, self._row_keys(slice_), data)

    def _keys(self, slice_: Slice) -> Column | None:
        """The contact keys; a row without one may name it in the field that holds it."""
        keys = slice_.column(self._key_name(slice_.names) or "")
        held = slice_.column(self.form.holder.name) if self.form.holder is not None else None
        if keys is None or held is None or held is keys or not has_absent(keys):
            return keys
        return [other if key is ABSENT else key for key, other in zip(keys, held, strict=True)]

    def _type(self, slice_: Slice, *, blanks: bool) -> None:
        """The fields of the event as columns, the contact keys last."""
        schema, keys = self.form.schema, slice_.columns[-1]
        given = {name: column for name, column in zip(slice_.names, slice_.columns, strict=True) if schema.find(name)}
        fields = [schema.find(name) or Field(name) for name in given]
        columns, errors = read_columns(fields, list(given.values()), self.offset, blanks=blanks)
        typed = dict(zip(given, columns, strict=True))
        for position, error in self._hold(typed, keys).items():
            errors.setdefault(position, error)
        required = [one.name for one in schema.required]
        for name in required:
            typed.setdefault(name, [ABSENT] * len(keys))
        absent = absent_errors(list(typed), list(typed.values()), required)
        slice_.names, slice_.columns = (*typed, ""), [*typed.values(), keys]
        slice_.refuse({**absent, **errors})

    def _hold(self, typed: dict[str, Column], keys: Column) -> Mapping[int, WaystageError]:
        """The field that holds the contact key has it where it is left out, and must not name somebody else."""
        holder = self.form.holder
        if holder is None:
            return {}
        (held,), errors = read_columns([holder], [keys], self.offset)
        given = typed.get(holder.name)
        if given is None:
            typed[holder.name] = held
            return errors
        if not has_absent(given) and list(given) == list(held):
            return {}
        typed[holder.name] = [key if one is ABSENT else one for one, key in zip(given, held, strict=True)]
        wrong = {position: error for position, error in errors.items() if given[position] is ABSENT}
        if self.form.holds_key:
            for position, (one, key) in enumerate(zip(typed[holder.name], held, strict=True)):
                if one is not None and one != key:
                    wrong.setdefault(position, ValueNotAllowed(f"{holder.name} must be the ContactKey or be left out."))
        return wrong

    def _fill_reserved(self, slice_: Slice) -> None:
        if self.form.reserved is not None:
            slice_.names = (*slice_.names, self.form.reserved)
            slice_.columns.append([new_guid() for _ in slice_.places])

    def _row_keys(self, slice_: Slice) -> Sequence[str | None]:
        """The primary key of each row; parts that are left out have their defaults."""
        schema = self.form.schema
        names = [one.name for one in schema.primary_key]
        if not names:
            return [None] * len(slice_.places)
        columns = [column for name in names if (column := slice_.column(name)) is not None]
        if len(columns) == len(names) and not any(map(has_absent, columns)):
            return json_arrays(columns)
        found = [row_of(slice_.names, values) for values in zip(*slice_.columns, strict=True)]
        return [rows.key_of(schema, fill(schema, row, 0)) for row in found]


def find_target(tx: Tx, account: int, key: str, now: int, offset: int) -> EventTarget:
    """The target of this key in any case; ValueNotAllowed (D-51)."""
    return EventTarget(key, fire_event.find_form(tx, account, key, offset), now, offset)
