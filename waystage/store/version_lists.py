"""Lists of versions: filters first, then the most recent match per journey, then order and page (D-33)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import SqlValue, Tx
from waystage.store.versions import COLUMNS, JOINED, Version, read_row

_ORDERS = {"modified": "modified", "name": "name_folded"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is asked for; None means no such filter. `workflow` is the Journey Spec version."""

    statuses: tuple[str, ...] = ()
    version: int | None = None
    workflow: float | None = None
    definition_type: str | None = None
    text: str | None = None
    name: str | None = None
    key: str | None = None
    id: str | None = None
    tag: str | None = None
    recent_only: bool = True
    or_running: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """By which column; ties by id, then version, the highest first."""

    by: Literal["modified", "name", "performance"] = "modified"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows of a list: at most `limit`, after the first `offset`."""

    limit: int
    offset: int


def count(tx: Tx, account: int, wanted: Filter) -> int:
    """Give how many rows match, over all pages."""
    text, values = _matching(tx, account, wanted)
    row = tx.one(f"SELECT count(*) FROM ({text}) AS m WHERE {_reduced(wanted)}", **values)
    return row[0] if row else 0


def page(tx: Tx, account: int, wanted: Filter, order: Order, part: Part) -> list[Version]:
    """Give one page of the matching versions; `order` by a column of the table."""
    text, values = _matching(tx, account, wanted)
    direction = "DESC" if order.descending else "ASC"
    rows = tx.rows(
        f"""
        SELECT m.number FROM ({text}) AS m WHERE {_reduced(wanted)}
        ORDER BY m.{_ORDERS[order.by]} {direction}, m.guid, m.version DESC LIMIT :limit OFFSET :offset
        """,
        limit=part.limit,
        offset=part.offset,
        **values,
    )
    return load(tx, [row[0] for row in rows])


def matching(tx: Tx, account: int, wanted: Filter) -> list[int]:
    """Give the numbers of all matching versions, ordered by id, then version descending."""
    text, values = _matching(tx, account, wanted)
    rows = tx.rows(
        f"SELECT m.number FROM ({text}) AS m WHERE {_reduced(wanted)} ORDER BY m.guid, m.version DESC", **values
    )
    return [row[0] for row in rows]


def load(tx: Tx, numbers: list[int]) -> list[Version]:
    """Give the versions with these numbers, in this order."""
    found: dict[int, Version] = {}
    for chunk in chunks(numbers):
        wanted, values = in_list(chunk)
        rows = tx.rows(f"SELECT {COLUMNS} FROM {JOINED} WHERE v.number IN {wanted}", **values)
        found.update((row[0], read_row(row)) for row in rows)
    return [found[number] for number in numbers]


def _reduced(wanted: Filter) -> str:
    if not wanted.recent_only and not wanted.or_running:
        return "1 = 1"
    return "(m.place = 1 OR m.status IN ('Published', 'Paused', 'Unpublished'))" if wanted.or_running else "m.place = 1"


def _matching(tx: Tx, account: int, wanted: Filter) -> tuple[str, dict[str, SqlValue]]:
    """Give the statement that finds every match, `place` 1 being the newest of its journey, and its values."""
    conditions, values = ["v.account = :account"], dict[str, SqlValue](account=account)
    for condition, more in _conditions(tx, wanted):
        conditions.append(condition)
        values |= more
    text = f"""
        SELECT v.number, v.version, v.status, v.modified, v.name_folded, j.guid,
            row_number() OVER (PARTITION BY v.journey ORDER BY v.version DESC) AS place
        FROM {JOINED} WHERE {" AND ".join(conditions)}
    """
    return text, values


def _conditions(tx: Tx, wanted: Filter) -> list[tuple[str, dict[str, SqlValue]]]:
    found: list[tuple[str, dict[str, SqlValue]]] = [_status(wanted)]
    if wanted.version is not None:
        found.append(("v.version = :version", {"version": wanted.version}))
    if wanted.workflow is not None:
        found.append(("v.workflow_tenths = :tenths", {"tenths": round(wanted.workflow * 10)}))
    if wanted.definition_type is not None:
        found.append(("v.definition_type = :kind", {"kind": wanted.definition_type.casefold()}))
    if wanted.text is not None:
        within = [tx.dialect.contains(column, ":part") for column in ("v.name_folded", "v.description_folded")]
        found.append((f"({' OR '.join(within)})", {"part": wanted.text.casefold()}))
    return [*found, *_names(wanted)]


def _names(wanted: Filter) -> list[tuple[str, dict[str, SqlValue]]]:
    found: list[tuple[str, dict[str, SqlValue]]] = []
    if wanted.name is not None:
        found.append(("v.name_folded = :name", {"name": wanted.name.casefold()}))
    if wanted.key is not None:
        found.append(("j.key_folded = :key", {"key": wanted.key.casefold()}))
    if wanted.id is not None:
        found.append(("(j.guid = :id OR v.definition_id = :id)", {"id": wanted.id.lower()}))
    if wanted.tag is not None:
        tagged = "EXISTS (SELECT 1 FROM version_tag t WHERE t.version = v.number AND t.name = :tag)"
        found.append((tagged, {"tag": wanted.tag}))
    return found


def _status(wanted: Filter) -> tuple[str, dict[str, SqlValue]]:
    if not wanted.statuses:
        return "v.status <> 'Deleted'", {}
    names, values = in_list(wanted.statuses, "status")
    return f"v.status IN {names}", dict(values)
