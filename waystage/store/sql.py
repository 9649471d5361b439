"""SQL text and bound values: nothing is ever interpolated, every value is a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from waystage.ground import lanes
from waystage.store.dialects.base import Dialect

SqlValue: TypeAlias = int | float | str | bytes | None
Row: TypeAlias = tuple[Any, ...]
#: A column to be loaded: SMALLINT, INTEGER, BIGINT, TEXT or JSON, and its value in each row.
Loaded: TypeAlias = tuple[str, Sequence[SqlValue]]


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is changed: user number and API client; `at` is the instant, in ms of journey time."""

    user: int
    client: str
    at: int


#: The program itself.
NOBODY = Actor(0, "", 0)


class Tx(Protocol):
    """One open transaction, or one read snapshot. `text` names its parameters `:name` on both databases."""

    actor: Actor
    """On whose behalf it runs; the audit says so."""

    @property
    def dialect(self) -> Dialect:
        """In what this database differs."""
        ...

    @property
    def lanes(self) -> int:
        """How many lanes this database was made with (design 3.1)."""
        ...

    @property
    def statements(self) -> int:
        """How many statements this transaction has run; a test watches that it does not grow with the contacts."""
        ...

    def rows(self, text: str, **values: SqlValue) -> list[Row]:
        """Run a statement and return all its rows."""
        ...

    def one(self, text: str, **values: SqlValue) -> Row | None:
        """Run a statement and return its first row, if any."""
        ...

    def run(self, text: str, **values: SqlValue) -> int:
        """Run a statement and return how many rows it touched."""
        ...

    def many(self, text: str, rows: Iterable[Mapping[str, SqlValue]]) -> None:
        """Run one statement for each row of values."""
        ...

    def insert(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, SqlValue]]) -> None:
        """Insert rows together; `columns` maps names to SMALLINT, INTEGER, BIGINT, TEXT or JSON (given as its text)."""
        ...

    def load(self, table: str, columns: Mapping[str, Loaded], conflict: str = "") -> None:
        """Insert thousands of rows together, given column by column; `conflict` is an ON CONFLICT clause."""
        ...


def lane_numbers(tx: Tx) -> Sequence[int]:
    """Every lane of this database, in order."""
    return lanes.lane_numbers(tx.lanes)


@dataclass(slots=True)
class Binder:
    """Collects the values of a statement that is composed of pieces, and names them `:b1`, `:b2` and so on.

    Equal values share a name, so the text of a statement depends on its shape only and its preparation is reused.
    """

    values: dict[str, SqlValue] = field(default_factory=dict)
    _names: dict[tuple[type, SqlValue], str] = field(default_factory=dict)

    def bind(self, value: SqlValue) -> str:
        """The parameter that stands for `value`."""
        key = (type(value), value)
        if key not in self._names:
            self._names[key] = f"b{len(self._names) + 1}"
            self.values[self._names[key]] = value
        return f":{self._names[key]}"
