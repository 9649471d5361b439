"""Tables read page by page in one database and loaded into another, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from waystage.store.sql import Tx
from waystage.store.tables import Table, all_tables

#: Rows that are in memory at a time; documents may be large, and tables without lanes hold them.
ROWS, FEW_ROWS = 10_000, 500
#: What belongs to processes that run, and pages of queries that can be asked anew: none of it is copied.
PASSING: Final = frozenset({"process", "ask", "claim", "lane_rest", "slot", "row_token", "row_token_page"})

Page = dict[str, list[Any]]
#: Is told of each page: the table, and how many of its rows have been dealt with.
Told = Callable[[str, int], None]


def quiet(table: str, rows: int) -> None:
    """Nobody is to be told."""


def pages(tx: Tx, table: Table, lane: int | None = None) -> Iterator[Page]:
    """The rows of a table, or of one lane of it, in the order of the key."""
    size = ROWS if table.has_lanes else FEW_ROWS
    key = [column for column in table.key if lane is None or column != "lane"]
    names = ", ".join(key)
    picked = ", ".join(
        tx.dialect.json_out(column) if kind == "JSON" else column for column, kind in table.columns.items()
    )
    within, at = ({}, "TRUE") if lane is None else ({"lane": lane}, "lane = :lane")
    behind = f"({names}) > ({', '.join(f':after{place}' for place in range(len(key)))})"
    last: dict[str, Any] = {}
    while True:
        beyond = f" AND {behind}" if last else ""
        rows = tx.rows(
            f"SELECT {picked} FROM {table.name} WHERE {at}{beyond} ORDER BY {names} LIMIT :size",
            size=size, **within, **last,
        )  # fmt: skip
        if not rows:
            return
        page: Page = dict(zip(table.columns, map(list, zip(*rows, strict=True)), strict=True))
        last = {f"after{place}": page[column][-1] for place, column in enumerate(key)}  # whoever takes it may change it
        yield page
        if len(rows) < size:
            return


def load(tx: Tx, table: Table, page: Page) -> None:
    """Insert the rows of a page."""
    if page["lane" if table.has_lanes else table.key[0]]:
        tx.load(table.name, {column: (kind, page[column]) for column, kind in table.columns.items()})


def count(tx: Tx, tables: Sequence[str]) -> dict[str, int]:
    """How many rows each of these tables holds."""
    return {name: int(tx.rows(f"SELECT count(*) FROM {name}")[0][0]) for name in tables}


def lasting_tables() -> list[str]:
    """The tables whose rows are copied, in the order of the schema files."""
    return [name for name in all_tables() if name not in PASSING]


def is_empty(tx: Tx) -> bool:
    """Whether nothing has been stored since the database was made."""
    made_with_it = {"meta", "lease", "lane_counter", "link_key", "sender"}
    return all(tx.one(f"SELECT 1 FROM {name} LIMIT 1") is None for name in lasting_tables() if name not in made_with_it)


def clear(tx: Tx) -> None:
    """Delete everything but what tells how the database was made."""
    for name in all_tables():
        if name not in {"meta", "ask"}:
            tx.run(f"DELETE FROM {name}")


def copy_table(source: Tx, target: Tx, table: Table, told: Told) -> int:
    """Copy a table as it is; returns how many rows it has."""
    rows = 0
    for page in pages(source, table):
        load(target, table, page)
        rows += len(page[table.key[0]])
        told(table.name, rows)
    go_on_numbering(target, table)
    return rows


def go_on_numbering(tx: Tx, table: Table) -> None:
    """Rows that come later get numbers above those that were loaded."""
    statement = tx.dialect.go_on_numbering(table.name, "number") if table.is_numbered else None
    if statement is not None:
        tx.run(statement)


def copy_all(source: Tx, target: Tx, told: Told) -> dict[str, int]:
    """Copy everything between databases with the same lanes; returns how many rows each table has.

    What the target held is gone, and nobody holds the lanes of the copy.
    """
    clear(target)
    copied: dict[str, int] = {}
    for name in lasting_tables():
        if name != "meta":
            copied[name] = copy_table(source, target, all_tables()[name], told)
    target.run("UPDATE lease SET owner = '', until = 0")
    return copied
