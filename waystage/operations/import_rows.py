"""Imports into a data extension: upserts by primary key, typed by the schema (contract 5, 20, 37; api.md 11.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import compress

from waystage.ground.errors import DataExtensionNotFound, MissingValue, ValueNotAllowed, WaystageError
from waystage.ground.ids import new_guid
from waystage.operations.import_slices import Slice, last_of_each, read_columns
from waystage.operations.row_events import RowEvents
from waystage.operations.write_rows import LONGEST_CONTACT_KEY
from waystage.spec.columns import ABSENT, Column, has_absent, json_arrays, json_objects, row_of
from waystage.spec.fields import Field, Stored, fill
from waystage.store import bulk, data_extensions, rows
from waystage.store.data_extensions import DataExtension
from waystage.store.imports import RefusedRow
from waystage.store.sql import Tx


@dataclass(slots=True)
class RowWork:
    """Rows that are ready to be written: each key once; `places` are the numbers of their rows in the file."""

    target: RowTarget
    names: tuple[str, ...]
    keys: list[str]
    columns: list[Column]
    places: list[int]
    data: list[str] = field(default_factory=list)
    _known: Mapping[str, Mapping[str, Stored]] = field(default_factory=dict)
    """The stored rows, where something of them matters."""

    def anew(self) -> RowWork:
        """The same work for one more try of a transaction."""
        return copy(self)

    def check(self, tx: Tx) -> list[RefusedRow]:
        """Look up what the rows leave out; those that are new must bring what is required, the others are refused."""
        self.target.make_sure(tx)
        left_out = self.target.left_out(self.names, self.columns)
        if not left_out:
            self.data = json_objects(self.names, self.columns)
            return []
        return self._complete(tx)

    def _complete(self, tx: Tx) -> list[RefusedRow]:
        """Defaults for rows that are new; an update keeps what it leaves out."""
        extension, schema = self.target.extension, self.target.extension.schema
        present = rows.stored(tx, self.target.account, extension, dict(zip(self.keys, self._holders({}), strict=True)))
        refused: list[RefusedRow] = []
        data: list[str | None] = []
        for key, place, values in zip(self.keys, self.places, zip(*self.columns, strict=True), strict=True):
            row = row_of(self.names, values)
            missing = [] if key in present else [one.name for one in schema.required if one.name not in row]
            if missing:
                told = f"{', '.join(missing)}: required in a row that is new."
                refused.append(RefusedRow(place, MissingValue.errorcode, told))
                data.append(None)
                continue
            full = row if key in present else fill(schema, row, self.target.now, self.target.offset)
            data.append(json_objects(tuple(full), [[value] for value in full.values()])[0])
        self._keep([one is not None for one in data])
        self.data = [one for one in data if one is not None]
        self._known = present
        return refused

    def _keep(self, kept: Sequence[bool]) -> None:
        if not all(kept):
            self.keys, self.places = list(compress(self.keys, kept)), list(compress(self.places, kept))
            self.columns = [list(compress(column, kept)) for column in self.columns]

    def leave_out(self, places: frozenset[int]) -> None:
        """Drop rows of the file that were refused for another reason."""
        if places:
            kept = [place not in places for place in self.places]
            self.data = list(compress(self.data, kept))
            self._keep(kept)

    def write(self, tx: Tx, events: RowEvents) -> None:
        """Upsert, and fire the events that the rows have."""
        if not self.keys:
            return
        wanted = dict(zip(self.keys, self._holders(self._known), strict=True))
        target = self.target
        bulk.upsert_rows(tx, target.account, target.extension, wanted, self.data, target.now)
        events.fire(tx, target.account, target.extension, wanted)

    def _holders(self, known: Mapping[str, Mapping[str, Stored]]) -> list[str | None]:
        """The contact key of each row; where the row does not say, the stored one's."""
        name = self.target.extension.schema.contact_field
        if name is None:
            return [None] * len(self.keys)
        given = self.columns[self.names.index(name)] if name in self.names else [ABSENT] * len(self.keys)
        if has_absent(given):
            given = [
                known.get(key, {}).get(name) if one is ABSENT else one
                for key, one in zip(self.keys, given, strict=True)
            ]
        return [None if value is None else str(value) for value in given]


@dataclass(slots=True)
class RowTarget:
    """One data extension as the target of an import; `now` is journey time in ms, `offset` in minutes."""

    account: int
    extension: DataExtension
    now: int
    offset: int

    ignores_others = False

    def known(self, name: str) -> str | None:
        """The declared spelling of a column's name."""
        found = self.extension.schema.find(name)
        return found.name if found is not None else None

    def demand(self, names: Sequence[str]) -> None:
        """MissingValue where the columns that rows are named by are not all there."""
        absent = [one.name for one in self.extension.schema.primary_key if one.name not in names]
        if absent:
            raise MissingValue(f"The file needs the columns of the primary key: {', '.join(absent)}.")

    def make_sure(self, tx: Tx) -> None:
        """DataExtensionNotFound where it was deleted in the meantime."""
        number = self.extension.number
        if number not in data_extensions.find_numbers(tx, self.account, [number]):
            raise DataExtensionNotFound

    def left_out(self, names: Sequence[str], columns: Sequence[Column]) -> bool:
        """Whether some row leaves out what matters if it is new: required values, defaults, whose it is."""
        matters = {one.name for one in self.extension.schema.fields if one.is_required or one.default is not None}
        if self.extension.needs_directory:
            matters.add(self.extension.schema.contact_field or "")
        return not matters <= set(names) or any(map(has_absent, columns))

    def prepare(self, slice_: Slice, *, blanks: bool) -> RowWork:
        """Type the values and bring rows of one key together; what cannot be stored is refused in the slice."""
        schema = self.extension.schema
        for name in (one.name for one in schema.primary_key if one.name not in slice_.names):
            slice_.names, slice_.columns = (*slice_.names, name), [*slice_.columns, [ABSENT] * len(slice_.places)]
        fields = [schema.find(name) or Field(name) for name in slice_.names]
        slice_.columns, errors = read_columns(fields, slice_.columns, self.offset, blanks=blanks)
        slice_.refuse(errors)
        slice_.refuse(self.key_errors(slice_))
        return self.work(slice_)

    def work(self, slice_: Slice) -> RowWork:
        """The rows of a slice whose values are typed and good."""
        primary = [one.name for one in self.extension.schema.primary_key]
        columns = [slice_.columns[slice_.names.index(name)] for name in primary]
        keys = json_arrays(columns) if columns else [new_guid() for _ in slice_.places]
        once, kept = last_of_each(keys, [*slice_.columns, slice_.places])
        return RowWork(self, slice_.names, once, kept[:-1], list(kept[-1]))

    def key_errors(self, slice_: Slice) -> dict[int, WaystageError]:
        """Rows without a whole primary key, and those whose contact key is none."""
        errors: dict[int, WaystageError] = {}
        for one in self.extension.schema.primary_key:
            for position in _without_value(slice_.column(one.name)):
                errors.setdefault(position, MissingValue(f"{one.name} is required: it is part of the primary key."))
        holder = slice_.column(self.extension.schema.contact_field or "")
        return {**contact_key_errors(holder or ()), **errors}


def _without_value(column: Column | None) -> list[int]:
    if column is None or (None not in column and not has_absent(column)):
        return []
    return [position for position, value in enumerate(column) if value is None or value is ABSENT]


def contact_key_errors(keys: Column) -> dict[int, WaystageError]:
    """Rows whose contact key is blank or too long; no contact at all is none of these."""
    if set(map(type, keys)) == {str} and all(map(str.strip, keys)) and max(map(len, keys)) <= LONGEST_CONTACT_KEY:
        return {}
    return {
        position: ValueNotAllowed(f"The contact key must have 1 to {LONGEST_CONTACT_KEY} characters.")
        for position, key in enumerate(keys)
        if key is not None and key is not ABSENT and not 0 < len(str(key).strip()) <= LONGEST_CONTACT_KEY
    }
