"""The tables that the schema files make: names, columns and keys, read from the files themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from waystage.store.schema_files import SchemaFile, known_files

_CREATE = re.compile(r"CREATE TABLE (\w+) \((.*)\)[^)]*", re.DOTALL)
_ADD = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+) (\S+)")
_KEY = re.compile(r"PRIMARY KEY \(([\w, ]+)\)")
_KINDS = frozenset({"SMALLINT", "INTEGER", "BIGINT", "TEXT"})


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the kind of each column as `Tx.load` takes it, and the columns of its primary key."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    is_numbered: bool
    """Whether the database gives out its numbers."""

    @property
    def has_lanes(self) -> bool:
        """Whether its rows belong to lanes."""
        return self.key[0] == "lane"


@cache
def all_tables() -> dict[str, Table]:
    """Every table by name but the working sets, which hold nothing between transactions."""
    return read_tables(known_files())


def read_tables(files: Iterable[SchemaFile]) -> dict[str, Table]:
    """The tables that these files make, one after the other."""
    found: dict[str, Table] = {}
    for file in files:
        for statement in file.statements():
            if created := _CREATE.fullmatch(statement):
                found[created[1]] = _table(created[1], created[2])
            elif added := _ADD.match(statement):
                found[added[1]].columns[added[2]] = _kind(added[3])
    return found


def _table(name: str, inside: str) -> Table:
    columns: dict[str, str] = {}
    key: tuple[str, ...] = ()
    is_numbered = False
    for line in filter(None, (one.strip().rstrip(",") for one in inside.splitlines())):
        if line.startswith("PRIMARY KEY"):
            key = _key(line)
        elif not line.startswith("UNIQUE"):
            column, kind = line.split()[:2]
            columns[column] = _kind(kind)
            is_numbered = is_numbered or kind == "{serial}"
            if kind == "{serial}" or "PRIMARY KEY" in line:
                key = (column,)
    if not key:
        raise ValueError(f"table {name} has no primary key")
    return Table(name, columns, key, is_numbered)


def _key(line: str) -> tuple[str, ...]:
    match = _KEY.match(line)
    if match is None:
        raise ValueError(f"not a primary key: {line}")
    return tuple(part.strip() for part in match[1].split(","))


def _kind(word: str) -> str:
    word = word.rstrip(",;")
    if word == "{json}":
        return "JSON"
    if word == "{serial}":
        return "BIGINT"
    if word not in _KINDS:
        raise ValueError(f"not a type of column: {word}")
    return word
