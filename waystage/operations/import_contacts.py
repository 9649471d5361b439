"""Imports of contacts: `ContactKey` and attributes as `Set.Field`, as `POST contacts` takes them (contract 18, 20)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from waystage.ground.errors import MissingValue, ValueNotAllowed, WaystageError
from waystage.operations.import_rows import RowTarget, RowWork, contact_key_errors
from waystage.operations.import_slices import Slice, as_keys, last_of_each, read_columns
from waystage.operations.row_events import RowEvents
from waystage.operations.write_rows import LONGEST_CONTACT_KEY
from waystage.spec.columns import ABSENT, Column, json_objects
from waystage.spec.fields import Field
from waystage.store import bulk
from waystage.store.contacts import BUILT_IN, BuiltIn
from waystage.store.data_extensions import DataExtension
from waystage.store.imports import RefusedRow
from waystage.store.sql import Tx

KEY = Field("ContactKey", length=LONGEST_CONTACT_KEY, is_nullable=False)


@dataclass(frozen=True, slots=True)
class _Attribute:
    """A column: the attribute set, a built-in one or a data extension, and the field in it."""

    owner: BuiltIn | DataExtension
    field: Field

    @property
    def name(self) -> str:
        return f"{self.owner.name}.{self.field.name}"


@dataclass(slots=True)
class ContactWork:
    """Contacts that are ready to be written, and rows of theirs."""

    target: ContactTarget
    keys: list[str]
    data: list[str]
    places: list[int]
    rows: list[RowWork]

    def anew(self) -> ContactWork:
        """The same work for one more try of a transaction."""
        return replace(self, rows=[work.anew() for work in self.rows])

    def check(self, tx: Tx) -> list[RefusedRow]:
        """Refuse rows of which a part cannot be stored, whole."""
        refused = {one.place: one for work in self.rows for one in work.check(tx)}
        for work in self.rows:
            work.leave_out(frozenset(refused))
        self._left_out = frozenset(refused)
        return [refused[place] for place in sorted(refused)]

    _left_out: frozenset[int] = frozenset()

    def write(self, tx: Tx, events: RowEvents) -> None:
        """Make or change the contacts, then write their rows."""
        given = {
            key: data
            for key, data, place in zip(self.keys, self.data, self.places, strict=True)
            if place not in self._left_out
        }
        if given:
            bulk.save_contacts(tx, self.target.account, given, self.target.now)
            events.changed(tx, self.target.account, (key for key, data in given.items() if data != "{}"))
        for work in self.rows:
            work.write(tx, events)


@dataclass(slots=True)
class ContactTarget:
    """The contacts of a business unit as the target of an import; `now` is journey time in ms, `offset` in minutes."""

    account: int
    sets: Sequence[DataExtension]
    now: int
    offset: int
    ignores_others: bool = False
    _found: dict[str, _Attribute] = field(default_factory=dict)

    def known(self, name: str) -> str | None:
        """The declared spelling of a column's name."""
        if name.replace(" ", "").casefold() == KEY.name.casefold():
            return KEY.name
        found = self._attribute(name)
        return found.name if found is not None else None

    def demand(self, names: Sequence[str]) -> None:
        """MissingValue where contacts, or rows of theirs, would have no key."""
        if KEY.name not in names:
            raise MissingValue(f"The file needs the column {KEY.name}.")
        for extension in self._extensions(names):
            held = [one.field.name for one in self._of(extension, names)]
            self._target(extension).demand([*held, extension.schema.contact_field or ""])

    def prepare(self, slice_: Slice, *, blanks: bool) -> ContactWork:
        """Type the values; rows of one contact become one, of which the last values count."""
        keys = slice_.column(KEY.name)
        given = dict(zip(slice_.names, slice_.columns, strict=True)) | {KEY.name: as_keys(keys, len(slice_.places))}
        fields = [KEY if name == KEY.name else self._named(name).field for name in given]
        slice_.names = tuple(given)
        slice_.columns, errors = read_columns(fields, list(given.values()), self.offset, blanks=blanks)
        slice_.refuse(errors)
        slice_.refuse(contact_key_errors(slice_.column(KEY.name) or ()))
        extensions = self._extensions(slice_.names)
        for extension in extensions:
            slice_.refuse(self._row_errors(extension, slice_))
        works = [self._target(extension).work(self._part(extension, slice_)[0]) for extension in extensions]
        once, columns = last_of_each(slice_.column(KEY.name) or (), [*slice_.columns, slice_.places])
        return ContactWork(self, once, self._data(slice_.names, columns[:-1], len(once)), list(columns[-1]), works)

    def _target(self, extension: DataExtension) -> RowTarget:
        return RowTarget(self.account, extension, self.now, self.offset)

    def _data(self, names: Sequence[str], columns: Sequence[Column], many: int) -> list[str]:
        """The built-in attribute sets of each contact as JSON."""
        parts: dict[str, tuple[list[str], list[Column]]] = {}
        for name, column in zip(names, columns, strict=True):
            attribute = self._found.get(name.casefold())
            if attribute is not None and isinstance(attribute.owner, BuiltIn):
                held, values = parts.setdefault(attribute.owner.name, ([], []))
                held.append(attribute.field.name)
                values.append(column)
        if not parts or not many:
            return ["{}"] * many
        sets = [list(map(msgspec.Raw, json_objects(held, values))) for held, values in parts.values()]
        return json_objects(tuple(parts), sets)

    def _part(self, extension: DataExtension, slice_: Slice) -> tuple[Slice, list[int]]:
        """The rows that bring something for one data extension, with the contact's key, and their positions."""
        attributes = self._of(extension, slice_.names)
        columns = [slice_.column(one.name) or () for one in attributes]
        positions = [
            position
            for position, values in enumerate(zip(*columns, strict=True))
            if any(value is not ABSENT and value is not None and value != "" for value in values)
        ]
        keys = slice_.column(KEY.name) or ()
        held, _ = read_columns([extension.contact_field or KEY], [[keys[one] for one in positions]], self.offset)
        given: dict[str, Column] = {}
        for one, column in zip(attributes, columns, strict=True):
            given[one.field.name] = [column[position] for position in positions]
        given[extension.schema.contact_field or ""] = held[0]
        for primary in extension.schema.primary_key:
            given.setdefault(primary.name, [ABSENT] * len(positions))
        return Slice(0, tuple(given), list(given.values()), [slice_.places[one] for one in positions]), positions

    def _row_errors(self, extension: DataExtension, slice_: Slice) -> dict[int, WaystageError]:
        """What is wrong with the rows of one data extension, by position in the slice."""
        part, positions = self._part(extension, slice_)
        errors = {positions[one]: error for one, error in self._target(extension).key_errors(part).items()}
        holder = extension.contact_field or KEY
        keys = slice_.column(KEY.name) or ()
        (held,), unfit = read_columns([holder], [[keys[one] for one in positions]], self.offset)
        errors.update((positions[one], error) for one, error in unfit.items())
        named = slice_.column(f"{extension.name}.{holder.name}")
        for key, position in zip(held, positions, strict=True):
            if named is not None and named[position] not in (key, ABSENT):
                told = f"{extension.name}.{holder.name} must be the contact's key."
                errors.setdefault(position, ValueNotAllowed(told))
        return errors

    def _extensions(self, names: Sequence[str]) -> list[DataExtension]:
        """The data extensions that columns are of."""
        owners = [found.owner for name in names if (found := self._found.get(name.casefold())) is not None]
        return list({one.number: one for one in owners if isinstance(one, DataExtension)}.values())

    def _of(self, extension: DataExtension, names: Sequence[str]) -> list[_Attribute]:
        found = [self._found.get(name.casefold()) for name in names]
        return [
            one for one in found if one is not None and isinstance(one.owner, DataExtension)
            and one.owner.number == extension.number
        ]  # fmt: skip

    def _named(self, name: str) -> _Attribute:
        found = self._attribute(name)
        if found is None:
            raise ValueNotAllowed(f"There is no column {name[:100]!r}.")
        return found

    def _attribute(self, name: str) -> _Attribute | None:
        """The attribute that `Set.Field` names; either part may have points of its own."""
        folded = name.casefold()
        if folded not in self._found:
            found = next(self._candidates(name), None)
            if found is None:
                return None
            self._found[folded] = found
        return self._found[folded]

    def _candidates(self, name: str) -> Iterator[_Attribute]:
        for place in (place for place, sign in enumerate(name) if sign == "."):
            owner = self._owner(name[:place])
            column = owner.schema.find(name[place + 1 :]) if owner is not None else None
            if owner is not None and column is not None:
                yield _Attribute(owner, column)

    def _owner(self, name: str) -> BuiltIn | DataExtension | None:
        folded = name.casefold()
        return BUILT_IN.get(folded) or next((one for one in self.sets if one.name.casefold() == folded), None)
