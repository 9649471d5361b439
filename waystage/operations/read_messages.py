"""Reading the message store: which messages there are, and each of them rendered as it was, or will be, sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waystage.engine.sending.messages import rendered
from waystage.engine.sending.tracking import Tracker
from waystage.plan.content import Texts
from waystage.plan.effects import Form
from waystage.store import contacts, message_lists, outbox, plans
from waystage.store.message_lists import Place, StoredMessage, Wanted
from waystage.store.outbox import Origin
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Query:
    """What a caller asks for; None does not restrict. Contact and activity keys are exact, the rest in any case."""

    contact_key: str | None = None
    journey_key: str | None = None
    activity_key: str | None = None
    channel: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One message with its texts and where it comes from."""

    message: StoredMessage
    texts: Texts
    channel: str
    journey_key: str
    version: int
    activity_key: str


def page(
    tx: Tx, account: int, query: Query, limit: int, offset: int, tracker: Tracker | None = None
) -> tuple[int, list[Reading]]:
    """How many messages there are, and one page of them, newest first; `tracker` makes their links."""
    wanted = _wanted(tx, account, query)
    if wanted is None:
        return 0, []
    found = message_lists.page(tx, wanted, limit, offset)
    forms = plans.forms(tx, {one.effect.form for one in found})
    origins = outbox.origins(tx, {one.effect.version for one in found})
    return message_lists.count(tx, wanted), [_reading(one, forms, origins, tracker) for one in found]


def _wanted(tx: Tx, account: int, query: Query) -> Wanted | None:
    """The query in the store's numbers; None if something that it names does not exist, so that nothing can match."""
    contact: Place | None = None
    if query.contact_key is not None:
        known = contacts.find(tx, account, [query.contact_key]).get(query.contact_key)
        if known is None:
            return None
        contact = (known.lane, known.number)
    versions, activities = _origins(tx, account, query)
    channel = None if query.channel is None else query.channel.casefold()
    return Wanted(account, contact, versions, activities, query.status, channel)


def _origins(tx: Tx, account: int, query: Query) -> tuple[tuple[int, ...] | None, tuple[tuple[int, int], ...] | None]:
    if query.journey_key is None and query.activity_key is None:
        return None, None
    found = message_lists.versions_of(tx, account, query.journey_key)
    if query.activity_key is None:
        return tuple(origin.version for origin in found), None
    pairs = (
        (origin.version, number)
        for origin in found
        for number, key in enumerate(origin.activities, start=1)
        if key == query.activity_key
    )
    return None, tuple(pairs)


def _reading(
    message: StoredMessage, forms: Mapping[int, Form], origins: Mapping[int, Origin], tracker: Tracker | None
) -> Reading:
    effect = message.effect
    form, origin = forms[effect.form], origins[effect.version]
    return Reading(
        message,
        rendered(effect, form, origin, tracker),
        form.channel,
        origin.journey_key,
        origin.number,
        origin.activities[effect.activity - 1],
    )
