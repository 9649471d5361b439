"""Rows of a data extension read page by page: as they lie, lane by lane behind a place, or sorted by their values.

As they lie, a page costs what it shows, however many rows there are. To sort, or to test, all of them are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from waystage.plan import expressions as e
from waystage.store.expressions import Setting, condition, value
from waystage.store.in_lists import in_list
from waystage.store.sql import Binder, SqlValue, Tx, lane_numbers


class Place(NamedTuple):
    """A place between rows: behind the one with this key of this contact of this lane."""

    lane: int
    contact: int
    key: str


#: Before every row: rows without a contact have the number 0, and no key is as small as the empty one.
START = Place(1, -1, "")


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of an extension are meant; `order` has values of the row and whether they come in descending order."""

    extension: int
    condition: e.Condition
    order: tuple[tuple[e.RelatedField, bool], ...] = ()


class Found(NamedTuple):
    """One row: behind it begins what follows; `data` is the JSON text of its values."""

    place: Place
    data: str


@dataclass(slots=True)
class _Statement:
    """The parts that every statement about a query shares."""

    setting: Setting
    tests: list[str]
    values: dict[str, SqlValue]

    @property
    def where(self) -> str:
        return " AND ".join(self.tests)


def _statement(tx: Tx, query: Query) -> _Statement:
    setting = Setting(tx, Binder(), 0, 0, "", lambda _relative, _now: 0, alias="r", related="r")
    tests = ["r.extension = :extension"]
    if not isinstance(query.condition, e.Always):
        tests.append(condition(setting, query.condition))
    return _Statement(setting, tests, {"extension": query.extension})


def count(tx: Tx, query: Query) -> int:
    """How many rows are meant."""
    made = _statement(tx, query)
    listed, lanes = in_list(list(lane_numbers(tx)), "lane")
    row = tx.one(
        f"SELECT count(*) FROM row r WHERE r.lane IN {listed} AND {made.where}",
        **made.values,
        **made.setting.binder.values,
        **lanes,
    )
    return int(row[0]) if row else 0


def in_order(tx: Tx, query: Query, skip: int, limit: int) -> list[Found]:
    """Rows sorted by their values, nulls first; rows with the same values as they lie.

    Only what is compared goes through the sorting; what a page shows is looked up for it.
    """
    made = _statement(tx, query)
    listed, lanes = in_list(list(lane_numbers(tx)), "lane")
    parts = [part for wanted, descending in query.order for part in _sorted(made.setting, wanted, descending)]
    named = [(f"v{place}", sql, direction) for place, (sql, direction) in enumerate(parts)]
    order = [f"{name} {direction}" for name, _, direction in named]
    columns = [
        "r.lane AS lane",
        "r.contact AS contact",
        "r.key AS key",
        *(f"{sql} AS {name}" for name, sql, _ in named),
    ]
    inner = (
        f"SELECT {', '.join(columns)} FROM row r WHERE r.lane IN {listed} AND {made.where}"
        f" ORDER BY {', '.join([*order, 'lane', 'contact', 'key'])} LIMIT :limit OFFSET :skip"
    )
    own = "d.lane = s.lane AND d.extension = :extension AND d.contact = s.contact AND d.key = s.key"
    rows = tx.rows(
        f"SELECT s.lane, s.contact, s.key, {tx.dialect.json_out('d.data')} FROM ({inner}) s"
        f"{tx.dialect.look_up('row', 'd', own, across=True)} WHERE TRUE"
        f" ORDER BY {', '.join(f's.{part}' for part in [*order, 'lane', 'contact', 'key'])}",
        limit=limit, skip=skip, **made.values, **made.setting.binder.values, **lanes,
    )  # fmt: skip
    return [Found(Place(*row[:3]), row[3]) for row in rows]


def _sorted(setting: Setting, wanted: e.RelatedField, descending: bool) -> list[tuple[str, str]]:
    """What is compared, and its direction; a null is smaller than every value, on every database."""
    found, direction = value(setting, wanted), "DESC" if descending else "ASC"
    folded = setting.tx.dialect.fold(found) if wanted.kind is e.Kind.TEXT else found
    return [(f"CASE WHEN {found} IS NULL THEN 0 ELSE 1 END", direction), (folded, direction)]


def as_they_lie(tx: Tx, query: Query, behind: Place, skip: int, limit: int) -> list[Found]:
    """The next rows behind a place, after `skip` others."""
    found: list[Found] = []
    for lane in lane_numbers(tx):
        if lane >= behind.lane and len(found) < limit:
            start = behind if lane == behind.lane else Place(lane, START.contact, START.key)
            if skip:
                there = _count_behind(tx, query, start)
                if there <= skip:
                    skip -= there
                    continue
            found += _behind(tx, query, start, skip, limit - len(found))
            skip = 0
    return found


_BEHIND = "r.lane = :lane AND (r.contact, r.key) > (:contact, :key)"


def _bounds(start: Place) -> dict[str, SqlValue]:
    return {"lane": start.lane, "contact": start.contact, "key": start.key}


def _count_behind(tx: Tx, query: Query, start: Place) -> int:
    made = _statement(tx, query)
    row = tx.one(
        f"SELECT count(*) FROM row r WHERE {_BEHIND} AND {made.where}",
        **_bounds(start),
        **made.values,
        **made.setting.binder.values,
    )
    return int(row[0]) if row else 0


def _behind(tx: Tx, query: Query, start: Place, skip: int, limit: int) -> list[Found]:
    made = _statement(tx, query)
    rows: Sequence[tuple[int, str, str]] = tx.rows(
        f"SELECT r.contact, r.key, {tx.dialect.json_out('r.data')} FROM row r WHERE {_BEHIND} AND {made.where}"
        " ORDER BY r.contact, r.key LIMIT :limit OFFSET :skip",
        limit=limit, skip=skip, **_bounds(start), **made.values, **made.setting.binder.values,
    )  # fmt: skip
    return [Found(Place(start.lane, contact, key), data) for contact, key, data in rows]
