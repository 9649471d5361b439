"""Bindings become values: `{{Contact…}}`, `{{Event…}}`, `{{Interaction…}}` and `%%Field%%` (journey-spec 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waystage.plan import expressions as e
from waystage.plan.catalog import DEFAULT_ADDRESSES, Catalog, EventDefinition, Extension, kind_of
from waystage.spec import bindings
from waystage.spec.document import Journey
from waystage.spec.fields import Field, FieldType, Schema

#: Paths that differ per effect but need no look-up: the renderer fills them in (see plan.content).
LATE = {
    "Context.DefinitionInstanceId": "instance",
    "Context.DefinitionId": "definition",
    "Context.VersionNumber": "version",
    "Context.IsTest": "test",
    "Context.ExecutionMode": "mode",
    "Activity.Id": "activity",
}
#: Session data of the hosted product that has no meaning here; always empty (journey-spec 5.2).
_BLANK = (
    "PublicationId", "StartActivityKey", "LastExecutedActivityKey", "DequeueReason", "WaitQueueId", "RequestObjectId",
)  # fmt: skip
_CONTEXT: dict[str, e.Value] = {
    "ContactKey": e.ContactKey(),
    "ContactId": e.ContactId(),
    **{name: e.Literal("") for name in _BLANK},
}


#: `%%…%%` of the hosted product that lead to pages about the message; the renderer fills them in too.
LATE_LINKS = dict.fromkeys(("unsub_center_url", "profile_center_url", "subscription_center_url"), "unsubscribe")


class UnknownName(ValueError):
    """A binding that names nothing here; the message says which and what exists."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A value together with the field it comes from, which says how to read and write it; None for plain text.

    `row` is the schema of a whole row.
    """

    value: e.Value
    field: Field | None = None
    row: Schema | None = None


@dataclass(frozen=True, slots=True)
class Resolver:
    """Names of one journey: its event, its attribute sets, its activities."""

    catalog: Catalog
    event: EventDefinition | None
    journey: Journey
    outputs: dict[str, tuple[int, Mapping[str, FieldType]]]
    """Activity key to its number and the outputs of its type."""
    earlier: frozenset[str] = frozenset()
    """The activities that may lie before the one that is compiled."""
    awaited: tuple[EventDefinition, ...] = ()
    """The events that some activity waits for."""

    def path(self, path: bindings.Path) -> Bound:
        """The value of one path; raises UnknownName."""
        match path.root.casefold(), path.segments:
            case bindings.PERSONALISATION, (name,):
                return self.personal(name)
            case "contact", segments:
                return self._of_contact(path, segments)
            case "context", (name,) if name in _CONTEXT:
                return Bound(_CONTEXT[name])
            case "event", segments if len(segments) <= 2:
                return self._of_event(segments)
            case "interaction", (output,):
                return self.output(None, output)
            case "interaction", (activity_key, output):
                return self.output(activity_key, output)
            case "interactiondefaults", (channel,):
                return self._journey_default(channel)
            case "datetime", (word,) if word.casefold() == "now":
                return Bound(e.Now())
            case _:
                raise UnknownName(f"{path} names nothing known.")

    def _of_contact(self, path: bindings.Path, segments: tuple[str, ...]) -> Bound:
        match (segments[0].casefold() if segments else "", segments[1:]):
            case "key", ():
                return Bound(e.ContactKey())
            case "id", ():
                return Bound(e.ContactId())
            case "default", (channel,):
                return self._default(channel)
            case "attribute", (set_name, field_name):
                return self.attribute(set_name, field_name)
            case _:
                raise UnknownName(f"{path} names nothing known.")

    def _of_event(self, segments: tuple[str, ...]) -> Bound:
        """A field, by the key of its event or without; or the whole row."""
        if segments:
            return self.event_field(segments[0] if len(segments) == 2 else None, segments[-1])
        if self.event is None or self.event.extension is None:
            raise UnknownName("Event: the journey's event definition is not known.")
        return Bound(e.EntryRow(), row=self.event.extension.schema)

    def event_field(self, event_key: str | None, name: str) -> Bound:
        """A field of the entry event, or of one that is waited for; no key means the entry event (journey-spec 5.2)."""
        entry, folded = self.event, (event_key or "").casefold()
        awaited = next((one for one in self.awaited if folded and one.key.casefold() == folded), None)
        if awaited is None and entry is not None and event_key is not None and entry.key.casefold() != folded:
            raise UnknownName(f"Event.{event_key} neither starts this journey ({entry.key} does) nor is waited for.")
        event = awaited or entry
        if event is None or event.extension is None:
            raise UnknownName(f"Event field {name}: the journey's event definition is not known.")
        found = event.extension.schema.find(name)
        if found is None:
            raise UnknownName(f"Event {event.key} has no field {name}.")
        if awaited is None:
            return Bound(e.EventField(found.name, kind_of(found)), found)
        starts = entry is not None and entry.number == awaited.number
        return Bound(e.HeardField(awaited.number, found.name, kind_of(found), or_entry=starts), found)

    def attribute(self, set_name: str, name: str) -> Bound:
        """A field of contact data."""
        extension = self.catalog.attribute_set(set_name)
        if extension is not None:
            return self.extension_field(extension, name)
        for known in ("Email Addresses", "Email Demographics", "MobileConnect Demographics"):
            if known.casefold() == set_name.casefold():
                return Bound(e.ProfileField(known, name))
        raise UnknownName(f"There is no attribute set {set_name}.")

    @staticmethod
    def extension_field(extension: Extension, name: str) -> Bound:
        """A field of the contact's row in a data extension."""
        found = extension.field(name)
        if found is None:
            raise UnknownName(f"Attribute set {extension.name} has no field {name}.")
        return Bound(e.AttributeField(extension.number, found.name, kind_of(found)), found)

    def output(self, activity_key: str | None, name: str) -> Bound:
        """An output of an earlier activity; without a key that of the last in the document that can be meant."""
        for key, (number, types) in reversed(self.outputs.items()):
            if key != activity_key if activity_key is not None else key not in self.earlier:
                continue
            found = next((known for known in types if known.casefold() == name.casefold()), None)
            if found is not None:
                field = Field(found, types[found])
                return Bound(e.OutputField(number, found, kind_of(field)), field)
        where = f"Activity {activity_key}" if activity_key else "No activity"
        raise UnknownName(f"{where} has no output {name}." if activity_key else f"{where} has an output {name}.")

    def personal(self, name: str) -> Bound:
        """`%%Field%%`: entry data, then contact attributes (contract, content)."""
        wanted = name.casefold()
        if wanted in {"_subscriberkey", "subscriberkey", "contactkey"} and not self._in_event(name):
            return Bound(e.ContactKey())
        if wanted == "emailaddr":
            return self._journey_default("Email")
        if self._in_event(name):
            return self.event_field(None, name)
        for extension in self.catalog.extensions:
            if extension.schema.contact_field and extension.schema.find(name):
                return self.extension_field(extension, name)
        raise UnknownName(f"%%{name}%% names neither a field of the entry event nor a contact attribute.")

    def _in_event(self, name: str) -> bool:
        extension = self.event.extension if self.event else None
        return extension is not None and extension.schema.find(name) is not None

    @staticmethod
    def _default(channel: str) -> Bound:
        known = DEFAULT_ADDRESSES.get(channel.casefold())
        return Bound(e.ProfileField(*known) if known else e.Literal(None))

    def _journey_default(self, channel: str) -> Bound:
        if channel.casefold() == "mobilenumber":
            return Bound(self.mobile_number())
        if channel.casefold() != "email":
            raise UnknownName(f"InteractionDefaults.{channel} is not known here; Email and MobileNumber are.")
        return Bound(self.address())

    def address(self) -> e.Value:
        """The first usable of the journey's default expressions for e-mail (journey-spec 1.6).

        A journey that lists none falls back on the e-mail fields of its event, then on the contact's own address.
        """
        listed = [self._template(text) for text in self.journey.default_emails]
        options = listed or [*self._event_fields(FieldType.EMAIL), self._default("email")]
        checked = tuple(one.field is not None and one.field.type is FieldType.EMAIL for one in options)
        return e.FirstUsable(tuple(one.value for one in options), checked)

    def mobile_number(self, own: Bound | None = None) -> e.Value:
        """The first usable mobile number: `own`, that of the activity, then as for e-mail (journey-spec 1.6)."""
        listed = [self._template(text) for text in self.journey.default_mobile_numbers]
        options = listed or [*self._event_fields(FieldType.PHONE), self._default("sms")]
        texts = [self._in_text(one) for one in ([own] if own else []) + options]
        return e.FirstUsable(tuple(texts), (False,) * len(texts), e.Shape.PHONE)

    @staticmethod
    def _in_text(bound: Bound) -> e.Value:
        return bound.value if bound.value.kind is e.Kind.TEXT else e.AsText(bound.value)

    def _event_fields(self, type_: FieldType) -> list[Bound]:
        extension = self.event.extension if self.event else None
        fields = extension.schema.fields if extension else ()
        return [Bound(e.EventField(one.name, e.Kind.TEXT), one) for one in fields if one.type is type_]

    def _template(self, text: str) -> Bound:
        try:
            return self.template(bindings.parse(text))
        except bindings.BindingError as error:
            raise UnknownName(str(error)) from error

    def template(self, template: bindings.Template) -> Bound:
        """A whole text: one expression keeps its type, everything else is joined text (journey-spec 5.1)."""
        if template.single is not None:
            return self.path(template.single)
        if template.constant is not None:
            return Bound(e.Literal(template.constant))
        return Bound(e.Joined(tuple(self._as_text(part) for part in template.parts)))

    def _as_text(self, part: str | bindings.Path) -> e.Value:
        if isinstance(part, str):
            return e.Literal(part)
        bound = self.path(part)
        if bound.value.kind is e.Kind.TEXT:
            return bound.value
        if bound.field is not None and bound.field.type is not FieldType.NUMBER:
            raise UnknownName(f"{part} is a {bound.field.type.value} and cannot stand inside other text here.")
        return e.AsText(bound.value)
