"""Changing a data extension by id or key: its key, name, description, folder; its fields never do (design 8.7).

Event definitions and plans know a data extension by its number, so that they go on with it; but documents name it by
key and name, and the versions that run are compiled from them again now and then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from waystage.ground.errors import AlreadyExists, DataExtensionNotFound, NotValidNow, ValueNotAllowed, WaystageError
from waystage.operations import define_data_extension
from waystage.operations.body_check import BodyCheck
from waystage.operations.define_data_extension import LONGEST_KEY, LONGEST_NAME
from waystage.spec.fields import Field, SchemaError, read_schema
from waystage.store import audit, data_extensions, plans
from waystage.store.audit import Kind
from waystage.store.contacts import BUILT_IN
from waystage.store.data_extensions import DataExtension
from waystage.store.sql import Tx

LARGEST_CATEGORY = 2**53


def select(tx: Tx, account: int, guid: str, key: str) -> DataExtension:
    """The data extension with this id or, where none is given, this key; DataExtensionNotFound."""
    if guid:
        found = data_extensions.find(tx, account, guid)
    else:
        found = data_extensions.find_by_key(tx, account, key) if key else None
    if found is None:
        raise DataExtensionNotFound
    return found


def update(tx: Tx, account: int, body: Mapping[str, Any], now: int) -> DataExtension:
    """Change what a body names, found by its `id`, else by its `key`; what it leaves out stays.

    DataExtensionNotFound, ValidationErrors, AlreadyExists, NotValidNow while a running journey names it.
    """
    check = BodyCheck(body)
    guid, key = check.text("id"), check.text("key", longest=LONGEST_KEY)
    name = check.text("name", required="name" in body, longest=LONGEST_NAME)
    description = check.text("description")
    category = check.whole("categoryId", 0, LARGEST_CATEGORY)
    check.settle()
    before = select(tx, account, guid or "", key or "")
    for error in _other_rows(before, body):
        check.refuse(error)
    check.settle()
    told = {"description": description, "categoryId": category}
    after = replace(
        before,
        key=key or before.key,
        name=name or before.name,
        document=before.document | {word: value for word, value in told.items() if value is not None},
    )
    changes = audit.changed(_words(before), _words(after))
    if not changes:
        return before
    _refuse_taken(tx, after)
    _refuse_named(tx, before, after)
    after = replace(after, modified=max(now, before.modified))
    data_extensions.update(tx, after)
    audit.record(tx, account, Kind.DATA_EXTENSION, "Modify", after.guid, after.key, name=after.name, changed=changes)
    return after


def remove(tx: Tx, account: int, guid: str, key: str, *, now: int) -> DataExtension:
    """Delete the data extension with this id, else with this key; DataExtensionNotFound, NotValidNow."""
    found = select(tx, account, guid, key)
    define_data_extension.remove(tx, account, {"id": found.guid}, now)
    return found


def _words(extension: DataExtension) -> dict[str, Any]:
    return extension.document | {"key": extension.key, "name": extension.name}


def _refuse_taken(tx: Tx, after: DataExtension) -> None:
    if after.name.casefold() in BUILT_IN:
        raise AlreadyExists(f"{after.name!r} is a built-in attribute set.")
    for what, there in (
        (f"key {after.key!r}", data_extensions.find_by_key(tx, after.account, after.key)),
        (f"name {after.name!r}", data_extensions.find_by_name(tx, after.account, after.name)),
    ):
        if there is not None and there.number != after.number:
            raise AlreadyExists(f"A data extension with the {what} exists already.")


def _refuse_named(tx: Tx, before: DataExtension, after: DataExtension) -> None:
    """Whatever runs by the former key or name would not find it when it is compiled again."""
    gone = [
        old
        for old, new in ((before.key, after.key), (before.name, after.name))
        if old.casefold() != new.casefold() and old.casefold() not in {before.guid, after.key.casefold()}
    ]
    if not gone:
        return
    for document in plans.running_documents(tx, before.account):
        folded = document.casefold()
        for old in gone:
            if any(form in folded for form in _forms(old)):
                raise NotValidNow(f"A running journey names the data extension {old!r}; stop it first.")


def _forms(name: str) -> Iterator[str]:
    """How a name stands in a document: as a value, and before a field, in quotes or not."""
    written = msgspec.json.encode(name).decode()[1:-1].casefold()
    yield from (f'"{written}"', f"{written}.", f'{written}\\"')


def _other_rows(before: DataExtension, body: Mapping[str, Any]) -> Iterator[WaystageError]:
    """What a body says that would make other rows of it."""
    schema = before.schema
    contact_field = schema.contact_field
    sendable, named = body.get("isSendable"), body.get("sendableCustomObjectField")
    if isinstance(sendable, bool) and sendable is not (contact_field is not None):
        yield ValueNotAllowed("isSendable never changes after a data extension was made.")
    elif named and contact_field is not None and str(named).casefold() != contact_field.casefold():
        yield ValueNotAllowed("sendableCustomObjectField never changes after a data extension was made.")
    for place, entry in enumerate(body.get("fields") or ()):
        try:
            told = read_schema({"fields": [entry]}).fields[0]
        except SchemaError as error:
            yield ValueNotAllowed(f"fields[{place}]: {error}")
            continue
        there = schema.find(told.name)
        if there is None or not _same(there, told, entry):
            yield ValueNotAllowed(f"fields[{place}]: the fields never change after a data extension was made.")


def _same(there: Field, told: Field, entry: Mapping[str, Any]) -> bool:
    """Whether a field is told as it is; what is left out is not told."""
    is_bounded = there.length is not None and "length" in entry
    return (
        (not is_bounded or (there.length, there.scale) == (told.length, told.scale))
        and ("type" not in entry or there.type is told.type)
        and ("isPrimaryKey" not in entry or there.is_primary_key == told.is_primary_key)
        and ("isNullable" not in entry or there.is_nullable == told.is_nullable)
    )
