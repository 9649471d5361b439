"""Made contacts: keys, events that fit the schema, and rows wherever a plan looks (contract 21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from waystage.ground.ids import guid_from
from waystage.operations import fire_event
from waystage.operations.fire_event import AcceptedEvent, EventForm
from waystage.operations.made_data import Frame, Maker, Wishes, maker
from waystage.plan.mentioned import Mentioned, Source
from waystage.spec.fields import Field, FieldError, FieldType, Schema, Stored, convert, fill
from waystage.store import bulk, data_extensions, rows
from waystage.store.contacts import BUILT_IN
from waystage.store.data_extensions import DataExtension
from waystage.store.sql import Tx

#: Rows that are made by one statement.
_CHUNK = 10_000


#: The key of the made contact with a number, from 1.
Naming = Callable[[int], str]


def naming(holder: Field | None) -> Naming:
    """`simulated-000001` and so on, unless the field that holds the key takes only addresses, or numbers."""
    match holder.type if holder is not None else FieldType.TEXT:
        case FieldType.EMAIL:
            return lambda number: f"simulated-{number:06}@example.invalid"
        case FieldType.NUMBER | FieldType.DECIMAL:
            return str
        case _:
            return lambda number: f"simulated-{number:06}"


@dataclass(frozen=True, slots=True)
class Makers:
    """Makes whole rows of one data extension."""

    schema: Schema
    seed: str
    fields: tuple[tuple[str, Maker], ...]
    holder: Field | None
    reserved: str | None

    def row(self, number: int, key: str, now: int) -> dict[str, Stored]:
        """The stored row of a contact; fields that the server fills have what `fill` gives them."""
        made: dict[str, Stored] = {name: make(number, key) for name, make in self.fields}
        if self.holder is not None:
            made[self.holder.name] = convert(self.holder, key)
        if self.reserved is not None:
            made[self.reserved] = guid_from(self.seed, "event", number)
        return made if len(made) == len(self.schema.fields) else fill(self.schema, made, now)


def makers(schema: Schema, extension: int, found: Mentioned, frame: Frame, reserved: str | None = None) -> Makers:
    """For the rows of a data extension; 0 is the one of the entry event."""
    makes = tuple(
        (one.name, _maker(one, Source(extension, one.name), found, frame))
        for one in schema.fields
        if one.name not in {schema.contact_field, reserved}
    )
    return Makers(schema, frame.seed, makes, schema.find(schema.contact_field or ""), reserved)


def _maker(field: Field, source: Source, found: Mentioned, frame: Frame) -> Maker:
    values = sorted(found.values.get(source, ()), key=lambda one: (isinstance(one, str), str(one)))
    relative = sorted(found.relative.get(source, ()), key=lambda one: (one.unit, one.amount))
    wishes = Wishes(values, relative, source in found.absent, found.addresses.get(source))
    return maker(field, f"{source.extension}\x1f{source.attribute_set}\x1f{source.name}", wishes, frame)


def events(form: EventForm, found: Mentioned, frame: Frame, count: int) -> list[AcceptedEvent]:
    """One event for each of `count` contacts."""
    make, name = makers(form.schema, 0, found, frame, form.reserved), naming(form.holder)
    return [
        fire_event.of_row(form, key, make.row(number, key, frame.start))
        for number, key in ((number, name(number)) for number in range(1, count + 1))
    ]


def furnish(tx: Tx, form: EventForm, found: Mentioned, frame: Frame, count: int) -> None:
    """Rows for each of `count` contacts where the plan looks, but not where their events lie; and their profile."""
    name = naming(form.holder)
    wanted = sorted(found.extensions - ({form.extension.number} if form.extension is not None else set()))
    for _, extension in sorted(data_extensions.find_numbers(tx, form.account, wanted).items()):
        if extension.contact_field is not None and _can_hold(extension.contact_field, name(1)):
            make = makers(extension.schema, extension.number, found, frame)
            made = [make.row(number, name(number), frame.start) for number in range(1, count + 1)]
            _write_rows(tx, form.account, extension, made, frame.start)
    if found.profile:
        _profiles(tx, form.account, found, frame, [name(number) for number in range(1, count + 1)])


def _can_hold(holder: Field, key: str) -> bool:
    try:
        convert(holder, key)
    except FieldError:
        return False
    return True


def _write_rows(tx: Tx, account: int, extension: DataExtension, made: Sequence[Mapping[str, Stored]], now: int) -> None:
    """Rows of contacts; those without a primary key are numbered."""
    holder = extension.schema.contact_field
    for start in range(0, len(made), _CHUNK):
        chunk = made[start : start + _CHUNK]
        keys = [rows.key_of(extension.schema, row) or f"#{start + nth:09}" for nth, row in enumerate(chunk)]
        wanted = {key: None if holder is None else str(row[holder]) for key, row in zip(keys, chunk, strict=True)}
        data = {key: msgspec.json.encode(row).decode() for key, row in zip(keys, chunk, strict=True)}
        bulk.upsert_rows(tx, account, extension, wanted, list(data.values()), now)


def _profiles(tx: Tx, account: int, found: Mentioned, frame: Frame, keys: Sequence[str]) -> None:
    makes: dict[str, dict[str, Maker]] = {}
    for source in sorted(found.profile):
        built_in = BUILT_IN.get(source.attribute_set.casefold())
        field = built_in.schema.find(source.name) if built_in is not None else None
        if built_in is not None and field is not None:
            makes.setdefault(built_in.name, {})[field.name] = _maker(field, source, found, frame)
    for start in range(0, len(keys), _CHUNK):
        chunk = list(enumerate(keys[start : start + _CHUNK], start=start + 1))
        given = {
            key: {name: {field: make(number, key) for field, make in of_set.items()} for name, of_set in makes.items()}
            for number, key in chunk
        }
        texts = {key: msgspec.json.encode(sets).decode() for key, sets in given.items()}
        bulk.save_contacts(tx, account, texts, frame.start)
