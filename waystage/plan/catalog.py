"""What a document may refer to, as values: event definitions, attribute sets, e-mails. The store fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waystage.plan.effects import Content
from waystage.plan.expressions import Kind
from waystage.spec.fields import Field, FieldType, Schema

#: Built-in attribute sets, kept on the contact itself, and what `Contact.Default.<channel>` reads from them.
PROFILE_SETS = ("Email Addresses", "Email Demographics", "MobileConnect Demographics")
DEFAULT_ADDRESSES = {
    "email": ("Email Addresses", "Email Address"),
    "sms": ("MobileConnect Demographics", "Mobile Number"),
    "phonenumber": ("MobileConnect Demographics", "Mobile Number"),
}


@dataclass(frozen=True, slots=True)
class Extension:
    """A data extension. `field_ids` maps field GUIDs, as activities name them, to field names."""

    number: int
    guid: str
    key: str
    name: str
    schema: Schema
    field_ids: Mapping[str, str] = field(default_factory=dict)

    def field(self, name_or_id: str) -> Field | None:
        """The field with this name (any case) or GUID."""
        return self.schema.find(self.field_ids.get(name_or_id.lower(), name_or_id))


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """A named kind of event; `logs_rows` unless its rows are not to be written to the data extension."""

    number: int
    guid: str
    key: str
    type: str
    extension: Extension | None
    logs_rows: bool = True
    document: Mapping[str, Any] = field(default_factory=dict)
    """The body as it was posted, without what has columns of its own: schedule, arguments, metaData."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that one business unit's documents may name; keys of the mappings are folded."""

    offset_minutes: int = 0
    events: tuple[EventDefinition, ...] = ()
    extensions: tuple[Extension, ...] = ()
    emails: Mapping[int, Content] = field(default_factory=dict)
    messages: Mapping[int, Content] = field(default_factory=dict)
    """Stored messages that are no e-mails, by the id of their asset."""
    legacy_ids: Mapping[int, int] = field(default_factory=dict)
    """The ids of those by their legacyId."""

    def message(self, number: int) -> Content | None:
        """The stored message with this id, else the one with this legacyId."""
        return self.messages.get(number) or self.messages.get(self.legacy_ids.get(number, 0))

    def event(self, by: str, text: str) -> EventDefinition | None:
        """The event definition with this `id` or `key`."""
        wanted = text.casefold()
        found = (event for event in self.events if (event.guid if by == "id" else event.key.casefold()) == wanted)
        return next(found, None)

    def attribute_set(self, name: str) -> Extension | None:
        """The data extension that is an attribute set under its name (contract 18)."""
        wanted = name.casefold()
        linked = (extension for extension in self.extensions if extension.schema.contact_field)
        return next((extension for extension in linked if extension.name.casefold() == wanted), None)

    def extension(self, guid_or_key: str) -> Extension | None:
        """The data extension with this id or key."""
        wanted = guid_or_key.casefold()
        return next((one for one in self.extensions if wanted in {one.guid, one.key.casefold()}), None)


def kind_of(field_: Field) -> Kind:
    """How values of a field are stored (design 8.7)."""
    numbers = {FieldType.NUMBER, FieldType.DECIMAL, FieldType.DATE, FieldType.BOOLEAN}
    return Kind.INTEGER if field_.type in numbers else Kind.TEXT
