"""Who changed what, and when: one row for each change, in the transaction of the change (api.md 5.9, D-46).

Every operation that changes something calls `record`, or `of_version` for journeys. Who does it is the transaction's
`actor`. What flows through, events and rows and contacts that are saved, is no change in this sense.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from waystage.ground.clock import real_now
from waystage.spec.document import parse
from waystage.store.in_lists import in_list
from waystage.store.sql import Row, SqlValue, Tx
from waystage.store.versions import Version


class Kind(StrEnum):
    """What sort of thing was changed."""

    JOURNEY = "journey"
    EVENT_DEFINITION = "eventDefinition"
    DATA_EXTENSION = "dataExtension"
    ASSET = "asset"
    FOLDER = "folder"
    MAP = "map"
    CLIENT = "client"
    KEY = "key"
    IMPORT = "import"
    TRIGGER_TEST = "triggerTest"
    WINNER = "winner"
    GOAL_STATISTICS = "goalStatistics"
    QUEUE = "transactionalQueue"
    CONTACT_DELETION = "contactDeletion"
    CONTACT_EXIT = "contactExit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change; `client_name` is empty for the program itself. `thing` is an id, `name` a key; times in ms."""

    number: int
    at: int
    real_at: int
    user: int
    client: str
    client_name: str
    kind: str
    action: str
    thing: str
    name: str
    version: int
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; None and an empty collection do not restrict. Times in ms, inclusive."""

    account: int
    kind: str | None = None
    journey: int | None = None
    version: int | None = None
    actions: Collection[str] = ()
    start: int | None = None
    end: int | None = None


def record(tx: Tx, account: int, kind: Kind, action: str, thing: str, name: str, /, **details: object) -> None:
    """Note a change of something that is no journey; `details` must hold neither secrets nor data of contacts."""
    _add(tx, account, kind, action, (thing, name, 0, 0), details, None)


def of_version(
    tx: Tx, version: Version, action: str, details: Mapping[str, object] | None = None, *, at: int | None = None
) -> None:
    """Note a change of a version, with the words that it had; `at` where the actor's instant is not the one."""
    document = parse(version.document)
    words = {
        "originalDefinitionId": version.guid,
        "name": document.name,
        "description": document.description,
        "executionMode": document.execution_mode,
    }
    place = (version.definition_id, version.key, version.journey, version.version)
    _add(tx, version.account, Kind.JOURNEY, action, place, {**words, **(details or {})}, at)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of the properties that differ."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _add(
    tx: Tx,
    account: int,
    kind: Kind,
    action: str,
    place: tuple[str, str, int, int],
    details: Mapping[str, object],
    at: int | None,
) -> None:
    actor, now = tx.actor, real_now()
    thing, name, journey, version = place
    tx.run(
        "INSERT INTO audit (account, at, real_at, actor, client, kind, action, thing, name, journey, version, details)"
        " VALUES (:account, :at, :now, :actor, :client, :kind, :action, :thing, :name, :journey, :version, :details)",
        account=account, at=at or actor.at or now, now=now, actor=actor.user, client=actor.client, kind=kind.value,
        action=action, thing=thing, name=name, journey=journey, version=version,
        details=msgspec.json.encode(details).decode(),
    )  # fmt: skip


def page(tx: Tx, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[Entry]]:
    """How many entries there are, and one page of them, the newest first."""
    condition, values = _condition(wanted)
    total = tx.one(f"SELECT count(*) FROM audit a WHERE {condition}", **values)
    # Those of a journey are read by the order in which they were written, which is that of time.
    order = "a.number DESC" if wanted.journey is not None else "a.at DESC, a.number DESC"
    rows = tx.rows(
        "SELECT a.number, a.at, a.real_at, a.actor, a.client, coalesce(c.name, ''), a.kind, a.action, a.thing, a.name,"
        " a.version, a.details FROM audit a LEFT JOIN client c ON c.client_id = a.client"
        f" WHERE {condition} ORDER BY {order} LIMIT :limit OFFSET :offset",
        limit=limit, offset=offset, **values,
    )  # fmt: skip
    return (total[0] if total else 0), [_entry(row) for row in rows]


def _condition(wanted: Wanted) -> tuple[str, dict[str, SqlValue]]:
    tests, values = ["a.account = :account"], dict[str, SqlValue](account=wanted.account)
    for column, value in (("kind", wanted.kind), ("journey", wanted.journey), ("version", wanted.version)):
        if value is not None:
            tests.append(f"a.{column} = :{column}")
            values[column] = value
    if wanted.journey is not None:
        tests.append("a.journey > 0")
    for sign, name, instant in ((">=", "start", wanted.start), ("<=", "end", wanted.end)):
        if instant is not None:
            tests.append(f"a.at {sign} :{name}")
            values[name] = instant
    if wanted.actions:
        listed, more = in_list(sorted(wanted.actions), "action")
        tests.append(f"a.action IN {listed}")
        values |= more
    return " AND ".join(tests), values


def _entry(row: Row) -> Entry:
    number, at, real_at, user, client, client_name, kind, action, thing, name, version, details = row
    who = (user, client, client_name)
    return Entry(number, at, real_at, *who, kind, action, thing, name, version, msgspec.json.decode(details))


def forget_old(tx: Tx, before: int, limit: int) -> int:
    """Delete those of the oldest `limit` entries that are from before an instant of journey time; returns how many."""
    rows = tx.rows("SELECT number, at FROM audit ORDER BY number LIMIT :limit", limit=limit)
    old = [{"number": number} for number, at in rows if at < before]
    if old:
        tx.many("DELETE FROM audit WHERE number = :number", old)
    return len(old)
