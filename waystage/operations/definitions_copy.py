"""The definitions of a business unit, and what is known of some contacts, taken from one database into another.

What is read is plain values, so the two databases need not be open at once, nor be of one kind. Numbers are given anew,
but those of assets, by which documents name them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from waystage.store import assets, contacts, data_extensions, event_definitions, rows, unsubscribes, versions
from waystage.store.assets import Asset, Content
from waystage.store.contacts import Attributes
from waystage.store.data_extensions import DataExtension
from waystage.store.event_definitions import EventDefinition
from waystage.store.rows import RowWrite
from waystage.store.sql import Tx
from waystage.store.unsubscribes import Unsubscribe
from waystage.store.versions import Version

_EVERY = 1_000_000


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a contact: attribute sets, its rows by number of the data extension, what it does not want."""

    key: str
    attributes: Attributes
    rows: dict[int, list[dict[str, Any]]]
    wishes: tuple[Unsubscribe, ...] = ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything that a run of one version may name."""

    version: Version
    extensions: tuple[DataExtension, ...]
    events: tuple[EventDefinition, ...]
    assets: tuple[tuple[Asset, Content | None], ...]
    people: tuple[Person, ...]


def read(tx: Tx, version: Version, contact_keys: Sequence[str]) -> Definitions:
    """What one version and these contacts take; contacts that are deleted or not known are left out."""
    account = version.account
    _, extensions = data_extensions.search(tx, account, "", _EVERY, 0)
    _, events = event_definitions.search(tx, account, "", _EVERY, 0)
    _, found = assets.page(tx, account, _EVERY, 0)
    return Definitions(
        version,
        tuple(extensions),
        tuple(events),
        tuple((one, assets.content(tx, account, one.content)) for one in found),
        tuple(_people(tx, account, contact_keys, [one for one in extensions if one.contact_field is not None])),
    )


def _people(tx: Tx, account: int, keys: Sequence[str], extensions: Sequence[DataExtension]) -> list[Person]:
    known = [one for one in contacts.find(tx, account, keys).values() if one.deleted is None]
    return [
        Person(
            one.key,
            one.attributes,
            {of.number: own for of in extensions if (own := rows.of_contact(tx, of.number, one.lane, one.number))},
            tuple(unsubscribes.of_contact(tx, one.lane, one.number)),
        )
        for one in known
    ]


def write(tx: Tx, copy: Definitions, now: int) -> Version:
    """Store all of it in an empty database, the version as a Draft; returns that."""
    extensions = {one.number: replace(one, number=data_extensions.insert(tx, one)) for one in copy.extensions}
    for event in copy.events:
        extension = extensions.get(event.data_extension)
        event_definitions.insert(tx, replace(event, data_extension=extension.number if extension else 0))
    for asset, content in copy.assets:
        number = assets.insert(tx, asset, keep_number=True)
        if content is not None:
            parts = (content.subject, content.html, content.text)
            assets.append_content(tx, asset.account, number, parts, asset.modified)
    for person in copy.people:
        _write_person(tx, copy.version.account, person, extensions, now)
    return _write_version(tx, copy.version)


def _write_version(tx: Tx, version: Version) -> Version:
    journey = versions.add_journey(tx, version.account, version.guid, version.key, version.created)
    draft = replace(version, journey=journey.number, status="Draft", published=None)
    return replace(draft, number=versions.add_version(tx, draft))


def _write_person(tx: Tx, account: int, person: Person, extensions: dict[int, DataExtension], now: int) -> None:
    lane, number = contacts.ensure(tx, account, [person.key], now)[person.key]
    contacts.save_attributes(tx, lane, number, person.attributes)
    for wish in person.wishes:
        unsubscribes.add(tx, lane, number, wish)
    for extension_number, own in person.rows.items():
        extension = extensions[extension_number]
        # Rows without a primary key keep their order: whose row comes first must not hang on a drawn name.
        keys = [rows.key_of(extension.schema, row) or f"#{place:06}" for place, row in enumerate(own)]
        writes = [RowWrite(key, person.key, row, row) for key, row in zip(keys, own, strict=True)]
        rows.upsert(tx, account, extension, writes, now)
