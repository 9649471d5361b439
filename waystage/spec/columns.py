"""Conversion at the door for many rows at once: column by column, with one look at a whole column where that will do.

What comes out is the same, value by value, as `fields.convert` gives: the quick ways take only what they are sure of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from waystage.spec.fields import Field, FieldError, FieldType, Stored, convert, is_email

#: Stands where a row does not bring a value for a column at all, so that the stored one, or the default, stays.
ABSENT: Final = msgspec.UNSET

Column = Sequence[Any]
"""Values of one field, one for each row: `Stored` or ABSENT after the conversion."""

_TEXTS: Final = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.LOCALE})
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_WHOLE: Final = re.compile(r"(?:[+-]?[0-9]{1,18}\n)*+")
_ENCODER: Final = msgspec.json.Encoder()
_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**63 - 1
#: Addresses as most are; `is_email` knows the others.
_USUAL_EMAILS: Final = re.compile(r"(?:[A-Za-z0-9._+-]{1,64}+@(?:[A-Za-z0-9]{1,63}+\.){1,10}+[A-Za-z0-9]{1,63}+\n)*+")


class ColumnReader:
    """Reads values of one field; `offset_minutes` is the account's, for dates without a zone.

    `blanks`: an empty text is no value, whatever the type but Text, and takes the default (cells of CSV files).
    """

    def __init__(self, field: Field, offset_minutes: int, *, blanks: bool = False) -> None:
        self.field = field
        self._offset = offset_minutes
        self._blanks = blanks and field.type is not FieldType.TEXT
        self._quick = _quick_way(field)
        self._leaves_out = field.default is not None and not field.is_nullable

    def read(self, values: Column) -> tuple[Column, Mapping[int, FieldError]]:
        """The stored values, and by place what cannot be one (None stands there)."""
        quick = self._read_quickly(values)
        if quick is not None:
            return quick, {}
        if self._blanks and "" in values:
            return self._read_around_blanks(values)
        return self._read_slowly(values)

    def _read_quickly(self, values: Column) -> Column | None:
        kinds = set(map(type, values))
        if len(kinds) != 1 or self._quick is None:
            return None
        return self._quick(values) if str in kinds else self._read_numbers(values, kinds.pop())

    def _read_numbers(self, values: Column, kind: type) -> Column | None:
        """Numbers of JSON or Parquet in a field of whole numbers are stored as they are."""
        fits = kind is int and self.field.type is FieldType.NUMBER
        return values if fits and min(values) >= _LOWEST and max(values) <= _HIGHEST else None

    def _read_around_blanks(self, values: Column) -> tuple[Column, Mapping[int, FieldError]]:
        places = [place for place, value in enumerate(values) if value != ""]
        found, wrong = self.read([values[place] for place in places]) if places else ([], {})
        blank, refusal = self._read_one(None)
        read = [blank] * len(values)
        for place, value in zip(places, found, strict=True):
            read[place] = value
        errors = {places[place]: error for place, error in wrong.items()}
        if refusal is not None:
            errors.update((place, refusal) for place, value in enumerate(values) if value == "")
        return read, errors

    def _read_slowly(self, values: Column) -> tuple[Column, Mapping[int, FieldError]]:
        read: list[Any] = []
        errors: dict[int, FieldError] = {}
        known: dict[str, tuple[Any, FieldError | None]] = {}
        for place, value in enumerate(values):
            if type(value) is str:
                found = known.get(value)
                if found is None:
                    found = known[value] = self._read_one(value)
            else:
                found = self._read_one(value)
            read.append(found[0])
            if found[1] is not None:
                errors[place] = found[1]
        return read, errors

    def _read_one(self, value: object) -> tuple[Any, FieldError | None]:
        if value is ABSENT or (value is None and self._leaves_out):
            return ABSENT, None
        try:
            return convert(self.field, value, self._offset), None
        except FieldError as error:
            return None, error


def _quick_way(field: Field) -> Callable[[Column], Column | None] | None:
    """How to read a column of texts with few looks; it gives None where only `convert` knows."""
    if field.type in _TEXTS:
        return _texts(field)
    if field.type is FieldType.NUMBER:
        return _whole_numbers
    if field.type is FieldType.DECIMAL:
        return _decimals(field)
    if field.type is FieldType.EMAIL:
        return _emails(field)
    return None


def _texts(field: Field) -> Callable[[Column], Column | None]:
    longest = field.length
    empty_is_text = field.type is FieldType.TEXT

    def read(values: Column) -> Column | None:
        if longest is not None and max(map(len, values)) > longest:
            return None
        if (not empty_is_text and "" in values) or not _is_text("".join(values)):
            return None
        return values

    return read


def _is_text(joined: str) -> bool:
    return joined.isprintable() or _NO_TEXT.search(joined) is None


def _whole_numbers(values: Column) -> Column | None:
    return list(map(int, values)) if _all_match(_WHOLE, values) else None


def _all_match(lines: re.Pattern[str], values: Column) -> bool:
    """Whether every value, as a line of its own, fits."""
    joined = "\n".join(values) + "\n"
    return joined.count("\n") == len(values) and lines.fullmatch(joined) is not None


def _decimals(field: Field) -> Callable[[Column], Column | None] | None:
    scale, whole = field.scale, (field.length or 18) - field.scale
    if whole < 1:
        return None
    usual = re.compile(rf"(?:-?[0-9]{{1,{whole}}}\.[0-9]{{{scale}}}\n)*+")
    form = re.compile(rf"(?:-?[0-9]{{1,{whole}}}(?:\.[0-9]{{0,{scale}}})?\n)*+")

    def read(values: Column) -> Column | None:
        if scale and _all_match(usual, values):
            return list(map(int, "\n".join(values).replace(".", "").split("\n")))
        if not _all_match(form, values):
            return None
        parts = [value.partition(".") for value in values]
        return [int(before + after.ljust(scale, "0")) for before, _, after in parts]

    return read


def _emails(field: Field) -> Callable[[Column], Column | None]:
    longest = field.length or 254

    def read(values: Column) -> Column | None:
        if max(map(len, values)) > longest:
            return None
        return values if _all_match(_USUAL_EMAILS, values) or all(map(is_email, values)) else None

    return read


def json_objects(names: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The JSON text of each row, by the names of its columns; what is ABSENT is left out. There must be a column."""
    return _json(_row_type(tuple(names), as_array=False), columns)


def json_arrays(columns: Sequence[Column]) -> list[str]:
    """The JSON text of the array that the values of each row are; no value may be ABSENT. There must be a column."""
    return _json(_row_type(tuple(str(place) for place in range(len(columns))), as_array=True), columns)


def _json(row_type: type[msgspec.Struct], columns: Sequence[Column]) -> list[str]:
    return list(map(bytes.decode, map(_ENCODER.encode, map(row_type, *columns))))


@lru_cache(maxsize=256)
def _row_type(names: tuple[str, ...], *, as_array: bool) -> type[msgspec.Struct]:
    """What a row of these columns is to the encoder, which is twice as fast with it as with a dictionary."""
    fields = {f"column{place}": name for place, name in enumerate(names)}
    return msgspec.defstruct("Row", [(field, object) for field in fields], rename=fields, array_like=as_array, gc=False)


def has_absent(column: Column) -> bool:
    """Whether some row does not bring a value."""
    return msgspec.UnsetType in set(map(type, column))


def row_of(names: Sequence[str], values: Column) -> dict[str, Stored]:
    """The values that one row brings, by name."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not ABSENT}
