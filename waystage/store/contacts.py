"""Contacts: a key, a number within its lane, and the built-in attribute sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from waystage.ground.ids import lane_of
from waystage.spec.fields import Field, FieldType, Schema, Stored
from waystage.store import lane_counters, unsubscribes
from waystage.store.sql import Row, Tx, lane_numbers

#: Built-in attribute sets of one contact: set name → field name → stored value.
Attributes: TypeAlias = dict[str, dict[str, Stored]]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """An attribute set that every contact has, stored with the contact under `name`."""

    name: str
    schema: Schema


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, length=254) for name in names)


_SETS = (
    BuiltIn(
        "Email Addresses",
        Schema((Field("Email Address", FieldType.EMAIL, 254), Field("HTML Enabled", FieldType.BOOLEAN))),
    ),
    BuiltIn(
        "Email Demographics",
        Schema(
            (
                *_texts("First Name", "Last Name", "Full Name", "Company", "Street", "City", "State", "Postal Code"),
                *_texts("Country", "Language", "Gender"),
                Field("Birth Date", FieldType.DATE),
            )
        ),
    ),
    BuiltIn(
        "MobileConnect Demographics",
        Schema(
            (
                Field("Mobile Number", FieldType.PHONE, 50),
                Field("Locale", FieldType.LOCALE, 10),
                Field("Status", FieldType.NUMBER),
                Field("Priority", FieldType.NUMBER),
            )
        ),
    ),
)
#: The built-in attribute sets by folded name (api.md 11.6); no data extension may have one of these names.
BUILT_IN = {built_in.name.casefold(): built_in for built_in in _SETS}

#: More lanes than any database has (design 3.1): keeps contact ids unique over lanes and below 2^53.
LANE_SPAN = 4096


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact; `number` is unique within `lane`, times in ms UTC."""

    lane: int
    number: int
    key: str
    created: int
    deleted: int | None
    attributes: Attributes


def contact_id(lane: int, number: int) -> int:
    """The `contactID` of the wire (api.md 11.6): a number that is unique in the whole database."""
    return number * LANE_SPAN + lane


def keys_by_lane(account: int, keys: Iterable[str], lanes: int) -> list[tuple[int, list[str]]]:
    """Each lane that holds any of these contacts, ascending, with its keys, ascending and without repetition."""
    grouped: defaultdict[int, list[str]] = defaultdict(list)
    for key in sorted(set(keys)):
        grouped[lane_of(account, key, lanes)].append(key)
    return sorted(grouped.items())


def _read(lane: int, row: Row) -> Contact:
    number, key, created, deleted, data = row
    return Contact(lane, number, key, created, deleted, msgspec.json.decode(data))


def find(tx: Tx, account: int, keys: Sequence[str]) -> dict[str, Contact]:
    """The contacts among these keys that are known, deleted ones included; keys are case-sensitive (contract 10)."""
    found: dict[str, Contact] = {}
    for lane, wanted in keys_by_lane(account, keys, tx.lanes):
        columns = f"c.contact, c.key, c.created, c.deleted, {tx.dialect.json_out('c.data')}"
        found.update((row[1], _read(lane, row)) for row in _listed(tx, lane, account, wanted, columns))
    return found


def _listed(tx: Tx, lane: int, account: int, keys: Sequence[str], columns: str) -> list[Row]:
    """`columns` of the contacts `c` among these keys of a lane, each found by its key.

    With `key IN (…)` SQLite would rather read the whole lane by the primary key.
    """
    by_key = "c.lane = :lane AND c.account = :account AND c.key = k.one"
    return tx.rows(
        f"SELECT {columns} FROM {tx.dialect.texts_of(':keys')} k{tx.dialect.look_up('contact', 'c', by_key)}",
        lane=lane, account=account, keys=msgspec.json.encode(list(keys)).decode(),
    )  # fmt: skip


def find_any_case(tx: Tx, account: int, key: str) -> Contact | None:
    """The contact with this key; if there is none, the first with it in other letter case (contract 10).

    Contact keys are case-sensitive and found by their case: a key in another one is looked for among all.
    """
    if key in (known := find(tx, account, [key])):
        return known[key]
    fold = tx.dialect.fold
    row = tx.one(
        "SELECT key FROM contact WHERE lane BETWEEN 1 AND :last AND account = :account"
        f" AND {fold('key')} = {fold(':key')} ORDER BY key LIMIT 1",
        last=lane_numbers(tx)[-1], account=account, key=key,
    )  # fmt: skip
    return find(tx, account, [row[0]]).get(row[0]) if row is not None else None


def find_id(tx: Tx, account: int, wanted: int) -> Contact | None:
    """The contact with this `contactID`, deleted ones included."""
    number, lane = divmod(wanted, LANE_SPAN)
    row = tx.one(
        f"SELECT contact, key, created, deleted, {tx.dialect.json_out('data')} FROM contact"
        " WHERE lane = :lane AND contact = :number AND account = :account",
        lane=lane,
        number=number,
        account=account,
    )
    return None if row is None else _read(lane, row)


def ensure(tx: Tx, account: int, keys: Sequence[str], now: int) -> dict[str, tuple[int, int]]:
    """(lane, number) of each of these contacts; those not known yet are made. Deleted ones stay deleted."""
    places: dict[str, tuple[int, int]] = {}
    for lane, wanted in keys_by_lane(account, keys, tx.lanes):
        known = _numbers(tx, lane, account, wanted)
        missing = [key for key in wanted if key not in known]
        if missing:
            known.update(_create(tx, lane, account, missing, now))
        places.update((key, (lane, number)) for key, number in known.items())
    return places


def _numbers(tx: Tx, lane: int, account: int, wanted: Sequence[str]) -> dict[str, int]:
    return dict(_listed(tx, lane, account, wanted, "c.key, c.contact"))


def _create(tx: Tx, lane: int, account: int, keys: Sequence[str], now: int) -> dict[str, int]:
    first = lane_counters.take(tx, lane, "contact", len(keys))
    numbers = {key: first + place for place, key in enumerate(keys)}
    tx.many(
        "INSERT INTO contact (lane, contact, account, key, created, deleted, data)"
        f" VALUES (:lane, :number, :account, :key, :now, NULL, {tx.dialect.json_in(':data')})",
        [
            {"lane": lane, "number": number, "account": account, "key": key, "now": now, "data": "{}"}
            for key, number in numbers.items()
        ],
    )
    return numbers


def revive(tx: Tx, lane: int, number: int, now: int) -> None:
    """Make a deleted contact anew, empty (contract 39)."""
    tx.run(
        f"UPDATE contact SET created = :now, deleted = NULL, data = {tx.dialect.json_in(':data')}"
        " WHERE lane = :lane AND contact = :number",
        lane=lane,
        number=number,
        now=now,
        data="{}",
    )
    unsubscribes.forget(tx, lane, [number])


def merged(stored: Attributes, given: Mapping[str, Mapping[str, Stored]]) -> Attributes:
    """Attribute sets after an update: members that are given win, all others keep their value."""
    return {**stored, **{name: {**stored.get(name, {}), **fields} for name, fields in given.items()}}


def save_attributes(tx: Tx, lane: int, number: int, attributes: Attributes) -> None:
    """Replace the built-in attribute sets of one contact."""
    tx.run(
        f"UPDATE contact SET data = {tx.dialect.json_in(':data')} WHERE lane = :lane AND contact = :number",
        lane=lane,
        number=number,
        data=msgspec.json.encode(attributes).decode(),
    )
