"""Events and commands waiting to be taken in: appended by the API, consumed by the ids that were read (design 8.20)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from waystage.ground import ids
from waystage.store.sql import Tx, lane_numbers


class InboxKind(IntEnum):
    """What an inbox row asks for."""

    EVENT = 0
    REFRESH = 1
    """The status of versions has changed (publish, stop): read which may run."""
    RECOMPILE = 2
    """What plans are made from has changed (new e-mail content): make them anew."""
    AUDIENCE = 3
    """The automation of an event definition has completed: evaluate its audience."""
    EXIT = 4
    """A contact is to leave a journey (journey-spec 8.7); `definition` is the journey, `data` has the versions."""
    DELETE = 5
    """A contact was deleted (contract 17)."""
    CLEAR = 6
    """Drop what a transactional journey has not sent yet (api.md 4.7); `definition` is the number of its version."""
    REPLY = 7
    """The final answer of a custom activity (store.calls); `definition` is the number of the version."""
    CHANGED = 8
    """The data of a contact has changed (store.at_once); `definition` is the event that has done it, or 0."""


class InboxRow(NamedTuple):
    """One accepted event. `data` is JSON text of the typed values that were given (design 8.7).

    `row_key` is the primary key of its data extension row, None if that has no primary key.
    """

    id: int
    account: int
    definition: int
    contact_key: str
    row_key: str | None
    data: str


@dataclass(frozen=True, slots=True)
class InboxGroup:
    """Rows of one kind and event definition inside a slice; ids are inclusive bounds."""

    kind: int
    account: int
    definition: int
    low: int
    high: int
    count: int


def append(tx: Tx, rows: Iterable[InboxRow]) -> list[int]:
    """Write accepted events, each into its contact's lane; gives these lanes."""
    given = list(rows)
    if not given:
        return []
    numbers, accounts, definitions, contact_keys, row_keys, data = zip(*given, strict=True)
    lanes = [ids.lane_of(account, key, tx.lanes) for account, key in zip(accounts, contact_keys, strict=True)]
    _load(tx, lanes, numbers, accounts, definitions, contact_keys, row_keys, data)
    return lanes


def load(
    tx: Tx,
    account: int,
    definition: int,
    numbers: Sequence[int],
    contact_keys: Sequence[str],
    row_keys: Sequence[str | None],
    data: Sequence[str],
) -> None:
    """As `append`, thousands of events of one definition together, given column by column."""
    many, count = len(numbers), tx.lanes
    lane_of = {key: ids.lane_of(account, key, count) for key in contact_keys} if count > 1 else {}
    lanes = [lane_of.get(key, 1) for key in contact_keys]
    _load(tx, lanes, numbers, [account] * many, [definition] * many, contact_keys, row_keys, data)


def _load(
    tx: Tx,
    lanes: Sequence[int],
    numbers: Sequence[int],
    accounts: Sequence[int],
    definitions: Sequence[int],
    contact_keys: Sequence[str],
    row_keys: Sequence[str | None],
    data: Sequence[str],
) -> None:
    tx.load(
        "inbox",
        {
            "lane": ("INTEGER", lanes),
            "id": ("BIGINT", numbers),
            "kind": ("SMALLINT", [int(InboxKind.EVENT)] * len(lanes)),
            "account": ("BIGINT", accounts),
            "definition": ("BIGINT", definitions),
            "contact_key": ("TEXT", contact_keys),
            "row_key": ("TEXT", row_keys),
            "data": ("JSON", data),
        },
    )


def tell_lanes(tx: Tx, kind: InboxKind, first_id: int, account: int = 0, definition: int = 0) -> None:
    """Append a command to every lane, in the transaction of what it tells of (design 8.13).

    `first_id` is a fresh inbox id; the same one serves in each lane. Some commands are about an event definition.
    """
    about = {"id": first_id, "kind": int(kind), "account": account, "definition": definition}
    tx.many(
        "INSERT INTO inbox (lane, id, kind, account, definition, contact_key, row_key, data)"
        f" VALUES (:lane, :id, :kind, :account, :definition, '', NULL, {tx.dialect.json_in(':data')})",
        [{"lane": lane, "data": "{}", **about} for lane in lane_numbers(tx)],
    )


def groups(tx: Tx, lane: int, limit: int) -> list[InboxGroup]:
    """What the first `limit` rows of a lane ask for, in the order of their first rows."""
    rows = tx.rows(
        "SELECT f.kind, f.account, f.definition, min(f.id), max(f.id), count(*)"
        " FROM (SELECT kind, account, definition, id FROM inbox WHERE lane = :lane ORDER BY id LIMIT :limit) f"
        " GROUP BY f.kind, f.account, f.definition ORDER BY min(f.id)",
        lane=lane, limit=limit,
    )  # fmt: skip
    return [InboxGroup(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Command:
    """One command; what `definition` and `data` (JSON text) mean depends on its kind."""

    id: int
    account: int
    definition: int
    contact_key: str
    data: str


def commands(tx: Tx, lane: int, low: int, high: int) -> list[Command]:
    """The commands whose ids lie in [low, high], in their order."""
    rows = tx.rows(
        f"SELECT id, account, definition, contact_key, {tx.dialect.json_out('data')} FROM inbox"
        " WHERE lane = :lane AND id >= :low AND id <= :high AND kind <> 0 AND kind <> 7 ORDER BY id",
        lane=lane, low=low, high=high,
    )  # fmt: skip
    return [Command(*row) for row in rows]


def is_waiting(tx: Tx, lane: int) -> bool:
    """Whether a lane has anything to take in."""
    return tx.one("SELECT 1 FROM inbox WHERE lane = :lane ORDER BY id LIMIT 1", lane=lane) is not None


def is_asked(tx: Tx, kind: InboxKind, definition: int) -> bool:
    """Whether some lane has still to obey a command of this kind about this definition."""
    found = (
        tx.one(
            "SELECT 1 FROM inbox WHERE lane = :lane AND kind = :kind AND definition = :definition LIMIT 1",
            lane=lane, kind=int(kind), definition=definition,
        )
        for lane in lane_numbers(tx)
    )  # fmt: skip
    return any(row is not None for row in found)


def waiting_lanes(tx: Tx) -> list[int]:
    """The lanes that have anything to take in."""
    first = "SELECT id FROM inbox i WHERE i.lane = l.lane ORDER BY id LIMIT 1"  # EXISTS may read the whole table
    rows = tx.rows(f"SELECT l.lane FROM lease l WHERE ({first}) IS NOT NULL")
    return [row[0] for row in rows]


def consume_group(tx: Tx, lane: int, group: InboxGroup) -> int:
    """Delete a group of which every row was taken in, and between whose bounds no other row lay in this snapshot."""
    return tx.run(
        "DELETE FROM inbox WHERE lane = :lane AND id >= :low AND id <= :high", lane=lane, low=group.low, high=group.high
    )


def consume_kind(tx: Tx, lane: int, group: InboxGroup) -> int:
    """Delete the rows of a group of which every row was taken in, and none of another that lies between them."""
    return tx.run(
        "DELETE FROM inbox WHERE lane = :lane AND id >= :low AND id <= :high AND kind = :kind"
        " AND definition = :definition",
        lane=lane, low=group.low, high=group.high, kind=group.kind, definition=group.definition,
    )  # fmt: skip


def consume_arrived(tx: Tx, lane: int) -> int:
    """Delete exactly the events that stand in `arriving`."""
    source = "FROM arriving a WHERE a.lane = :lane"
    return tx.run(tx.dialect.delete_keys("inbox", [("id", "a.id")], source), lane=lane)


def consume(tx: Tx, lane: int, row_ids: Sequence[int]) -> None:
    """Delete these commands."""
    tx.many("DELETE FROM inbox WHERE lane = :lane AND id = :id", [{"lane": lane, "id": one} for one in row_ids])
