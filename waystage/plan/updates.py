"""Changes of contact data by an activity: fields of data extensions become writes (journey-spec 3.12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from waystage.plan.catalog import Extension, kind_of
from waystage.plan.expressions import AsText, ContactKey, EventField, Kind, Literal, Now, Value
from waystage.plan.kinds import Site
from waystage.plan.moves import Write
from waystage.plan.values import Bound
from waystage.spec import problems
from waystage.spec.fields import Field, FieldError, FieldType, Schema, convert


@dataclass(frozen=True, slots=True)
class Entry:
    """One field that an activity sets, as its document says it; `path` leads the messages about it."""

    extension: str
    field: str
    value: object
    path: str


@dataclass(slots=True)
class _Change:
    """The fields of one extension that the activity sets."""

    extension: Extension
    fields: dict[str, Value] = field(default_factory=dict)


def writes(site: Site, entries: Iterable[Entry]) -> tuple[Write, ...]:
    """One write per data extension; what cannot be written is a problem of the site (190016)."""
    changes: dict[int, _Change] = {}
    for entry in entries:
        _collect(site, entry, changes)
    return tuple(_write(change, site) for change in changes.values())


def _collect(site: Site, entry: Entry, changes: dict[int, _Change]) -> None:
    extension = site.catalog.extension(entry.extension)
    if extension is None:
        message = f"{entry.path}: there is no data extension {entry.extension!r}."
        site.problem(problems.UPDATE_CONTACT, message)
        return
    found = extension.field(entry.field)
    if found is None or not extension.schema.contact_field:
        what = f"has no field {entry.field!r}" if found is None else "has no sendable field"
        site.problem(problems.UPDATE_CONTACT, f"{entry.path}: data extension {extension.name} {what}.")
        return
    value = _value(site, entry.value, found, entry.path)
    if value is not None:
        changes.setdefault(extension.number, _Change(extension)).fields[found.name] = value


def _value(site: Site, given: object, target: Field, path: str) -> Value | None:
    """A constant is converted now; a binding must fit the field's type when it runs."""
    if not (isinstance(given, str) and "{{" in given):
        try:
            return Literal(convert(target, given, site.offset))
        except FieldError as error:
            site.problem(problems.UPDATE_CONTACT, f"{path}: {error}")
            return None
    bound = site.bound(given, path)
    if _fits(bound, target):
        return bound.value
    if kind_of(target) is Kind.TEXT and (bound.field is None or bound.field.type is FieldType.NUMBER):
        return AsText(bound.value)
    site.problem(problems.UPDATE_CONTACT, f"{path}: {given} does not give a {target.type.value}.")
    return None


def _fits(bound: Bound, target: Field) -> bool:
    """Alike in how they are stored; decimals of another scale or dates into numbers are not."""
    if bound.value.kind is not kind_of(target):
        return False
    if kind_of(target) is Kind.TEXT:
        return True
    if bound.field is None:
        return target.type in {FieldType.NUMBER, FieldType.DATE} or (
            target.type is FieldType.DECIMAL and target.scale == 0
        )
    return bound.field.type is target.type and bound.field.scale == target.scale


def _write(change: _Change, site: Site) -> Write:
    schema = change.extension.schema
    known: dict[str, Value] = {}
    contact_field = schema.find(schema.contact_field or "")
    if contact_field and kind_of(contact_field) is Kind.TEXT:
        known[contact_field.name] = ContactKey()
    known |= _entry_values(change.extension, site)
    names = [one.name for one in schema.primary_key]
    key = tuple(known[name] for name in names) if names and all(name in known for name in names) else None
    members = _defaults(schema, site) | known | change.fields
    whole = all(one.name in members for one in schema.fields if not one.is_nullable)
    return Write(
        change.extension.number, tuple(change.fields.items()), key, tuple(members.items()) if key and whole else None
    )


def _entry_values(extension: Extension, site: Site) -> dict[str, Value]:
    """If the entry event lies in this very extension, the primary key of its row (journey-spec 3.12)."""
    own = site.event.extension if site.event else None
    if own is None or own.number != extension.number:
        return {}
    return {one.name: EventField(one.name, kind_of(one)) for one in extension.schema.primary_key}


def _defaults(schema: Schema, site: Site) -> dict[str, Value]:
    return {
        one.name: Now() if one.default.casefold() == "getdate()" else Literal(convert(one, one.default, site.offset))
        for one in schema.fields
        if one.default is not None
    }
