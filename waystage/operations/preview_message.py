"""What a message of a journey would say to one contact: rendered as it would be sent, and not sent (contract 24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.engine.sending.messages import rendered
from waystage.ground.errors import ContactNotFound, InteractionNotFound, ValueNotAllowed, WrongType
from waystage.operations.body_check import BodyCheck
from waystage.plan import expressions as e
from waystage.plan.catalog import Catalog
from waystage.plan.compile import Identity, Kinds, compile_journey
from waystage.plan.content import Texts
from waystage.plan.effects import Effect
from waystage.plan.moves import Emit
from waystage.plan.plans import Plan, PlannedActivity
from waystage.spec import moments, problems
from waystage.spec.document import parse
from waystage.spec.fields import FieldError, Stored, convert, fill
from waystage.store import catalogs, contacts, outbox, previews, versions
from waystage.store.message_lists import SKIPS
from waystage.store.moves import CAPTURED
from waystage.store.outbox import Origin
from waystage.store.sql import Tx
from waystage.store.versions import Selector


@dataclass(frozen=True, slots=True)
class Asked:
    """Which message, of which version (None: the newest), for which contact, with which entry data."""

    journey_key: str
    version: int | None
    activity_key: str
    contact_key: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent; `reason` says why it would not be, `unknown` what was not understood in it."""

    channel: str
    to: str | None
    texts: Texts
    reason: str | None
    unknown: tuple[str, ...]


def read(body: Mapping[str, Any]) -> Asked:
    """What a body asks for; ValidationErrors."""
    check = BodyCheck(body)
    journey_key = check.text("journeyKey", required=True)
    activity_key = check.text("activityKey", required=True)
    contact_key = check.text("contactKey")
    version = check.whole("versionNumber", 1, 2**31)
    data = body.get("data")
    if data is not None and not isinstance(data, dict):
        check.refuse(WrongType("data must be an object."))
    check.settle()
    return Asked(journey_key or "", version, activity_key or "", contact_key or None, data or {})


def preview(tx: Tx, kinds: Kinds, account: int, asked: Asked, now: int, offset: int) -> Preview:
    """Render a message; InteractionNotFound, ContactNotFound, ValueNotAllowed or WrongType for what does not fit."""
    stored = versions.find(tx, account, Selector("key", asked.journey_key), asked.version)
    if stored is None:
        raise InteractionNotFound
    catalog = catalogs.read(tx, account, offset, now=now)
    identity = Identity(stored.number, stored.journey, account, stored.definition_id)
    compiled = compile_journey(parse(stored.document), kinds, catalog, identity, anyway=True)
    if compiled.plan is None:
        raise ValueNotAllowed("The journey has no event definition or no start, so no message of it can be made.")
    activity, effect = _message(compiled.plan, asked.activity_key)
    lane, contact = _contact(tx, account, asked.contact_key)
    data = _entry(catalog, compiled.plan, asked, now)
    zone = moments.fixed_zone(offset)

    def relative(date: e.Relative, at: int) -> int:
        return moments.relative(at, date.amount, moments.unit_of(date.unit), zone)

    state, address, *values = previews.values(
        tx, lane, contact, data, effect, compiled.plan.seed, relative, now
    )  # fmt: skip
    origin = Origin(stored.number, stored.definition_id, stored.version, stored.key, is_test=False, activities=())
    row = outbox.Effect(
        lane, 0, 0, stored.number, activity.number, contact, now, 0, CAPTURED, address or "", tuple(values)
    )  # fmt: skip
    unknown = (one for one in compiled.problems if one.code == problems.PERSONALISATION)
    said = tuple(one.message for one in unknown if one.activity_key == activity.key)
    return Preview(effect.form.channel, address, rendered(row, effect.form, origin), SKIPS.get(state), said)


def _message(plan: Plan, activity_key: str) -> tuple[PlannedActivity, Effect]:
    """The activity and its message; ValueNotAllowed."""
    for activity in plan.activities:
        for move in activity.step if activity.key == activity_key else ():
            if isinstance(move, Emit) and isinstance(move.effect, Effect):
                return activity, move.effect
    raise ValueNotAllowed("activityKey names no message of the journey.")


def _contact(tx: Tx, account: int, contact_key: str | None) -> tuple[int, int]:
    """(lane, number); without a key nobody. ContactNotFound."""
    if contact_key is None:
        return 1, 0
    found = contacts.find(tx, account, [contact_key]).get(contact_key)
    if found is None or found.deleted is not None:
        raise ContactNotFound
    return found.lane, found.number


def _entry(catalog: Catalog, plan: Plan, asked: Asked, now: int) -> str:
    """The entry data as JSON text: what was given, and defaults for the rest; WrongType."""
    extension = next((one.extension for one in catalog.events if one.number == plan.entry.event_definition), None)
    if extension is None:
        return "{}"
    schema, row = extension.schema, dict[str, Stored]()
    try:
        for name, value in asked.data.items():
            field = schema.find(name)
            if field is not None and value is not None:
                row[field.name] = convert(field, value, catalog.offset_minutes)
    except FieldError as error:
        raise WrongType(f"data: {error}") from error
    if asked.contact_key is not None and schema.contact_field:
        row.setdefault(schema.contact_field, asked.contact_key)
    whole = fill(schema, row, now, catalog.offset_minutes)
    return msgspec.json.encode({name: one for name, one in whole.items() if one is not None}).decode()
