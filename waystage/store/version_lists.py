"""Lists of versions: filters first, then the most recent match per journey, then order and page (D-33).

Where few versions match they are found first, and then ordered. Where many do, a page is read from the end of an index
that has them in order, and a match is the most recent of its journey if there is no newer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import SqlValue, Tx
from waystage.store.versions import COLUMNS, JOINED, Version, read_row

_ORDERS = {"modified": "modified", "name": "name_folded"}
_RUNNING = "v.status IN ('Published', 'Paused', 'Unpublished')"
#: Matches that are first found and then ordered.
FEW = 512
#: Behind so many rows it pays to know how many there are.
FAR = 1_000

Condition = tuple[str, dict[str, SqlValue]]


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

    @property
    def is_plain(self) -> bool:
        """Whether the most recent match of each journey is all that is listed."""
        return self.recent_only and not self.or_running

    @property
    def is_default(self) -> bool:
        """Whether every version that is not deleted matches."""
        return replace(self, recent_only=True, or_running=False) == Filter()


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


class Matches:
    """What matches a filter: by number where that is few, found once, else by the filter's test."""

    def __init__(self, tx: Tx, account: int, wanted: Filter) -> None:
        """Look for the few."""
        self._tx = tx
        self._wanted = wanted
        self._tests: list[str] = []
        self._values: dict[str, SqlValue] = {"account": account}
        named = _named(tx, account, wanted)
        if named is None:
            self._add("v.account = :account")
        else:
            self._add_numbers(named)
        for test, values in _tests(tx, wanted):
            self._add(test, **values)
        if named is None and not wanted.is_default:
            self._narrow()

    def count(self) -> int:
        """Give how many rows there are, over all pages."""
        if self._wanted == Filter():
            # A journey is live as long as one of its versions is not deleted.
            text, values = "SELECT count(*) FROM journey WHERE account = :account AND live = 1", self._values
        else:
            counted, test = ("count(DISTINCT v.journey)", "") if self._wanted.is_plain else ("count(*)", self._reduced)
            text, values = f"SELECT {counted} FROM version v WHERE {self._test('v')}{test}", self._values
        row = self._tx.one(text, **values)
        return row[0] if row else 0

    def page(self, order: Order, part: Part) -> list[Version]:
        """Give one page of them, read from the end that is nearer; `order` by a column of the table."""
        left = self.count() - part.offset if part.offset > FAR else part.offset
        if left >= part.offset:
            return load(self._tx, self._part(order, part, ("ASC", "DESC")))
        if left <= 0:
            return []
        limit = min(part.limit, left)
        found = self._part(replace(order, descending=not order.descending), Part(limit, left - limit), ("DESC", "ASC"))
        return load(self._tx, found[::-1])

    def _part(self, order: Order, part: Part, ties: tuple[str, str]) -> list[int]:
        direction = "DESC" if order.descending else "ASC"
        rows = self._tx.rows(
            f"SELECT v.number FROM version v WHERE {self._test('v')}{self._reduced}"
            f" ORDER BY v.{_ORDERS[order.by]} {direction}, v.guid {ties[0]}, v.version {ties[1]}"
            " LIMIT :limit OFFSET :offset",
            limit=part.limit,
            offset=part.offset,
            **self._values,
        )
        return [row[0] for row in rows]

    def all(self) -> list[tuple[int, str]]:
        """Give number and status of all of them, ordered by id, then version descending."""
        rows = self._tx.rows(
            f"SELECT v.number, v.status FROM version v WHERE {self._test('v')}{self._reduced}"
            " ORDER BY v.guid, v.version DESC",
            **self._values,
        )
        return [(row[0], row[1]) for row in rows]

    def _test(self, alias: str) -> str:
        """The test on the versions of this name, `v` or `w`."""
        return " AND ".join(one.replace("v.", f"{alias}.") for one in self._tests)

    @property
    def _reduced(self) -> str:
        """Keep the newest match of each journey: no other that passes the same test is newer."""
        wanted = self._wanted
        if not wanted.recent_only and not wanted.or_running:
            return ""
        newest = (
            "NOT EXISTS (SELECT 1 FROM version w WHERE w.journey = v.journey AND w.version > v.version"
            f" AND {self._test('w')})"
        )
        return f" AND ({newest} OR {_RUNNING})" if wanted.or_running else f" AND {newest}"

    def _add(self, test: str, **values: SqlValue) -> None:
        self._tests.append(test)
        self._values |= values

    def _add_numbers(self, numbers: Sequence[int]) -> None:
        """Only these; the sign keeps a planner from entering by the account, which has more."""
        listed, values = in_list(numbers, "number") if numbers else ("(NULL)", {})
        self._add(f"v.number IN {listed} AND +v.account = :account", **values)

    def _narrow(self) -> None:
        rows = self._tx.rows(
            f"SELECT v.number FROM version v WHERE {self._test('v')} LIMIT :most", **self._values, most=FEW + 1
        )
        if len(rows) <= FEW:
            self._tests, self._values = [], {"account": self._values["account"]}
            self._add_numbers([row[0] for row in rows])


def load(tx: Tx, numbers: list[int]) -> list[Version]:
    """Give the versions with these numbers, in this order."""
    found: dict[int, Version] = {}
    for chunk in chunks(numbers):
        wanted, values = in_list(chunk)
        rows = tx.rows(f"SELECT {COLUMNS} FROM {JOINED} WHERE v.number IN {wanted}", **values)
        found.update((row[0], read_row(row)) for row in rows)
    return [found[number] for number in numbers]


def _named(tx: Tx, account: int, wanted: Filter) -> list[int] | None:
    """The versions that key or id can mean, deleted ones included; None if neither is asked for."""
    if wanted.key is None and wanted.id is None:
        return None
    of = "SELECT v.number FROM journey j JOIN version v ON v.journey = j.number WHERE j.account = :account"
    found: list[set[int]] = []
    if wanted.key is not None:
        rows = tx.rows(f"{of} AND j.key_folded = :key", account=account, key=wanted.key.casefold())
        found.append({row[0] for row in rows})
    if wanted.id is not None:
        rows = tx.rows(
            f"{of} AND j.guid = :id UNION SELECT number FROM version WHERE account = :account AND definition_id = :id",
            account=account,
            id=wanted.id.lower(),
        )
        found.append({row[0] for row in rows})
    return sorted(set.intersection(*found))


def _tests(tx: Tx, wanted: Filter) -> Iterator[Condition]:
    """The test of each filter on a version `v`, and its values."""
    yield _status(wanted)
    if wanted.version is not None:
        yield "v.version = :version", {"version": wanted.version}
    if wanted.workflow is not None:
        yield "v.workflow_tenths = :tenths", {"tenths": round(wanted.workflow * 10)}
    if wanted.definition_type is not None:
        yield "v.definition_type = :kind", {"kind": wanted.definition_type.casefold()}
    if wanted.text is not None:
        within = [tx.dialect.contains(column, ":part") for column in ("v.name_folded", "v.description_folded")]
        yield f"({' OR '.join(within)})", {"part": wanted.text.casefold()}
    if wanted.name is not None:
        yield "v.name_folded = :name", {"name": wanted.name.casefold()}
    if wanted.tag is not None:
        yield "v.number IN (SELECT t.version FROM version_tag t WHERE t.name = :tag)", {"tag": wanted.tag}


def _status(wanted: Filter) -> Condition:
    if not wanted.statuses:
        return "v.status <> 'Deleted'", {}
    names, values = in_list(wanted.statuses, "status")
    return f"v.status IN {names}", dict(values)
