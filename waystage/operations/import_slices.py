"""Rows of a file on their way into the store: some thousands at a time, column by column (contract 20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Protocol

from waystage.ground.errors import MissingValue, ValueNotAllowed, WaystageError
from waystage.operations.body_check import error_of
from waystage.spec.columns import ABSENT, Column, ColumnReader, has_absent
from waystage.spec.fields import Field, FieldError
from waystage.store.imports import RefusedRow

#: Rows of one transaction: enough to be quick, few enough that nobody waits long behind it.
SLICE_ROWS = 5_000
MOST_COLUMNS = 2_000
#: How a file gives its bytes: some each time, none at its end.
Pull = Callable[[], bytes]


class FileBroken(Exception):
    """The file does not come to its end: the connection is lost, or nothing comes any more."""


@dataclass(slots=True)
class Slice:
    """Some rows, in the order of the file: `count` were read, those at `places` (from 1) are still to be stored."""

    count: int
    names: tuple[str, ...]
    columns: list[Column]
    places: Sequence[int]
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, errors: Mapping[int, WaystageError]) -> None:
        """Take rows out, by their position among those that are left."""
        if not errors:
            return
        self.refused.extend(
            RefusedRow(self.places[position], error.errorcode, error.message) for position, error in errors.items()
        )
        keep = [position not in errors for position in range(len(self.places))]
        self.places = list(compress(self.places, keep))
        self.columns = [list(compress(column, keep)) for column in self.columns]

    def column(self, name: str) -> Column | None:
        """The column with this name."""
        return self.columns[self.names.index(name)] if name in self.names else None


class FileReader(Protocol):
    """One kind of file; WrongFormat where it turns out to be no such file."""

    @property
    def blanks(self) -> bool:
        """Whether an empty text stands for no value, where texts are all that the file can hold."""
        ...

    def header(self) -> tuple[str, ...] | None:
        """The names of the columns, where all rows have the same."""
        ...

    def close(self) -> None:
        """Let go of what was kept aside."""
        ...

    def slices(self, skipped: int) -> Iterator[Slice]:
        """All rows; of the first `skipped` only how many they are, and no slice reaches over their end."""
        ...


def read_columns(fields: Sequence[Field], columns: Sequence[Column], offset: int, *, blanks: bool = False) -> tuple[
    list[Column], dict[int, WaystageError]
]:  # fmt: skip
    """The typed columns, and one error for each row that has something wrong; messages never show a value."""
    typed: list[Column] = []
    wrong: dict[int, list[FieldError]] = {}
    for one, column in zip(fields, columns, strict=True):
        read, errors = ColumnReader(one, offset, blanks=blanks).read(column) if len(column) else (column, {})
        typed.append(read)
        for position, error in errors.items():
            wrong.setdefault(position, []).append(error)
    return typed, {position: _one_error(errors) for position, errors in sorted(wrong.items())}


def _one_error(errors: Sequence[FieldError]) -> WaystageError:
    missing = [error for error in errors if error.kind == "missing"]
    told = [f"{error.field.name} must be {error.expected}." for error in errors if error.kind != "missing"]
    told += [f"{error.field.name} is required." for error in missing]
    return type(error_of(errors[0].finding))(" ".join(told))


def absent_errors(names: Sequence[str], columns: Sequence[Column], required: Sequence[str]) -> dict[int, WaystageError]:
    """An error for each row that does not bring a required value, of the columns that are there."""
    errors: dict[int, WaystageError] = {}
    for name, column in zip(names, columns, strict=True):
        if name in required and has_absent(column):
            for position, value in enumerate(column):
                if value is ABSENT:
                    errors.setdefault(position, MissingValue(f"{name} is required."))
    return errors


def named(slice_: Slice, known: Callable[[str], str | None], *, ignores_others: bool) -> None:
    """Give columns their declared names; a row that brings another one is refused, or the column is left out."""
    columns: dict[str, Column] = {}
    errors: dict[int, WaystageError] = {}
    for name, column in zip(slice_.names, slice_.columns, strict=True):
        declared = known(name)
        if declared is not None:
            columns[declared] = _later(columns[declared], column) if declared in columns else column
        elif not ignores_others:
            for position, value in enumerate(column):
                if value is not ABSENT:
                    errors.setdefault(position, ValueNotAllowed(f"There is no column {name[:100]!r}."))
    slice_.names, slice_.columns = tuple(columns), list(columns.values())
    slice_.refuse(errors)


def _later(first: Column, second: Column) -> Column:
    """Two spellings of one name: the value that is there, and of two the later."""
    return [one if other is ABSENT else other for one, other in zip(first, second, strict=True)]


def last_of_each(keys: Sequence[str], columns: Sequence[Column]) -> tuple[list[str], list[Column]]:
    """Each key once, in the order in which they came first; of its rows the last value counts for each column."""
    if len(set(keys)) == len(keys):
        return list(keys), list(columns)
    places: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return list(places), [[_last(column, of_key) for of_key in places.values()] for column in columns]


def _last(column: Column, places: Sequence[int]) -> object:
    return next((column[place] for place in reversed(places) if column[place] is not ABSENT), ABSENT)


def as_keys(keys: Column | None, many: int) -> Column:
    """A column of keys; a row that leaves its key out has none, which is refused like any other."""
    if keys is None:
        return [None] * many
    return [None if key is ABSENT else key for key in keys] if has_absent(keys) else keys
