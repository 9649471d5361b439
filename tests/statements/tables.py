"""The tables as the schema files make them: which of them are run-time tables, and their keys."""

import re
from dataclasses import dataclass, field
from functools import cache

from waystage.store.dialects.postgresql import PostgresqlDialect
from waystage.store.schema_files import known_files

_TABLE = re.compile(r"CREATE (?:UNLOGGED )?TABLE (\w+) \((.*)\)\s*;?\s*$", re.DOTALL)
_UNIQUE_INDEX = re.compile(r"CREATE UNIQUE INDEX \w+ ON (\w+) \(([^)]*)\)")
_KEY = re.compile(r"(PRIMARY KEY|UNIQUE|FOREIGN KEY) \(([^)]*)\)")
_COLUMN_KEY = re.compile(r"^\s*(\w+) [^,]*?\b(PRIMARY KEY|UNIQUE|REFERENCES)\b", re.MULTILINE)


@dataclass
class Table:
    """A table: the columns of its primary key, and of whatever else says that rows are one or belong together."""

    name: str
    primary: tuple[str, ...] = ()
    others: list[tuple[str, ...]] = field(default_factory=list)
    is_numbered: bool = False

    @property
    def is_run_time(self) -> bool:
        """Whether it lies in lanes (design 3.1)."""
        return self.primary[:1] == ("lane",)


def read(statements: list[str]) -> dict[str, Table]:
    """Tables by name."""
    found: dict[str, Table] = {}
    for statement in statements:
        if made := _TABLE.match(statement):
            name, body = made.groups()
            found[name] = table = Table(name, is_numbered="IDENTITY" in body)
            keys = [(kind, tuple(map(str.strip, columns.split(",")))) for kind, columns in _KEY.findall(body)]
            for kind, columns in keys + [(kind, (column,)) for column, kind in _COLUMN_KEY.findall(body)]:
                if kind == "PRIMARY KEY":
                    table.primary = columns
                else:
                    table.others.append(columns)
        elif index := _UNIQUE_INDEX.match(statement):
            found[index[1]].others.append(tuple(map(str.strip, index[2].split(","))))
    return found


@cache
def tables() -> dict[str, Table]:
    """The tables of the product."""
    words = PostgresqlDialect.schema_words
    return read([statement for file in known_files() for statement in file.statements(words)])


@cache
def run_time() -> frozenset[str]:
    """The tables whose primary key begins with the lane."""
    return frozenset(name for name, table in tables().items() if table.is_run_time)


@cache
def definitions() -> frozenset[str]:
    """All others: small, and on every machine."""
    return frozenset(tables()) - run_time()
