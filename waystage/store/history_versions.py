"""The versions that history speaks of: which of them a filter means, their seats, and the words they are shown with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.store.history_filters import Seat
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import SqlValue, Tx


@dataclass(frozen=True, slots=True)
class Shown:
    """A version that may have a history; `stopped` is when whoever was inside left, in ms, None if they need not."""

    number: int
    stopped: int | None


@dataclass(frozen=True, slots=True)
class Texts:
    """What a version is called; `event_*` are those of the event definition that starts it, empty without one."""

    number: int
    account: int
    definition_id: str
    version: int
    document: dict[str, Any]
    event_id: str
    event_key: str
    event_name: str


def find(
    tx: Tx, account: int, ids: Sequence[str] = (), tags: Sequence[str] = (), among: Collection[int] | None = None
) -> list[Shown]:
    """The versions of a business unit that were ever published: all, or those that an id (of a version, or of a journey
    for all its versions, D-54a) and a tag name, and that are `among` some numbers.
    """
    test, values = "v.account = :account AND v.published IS NOT NULL", dict[str, SqlValue](account=account)
    if tags:
        listed, more = in_list(list(tags), "tag")
        test += f" AND EXISTS (SELECT 1 FROM version_tag t WHERE t.version = v.number AND t.name IN {listed})"
        values |= more
    numbers = _named(tx, account, ids) if ids else None
    if among is not None:
        numbers = set(among) if numbers is None else numbers & set(among)
    select = "SELECT v.number, v.status, v.stopped, v.published FROM version v WHERE"
    if numbers is None:
        rows = tx.rows(f"{select} {test} ORDER BY v.number", **values)
    else:
        rows = []
        for chunk in chunks(sorted(numbers)):
            among_these, of_these = in_list(chunk, "number")
            # The sign keeps a planner from entering by the account, which has more versions.
            rows += tx.rows(f"{select} v.number IN {among_these} AND +{test} ORDER BY v.number", **values, **of_these)
    return [Shown(number, _left_at(status, stopped, published)) for number, status, stopped, published in rows]


def _named(tx: Tx, account: int, ids: Sequence[str]) -> set[int]:
    listed, values = in_list([one.lower() for one in ids], "id")
    rows = tx.rows(
        f"SELECT number FROM version WHERE account = :account AND definition_id IN {listed} UNION"
        " SELECT v.number FROM journey j JOIN version v ON v.journey = j.number"
        f" WHERE j.account = :account AND j.guid IN {listed}",
        account=account,
        **values,
    )
    return {row[0] for row in rows}


def _left_at(status: str, stopped: int | None, published: int) -> int | None:
    """A version that was stopped by a program that did not note the instant has one all the same."""
    if stopped is not None:
        return stopped
    return published if status in {"Stopped", "Deleted"} else None


def seats(tx: Tx, versions: Iterable[int]) -> dict[int, Seat]:
    """Every seat of these versions by its number."""
    found: dict[int, Seat] = {}
    for chunk in chunks(sorted(versions)):
        listed, values = in_list(chunk)
        rows = tx.rows(f"SELECT number, version, activity, shift FROM seat WHERE version IN {listed}", **values)
        found.update((row[0], Seat(*row[1:])) for row in rows)
    return found


def texts(tx: Tx, numbers: Sequence[int]) -> dict[int, Texts]:
    """The words of these versions; they do not change once they have been published."""
    found: dict[int, Texts] = {}
    for chunk in chunks(numbers):
        listed, values = in_list(chunk)
        rows = tx.rows(
            "SELECT v.number, v.account, v.definition_id, v.version, v.document, e.guid, e.key, e.name FROM version v"
            " LEFT JOIN version_event s ON s.version = v.number AND s.enters = 1"
            " LEFT JOIN event_definition e ON e.number = s.event_definition"
            f" WHERE v.number IN {listed}",
            **values,
        )
        for *known, document, event_id, event_key, event_name in rows:
            event = (event_id or "", event_key or "", event_name or "")
            number, account, definition_id, version = known
            words = (definition_id, version, msgspec.json.decode(document))
            found[number] = Texts(number, account, *words, *event)
    return found
