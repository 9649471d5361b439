"""Thousands of contacts and rows at once, over all lanes in a few statements: what imports are made of (contract 20).

The same tables in the same way as `store.contacts` and `store.rows`; those serve requests, which bring a few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, repeat
from typing import NamedTuple

import msgspec

from waystage.ground.ids import lane_of
from waystage.store import rows
from waystage.store.contacts import merged
from waystage.store.data_extensions import DataExtension
from waystage.store.rows import Place
from waystage.store.sql import Row, Tx

_CHANGED = "data = excluded.data"
_MERGE = "ON CONFLICT (lane, extension, contact, key) DO UPDATE SET data = {}"
_REVIVED = f"{_CHANGED}, created = excluded.created, deleted = NULL"


class Known(NamedTuple):
    """A contact that exists; `data` is the JSON text of its built-in attribute sets."""

    lane: int
    number: int
    deleted: int | None
    data: str


def lanes_of(tx: Tx, account: int, keys: Iterable[str]) -> dict[str, int]:
    """The lane of each key, in the order of the keys, each once."""
    return {key: lane_of(account, key, tx.lanes) for key in keys} if tx.lanes > 1 else dict.fromkeys(keys, 1)


def ensure_contacts(tx: Tx, account: int, keys: Iterable[str], now: int) -> tuple[dict[str, Place], bool]:
    """Where each of these contacts lies, and whether all are new: those not known yet are made.

    Deleted ones stay deleted.
    """
    lanes = lanes_of(tx, account, keys)
    found: dict[str, Place] = {
        key: (lane, number) for key, lane, number in _looked_up(tx, account, lanes, "c.key, c.lane, c.contact")
    }
    if len(found) == len(lanes):
        return found, False
    made = _numbered(tx, "contact", {key: lane for key, lane in lanes.items() if key not in found} if found else lanes)
    _write_contacts(tx, account, made, ["{}"] * len(made), now)
    return (found | made, False) if found else (made, True)


def save_contacts(tx: Tx, account: int, given: Mapping[str, str], now: int) -> None:
    """Make these contacts, deleted ones anew, and merge what is given of their built-in attribute sets (JSON texts)."""
    lanes = lanes_of(tx, account, given)
    columns = f"c.key, c.lane, c.contact, c.deleted, {tx.dialect.json_out('c.data')}"
    found = {row[0]: Known(*row[1:]) for row in _looked_up(tx, account, lanes, columns)}
    made = _numbered(tx, "contact", {key: lane for key, lane in lanes.items() if key not in found})
    _write_contacts(tx, account, made, [given[key] for key in made], now)
    revived = {key: (one.lane, one.number) for key, one in found.items() if one.deleted is not None}
    _write_contacts(tx, account, revived, [given[key] for key in revived], now, _REVIVED)
    changed = {key: (one.lane, one.number) for key, one in found.items() if one.deleted is None and given[key] != "{}"}
    _write_contacts(tx, account, changed, [_merged(found[key].data, given[key]) for key in changed], now, _CHANGED)


def _merged(stored: str, given: str) -> str:
    return msgspec.json.encode(merged(msgspec.json.decode(stored), msgspec.json.decode(given))).decode()


def _looked_up(tx: Tx, account: int, lanes: Mapping[str, int], columns: str) -> list[Row]:
    """`columns` of the contacts `c` that exist among these keys, each found by its key."""
    if not lanes:
        return []
    by_key = "c.lane = k.number AND c.account = :account AND c.key = k.name"
    found = tx.dialect.look_up("contact", "c", by_key, across=True)
    return tx.rows(
        f"SELECT {columns} FROM {tx.dialect.numbers_of(':lanes')} k{found}",
        account=account, lanes=msgspec.json.encode(lanes).decode(),
    )  # fmt: skip


def _numbered(tx: Tx, name: str, lanes: Mapping[str, int]) -> dict[str, Place]:
    """A fresh number in its lane for each key, rising in the order of the keys."""
    following = _take(tx, name, Counter(lanes.values()))
    if len(following) == 1:
        ((lane, first),) = following.items()
        return dict(zip(lanes, zip(repeat(lane), count(first)), strict=False))
    numbered: dict[str, Place] = {}
    for key, lane in lanes.items():
        numbered[key] = (lane, following[lane])
        following[lane] += 1
    return numbered


def _take(tx: Tx, name: str, counts: Mapping[int, int]) -> dict[int, int]:
    """As `lane_counters.take` in several lanes: the first of the numbers reserved in each."""
    if not counts:
        return {}
    taken = tx.rows(
        "INSERT INTO lane_counter (lane, name, next) SELECT CAST(n.name AS INTEGER), :name, 1 + n.number"
        f" FROM {tx.dialect.numbers_of(':counts')} n WHERE n.number > 0 ORDER BY 1"
        " ON CONFLICT (lane, name) DO UPDATE SET next = lane_counter.next + excluded.next - 1 RETURNING lane, next",
        name=name, counts=msgspec.json.encode(counts).decode(),
    )  # fmt: skip
    return {lane: following - counts[lane] for lane, following in taken}


def _write_contacts(
    tx: Tx, account: int, places: Mapping[str, Place], data: Sequence[str], now: int, known: str = ""
) -> None:
    """Insert contacts; `known` says what of those that exist is set anew."""
    if not places:
        return
    many = len(places)
    tx.load(
        "contact",
        {
            "lane": ("INTEGER", [place[0] for place in places.values()]),
            "contact": ("BIGINT", [place[1] for place in places.values()]),
            "account": ("BIGINT", [account] * many),
            "key": ("TEXT", list(places)),
            "created": ("BIGINT", [now] * many),
            "data": ("JSON", data),
        },
        f"ON CONFLICT (lane, contact) DO UPDATE SET {known}" if known else "",
    )


def upsert_rows(
    tx: Tx, account: int, extension: DataExtension, wanted: Mapping[str, str | None], data: Sequence[str], now: int
) -> None:
    """Insert or update rows by primary key: `wanted` names the contact of each, `data` is its JSON text.

    On an update the members of `data` win, all others keep their values. Contacts not known yet are made.
    """
    places, are_new = _places(tx, account, extension, wanted, now)
    ordered = sorted(zip(places, wanted, data, strict=True)) if tx.lanes > 1 else zip(places, wanted, data, strict=True)
    placed, keys, texts = zip(*ordered, strict=True)
    lanes, numbers = zip(*placed, strict=True)
    seqs = [place[1] for place in _numbered(tx, "row", dict(zip(keys, lanes, strict=True))).values()]
    tx.load(
        "row",
        {
            "lane": ("INTEGER", lanes),
            "extension": ("BIGINT", [extension.number] * len(keys)),
            "contact": ("BIGINT", numbers),
            "key": ("TEXT", keys),
            "data": ("JSON", texts),
            "seq": ("BIGINT", seqs),
        },
        "" if are_new else _MERGE.format(tx.dialect.json_merge("row.data", "excluded.data")),
    )


def _places(
    tx: Tx, account: int, extension: DataExtension, wanted: Mapping[str, str | None], now: int
) -> tuple[list[Place], bool]:
    """Where each row belongs, in the order of `wanted`, and whether none can be there yet: all their contacts are new.

    With a directory a row that lies elsewhere is moved to its contact.
    """
    if extension.needs_directory:
        claimed = rows.claim(tx, account, extension, wanted, now)
        return [claimed[key] for key in wanted], False
    keys = [key for key in wanted.values() if key is not None]
    holders, are_new = ensure_contacts(tx, account, keys, now)
    if len(keys) == len(wanted):
        return [holders[key] for key in keys], are_new
    places = [
        (lane_of(account, key, tx.lanes), 0) if holder is None else holders[holder] for key, holder in wanted.items()
    ]
    return places, False
