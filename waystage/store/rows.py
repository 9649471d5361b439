"""Rows of data extensions: each lies in its contact's lane, found again by its primary key (design 8.14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import msgspec

from waystage.ground.ids import lane_of
from waystage.spec.fields import Schema, Stored
from waystage.store import contacts, lane_counters
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx, lane_numbers

#: Where a row lies: lane and contact number, 0 for rows without a contact.
Place: TypeAlias = tuple[int, int]


class Extension(Protocol):
    """What placing a row takes to know of its data extension."""

    @property
    def number(self) -> int:
        """Its number."""
        ...

    @property
    def needs_directory(self) -> bool:
        """Whether rows have contacts but the primary key does not name them, so `row_key` tells where a key lies."""
        ...


@dataclass(frozen=True, slots=True)
class RowWrite:
    """One row to store: `given` as the caller named it, `full` with the defaults, for a row that is new."""

    key: str
    contact_key: str | None
    given: Mapping[str, Stored]
    full: Mapping[str, Stored]


def key_of(schema: Schema, row: Mapping[str, Stored]) -> str | None:
    """The primary key of a row as one text, the JSON array of its stored values; None without a primary key.

    KeyError where the row lacks one of them.
    """
    fields = schema.primary_key
    return msgspec.json.encode([row[field.name] for field in fields]).decode() if fields else None


def upsert(tx: Tx, account: int, extension: Extension, writes: Sequence[RowWrite], now: int) -> None:
    """Insert or update these rows; on an update columns that are not given keep their values.

    Rows of one key become one write first: a database refuses to touch a row twice in one statement. A new row gets a
    number that rises in its lane, an update keeps it (journey-spec 2.5, high watermark).
    """
    merged = _one_per_key(writes)
    wanted = {key: write.contact_key for key, write in merged.items()}
    places = claim(tx, account, extension, wanted, now)
    grouped: defaultdict[int, list[dict[str, int | str]]] = defaultdict(list)
    for key, (lane, contact) in sorted(places.items(), key=lambda item: (item[1], item[0])):
        grouped[lane].append(_values(extension.number, contact, merged[key]) | {"lane": lane})
    for lane, values in sorted(grouped.items()):
        first = lane_counters.take(tx, lane, "row", len(values))
        tx.many(_upsert_text(tx), [one | {"seq": first + place} for place, one in enumerate(values)])


def _one_per_key(writes: Iterable[RowWrite]) -> dict[str, RowWrite]:
    merged: dict[str, RowWrite] = {}
    for write in writes:
        before = merged.get(write.key)
        if before is not None:
            given = {**before.given, **write.given}
            full = {**before.full, **write.full, **given}
            merged[write.key] = RowWrite(write.key, write.contact_key, given, full)
        else:
            merged[write.key] = write
    return merged


def _values(extension: int, contact: int, write: RowWrite) -> dict[str, int | str]:
    return {
        "extension": extension,
        "contact": contact,
        "key": write.key,
        "full": msgspec.json.encode(write.full).decode(),
        "given": msgspec.json.encode(write.given).decode(),
    }


def _upsert_text(tx: Tx) -> str:
    sql = tx.dialect
    return f"""
        INSERT INTO row (lane, extension, contact, key, data, seq)
        VALUES (:lane, :extension, :contact, :key, {sql.json_in(":full")}, :seq)
        ON CONFLICT (lane, extension, contact, key)
        DO UPDATE SET data = {sql.json_merge("row.data", sql.json_in(":given"))}
        """


def claim(tx: Tx, account: int, extension: Extension, wanted: Mapping[str, str | None], now: int) -> dict[str, Place]:
    """Where the rows of these primary keys belong, by the contact keys in `wanted`; contacts not known yet are made.

    With a directory, a row that lies with another contact is moved there as it is, so that a write finds it.
    """
    known = contacts.ensure(tx, account, [key for key in wanted.values() if key is not None], now)
    places = {
        key: (lane_of(account, key, tx.lanes), 0) if contact_key is None else known[contact_key]
        for key, contact_key in wanted.items()
    }
    if extension.needs_directory:
        before = _listed(tx, account, extension.number, places)
        moved = {key: place for key, place in places.items() if before.get(key) != place}
        _list(tx, account, extension.number, moved)
        _move(tx, extension.number, {key: (before[key], to) for key, to in moved.items() if key in before})
    return places


def _listed(tx: Tx, account: int, extension: int, keys: Iterable[str]) -> dict[str, Place]:
    """Where the directory says that these keys lie."""
    found: dict[str, Place] = {}
    for lane, wanted in contacts.keys_by_lane(account, keys, tx.lanes):
        for chunk in chunks(wanted):
            listed, values = in_list(chunk)
            rows = tx.rows(
                "SELECT key, home, contact FROM row_key"
                f" WHERE lane = :lane AND extension = :extension AND key IN {listed}",
                lane=lane,
                extension=extension,
                **values,
            )
            found.update((key, (home, contact)) for key, home, contact in rows)
    return found


def _list(tx: Tx, account: int, extension: int, places: Mapping[str, Place]) -> None:
    """Write the places of these keys into the directory."""
    for lane, keys in contacts.keys_by_lane(account, places, tx.lanes):
        tx.many(
            """
            INSERT INTO row_key (lane, extension, key, home, contact)
            VALUES (:lane, :extension, :key, :home, :contact)
            ON CONFLICT (lane, extension, key) DO UPDATE SET home = excluded.home, contact = excluded.contact
            """,
            [
                {"lane": lane, "extension": extension, "key": key, "home": places[key][0], "contact": places[key][1]}
                for key in keys
            ],
        )


def _move(tx: Tx, extension: int, moves: Mapping[str, tuple[Place, Place]]) -> None:
    taken: dict[str, str] = {}
    for lane in sorted({before[0] for before, _ in moves.values()}):
        keys = sorted(key for key, (before, _) in moves.items() if before[0] == lane)
        for chunk in chunks(keys):
            taken.update(_take(tx, lane, extension, {key: moves[key][0][1] for key in chunk}))
    for lane in sorted({moves[key][1][0] for key in taken}):
        keys = sorted(key for key in taken if moves[key][1][0] == lane)
        first = lane_counters.take(tx, lane, "row", len(keys))
        tx.many(
            "INSERT INTO row (lane, extension, contact, key, data, seq)"
            f" VALUES (:lane, :extension, :contact, :key, {tx.dialect.json_in(':data')}, :seq)",
            [
                {
                    "lane": lane,
                    "extension": extension,
                    "contact": moves[key][1][1],
                    "key": key,
                    "data": taken[key],
                    "seq": first + place,
                }
                for place, key in enumerate(keys)
            ],
        )


def _take(tx: Tx, lane: int, extension: int, homes: Mapping[str, int]) -> dict[str, str]:
    """Delete these rows of a lane and return their JSON; a key lies with one contact, so two lists name exact rows."""
    keys, key_values = in_list(list(homes), "key")
    holders, holder_values = in_list(sorted(set(homes.values())), "contact")
    return dict(
        tx.rows(
            f"DELETE FROM row WHERE lane = :lane AND extension = :extension AND contact IN {holders}"
            f" AND key IN {keys} RETURNING key, {tx.dialect.json_out('data')}",
            lane=lane,
            extension=extension,
            **key_values,
            **holder_values,
        )
    )


def stored(tx: Tx, account: int, extension: Extension, wanted: Mapping[str, str | None]) -> dict[str, dict[str, Any]]:
    """The rows that exist among these primary keys; `wanted` maps each to its contact key, as far as that is known."""
    found: dict[str, dict[str, Any]] = {}
    places = _present_places(tx, account, extension, wanted)
    for lane in sorted({place[0] for place in places.values()}):
        keys = sorted(key for key, place in places.items() if place[0] == lane)
        for chunk in chunks(keys):
            listed, key_values = in_list(chunk, "key")
            holders, holder_values = in_list(sorted({places[key][1] for key in chunk}), "contact")
            rows = tx.rows(
                f"SELECT key, {tx.dialect.json_out('data')} FROM row WHERE lane = :lane AND extension = :extension"
                f" AND contact IN {holders} AND key IN {listed}",
                lane=lane,
                extension=extension.number,
                **key_values,
                **holder_values,
            )
            found.update((key, msgspec.json.decode(data)) for key, data in rows)
    return found


def _present_places(tx: Tx, account: int, extension: Extension, wanted: Mapping[str, str | None]) -> dict[str, Place]:
    if extension.needs_directory:
        return _listed(tx, account, extension.number, wanted)
    known = contacts.find(tx, account, [key for key in wanted.values() if key is not None])
    places = {key: (lane_of(account, key, tx.lanes), 0) for key, contact_key in wanted.items() if contact_key is None}
    for key, contact_key in wanted.items():
        if contact_key in known:
            places[key] = (known[contact_key].lane, known[contact_key].number)
    return places


def of_contact(tx: Tx, extension: int, lane: int, contact: int) -> list[dict[str, Any]]:
    """All rows that a contact has in a data extension, in key order."""
    rows = tx.rows(
        f"SELECT {tx.dialect.json_out('data')} FROM row"
        " WHERE lane = :lane AND extension = :extension AND contact = :contact ORDER BY key",
        lane=lane,
        extension=extension,
        contact=contact,
    )
    return [msgspec.json.decode(data) for (data,) in rows]


def clear(tx: Tx, extension: int) -> None:
    """Delete all rows of a data extension, lane by lane."""
    for lane in lane_numbers(tx):
        tx.run("DELETE FROM row WHERE lane = :lane AND extension = :extension", lane=lane, extension=extension)
        tx.run("DELETE FROM row_key WHERE lane = :lane AND extension = :extension", lane=lane, extension=extension)
