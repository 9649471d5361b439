"""Conversion at the door: values of rows and events become typed stored values, and back (design 8.7, contract 5, 37).

Stored are: text as text, numbers as integers, decimals as integers scaled by the field's scale, dates as milliseconds
UTC, booleans as 0 or 1. Nothing else ever reaches the store, so no comparison there can fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from waystage.spec.field_types import (
    RESERVED,
    Field,
    FieldType,
    Schema,
    SchemaError,
    field_type_of,
    read_schema,
)
from waystage.spec.moments import parse_date, wire_date
from waystage.spec.problems import Finding, Kind

__all__ = [
    "Field",
    "FieldError",
    "FieldType",
    "RowError",
    "RowReader",
    "Schema",
    "SchemaError",
    "Stored",
    "check_defaults",
    "convert",
    "field_type_of",
    "fill",
    "is_email",
    "read_operand",
    "read_row",
    "read_schema",
    "render",
    "text_of",
]

Stored = int | str | None

_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**63 - 1
_BOOLEANS: Final = {"true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL: Final = re.compile(rf"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]{{1,64}}@{_LABEL}(?:\.{_LABEL}){{1,10}}")
_GET_DATE: Final = "getdate()"
_EXPECTED: Final = {
    FieldType.TEXT: "text",
    FieldType.NUMBER: "a whole number",
    FieldType.DECIMAL: "a decimal number",
    FieldType.DATE: "a date such as 2026-02-11T07:40:02",
    FieldType.BOOLEAN: "true or false",
    FieldType.EMAIL: "an e-mail address",
    FieldType.PHONE: "a phone number",
    FieldType.LOCALE: "a locale",
}


class FieldError(ValueError):
    """A value that its field does not take. `kind` is missing, type or value (too long, out of range)."""

    def __init__(self, field: Field, expected: str, got: str, kind: Kind = "type") -> None:
        super().__init__(f'The value of "{field.name}" must be {expected}, not {got}.')
        self.field = field
        self.expected = expected
        self.got = got
        self.kind: Kind = kind

    @property
    def finding(self) -> Finding:
        return Finding(self.kind, self.field.name, str(self))


class RowError(ValueError):
    """A row with values that its schema does not take; `errors` lists all of them."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(" ".join(map(str, errors)))
        self.errors = tuple(errors)

    @property
    def missing(self) -> tuple[Field, ...]:
        return tuple(error.field for error in self.errors if error.kind == "missing")


def convert(field: Field, value: object, offset_minutes: int = 0) -> Stored:
    """The stored value of a JSON value; `offset_minutes` is the account's, for dates without a zone.

    Null and, for everything but Text, an empty text are no value: None where the field is nullable. Decimals are
    rounded half up to the field's scale. Raises FieldError for what does not fit.
    """
    if value is None or (value == "" and field.type is not FieldType.TEXT):
        if field.is_nullable:
            return None
        raise FieldError(field, _EXPECTED[field.type], "empty", "missing")
    return _CONVERSIONS[field.type](field, value, offset_minutes)


def read_operand(field: Field, text: str, offset_minutes: int = 0) -> int | float | str:
    """The operand of a comparison with this field, in stored form; neither length nor scale limits it.

    A number between two stored ones comes as a float. Raises FieldError where the text cannot be read as the field's
    type: then the condition is false (contract 37).
    """
    if field.type in {FieldType.NUMBER, FieldType.DECIMAL}:
        scaled = _decimal(field, text.strip()).scaleb(field.scale)
        if scaled.adjusted() > 30:
            raise FieldError(field, _EXPECTED[field.type], _shown(text), "value")
        return int(scaled) if scaled == int(scaled) and _LOWEST <= scaled <= _HIGHEST else float(scaled)
    if field.type in {FieldType.DATE, FieldType.BOOLEAN}:
        stored = _CONVERSIONS[field.type](field, text.strip(), offset_minutes)
        if stored is not None:
            return stored
    return text


def render(field: Field, stored: Stored, offset_minutes: int = 0) -> object:
    """The JSON value of a stored one; a decimal that a double cannot hold exactly is written as text."""
    if stored is None or isinstance(stored, str):
        return stored
    if field.type is FieldType.BOOLEAN:
        return bool(stored)
    if field.type is FieldType.DATE:
        return wire_date(stored, offset_minutes)
    if field.type is FieldType.DECIMAL and field.scale:
        return float(_unscaled(field, stored)) if abs(stored) < 10**15 else str(_unscaled(field, stored))
    return stored


def text_of(field: Field, stored: Stored, offset_minutes: int = 0) -> str:
    """The text of a stored value in a message or mixed text: nothing for null, `True`, dates in ISO, all decimals."""
    if stored is None:
        return ""
    if isinstance(stored, int) and field.type is FieldType.DECIMAL:
        return f"{_unscaled(field, stored):f}"
    return str(render(field, stored, offset_minutes))


def read_row(schema: Schema, data: Mapping[str, Any], offset_minutes: int = 0) -> dict[str, Stored]:
    """One row read by a `RowReader` of its own."""
    return RowReader(schema, offset_minutes).read(data)


class RowReader:
    """Reads rows of one schema; made once where many rows come (design 2, hot endpoint).

    `offset_minutes` is the account's, for dates without a zone.
    """

    __slots__ = ("_by_name", "_known", "_offset", "_required")

    def __init__(self, schema: Schema, offset_minutes: int = 0) -> None:
        self._offset = offset_minutes
        self._required = tuple(field.name for field in schema.required)
        self._by_name = {field.name: (field, _CONVERSIONS[field.type]) for field in schema.fields}
        self._known = {field.name.casefold(): field.name for field in schema.fields}
        self._by_name = {name: known for name, known in self._by_name.items() if name.casefold() != RESERVED}

    def read(self, data: Mapping[str, Any]) -> dict[str, Stored]:
        """The stored values that `data` brings, by declared name, for the fields of the schema only.

        Names match without regard to case, the last one counts; unknown ones are ignored (contract 5),
        `eventInstanceId` is dropped. Raises RowError with everything that does not fit and every required field that
        is missing. Defaults are not filled in here: an update keeps what it leaves out (contract 38), an insert calls
        `fill`.
        """
        row: dict[str, Stored] = {}
        errors: list[FieldError] = []
        skipped: set[str] = set()
        for name, value in data.items():
            known = self._by_name.get(name) or self._by_name.get(self._known.get(name.casefold(), ""))
            if known is None:
                continue
            field, conversion = known
            try:
                if value is not None and value != "":
                    row[field.name] = conversion(field, value, self._offset)
                elif value is None and field.default is not None and not field.is_nullable:
                    skipped.add(field.name)
                else:
                    row[field.name] = convert(field, value, self._offset)
            except FieldError as error:
                errors.append(error)
        for name in self._required:
            if name not in row and name not in skipped and not any(error.field.name == name for error in errors):
                field = self._by_name[name][0]
                errors.append(FieldError(field, _EXPECTED[field.type], "missing", "missing"))
        if errors:
            raise RowError(errors)
        return row


def fill(schema: Schema, row: Mapping[str, Stored], now: int, offset_minutes: int = 0) -> dict[str, Stored]:
    """The whole new row in the order of the schema: what `row` leaves out takes its default, or null."""
    return {
        field.name: row[field.name] if field.name in row else _default(field, now, offset_minutes)
        for field in schema.fields
    }


def check_defaults(schema: Schema, path: str = "schema") -> list[Finding]:
    """The default values that their own fields would not take."""
    findings: list[Finding] = []
    for place, field in enumerate(schema.fields):
        try:
            _default(field, 0, 0)
        except FieldError as error:
            findings.append(Finding("value", f"{path}.fields[{place}].defaultValue", str(error)))
    return findings


def is_email(text: str) -> bool:
    """Whether a text looks like one e-mail address with a domain; surrounding space counts against it."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def _default(field: Field, now: int, offset_minutes: int) -> Stored:
    if field.default is None:
        return None
    if field.type is FieldType.DATE and field.default.strip().casefold() == _GET_DATE:
        return now
    return convert(field, field.default, offset_minutes)


def _text(field: Field, value: object, _offset: int) -> Stored:
    if type(value) is str and value.isprintable() and (field.length is None or len(value) <= field.length):
        return value  # nearly every value of every event
    if not isinstance(value, (str, int, float)):
        raise FieldError(field, _EXPECTED[field.type], _shown(value))
    text = str(value)
    if field.length is not None and len(text) > field.length:
        raise FieldError(field, f"at most {field.length} characters", f"{len(text)}", "value")
    # Neither a NUL nor half a surrogate pair can be stored as text everywhere.
    if not text.isprintable() and any(sign == "\0" or 0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        raise FieldError(field, "text without NUL and lone surrogates", _shown(text.encode("unicode_escape")))
    return text


def _email(field: Field, value: object, offset: int) -> Stored:
    text = value.strip() if isinstance(value, str) else ""
    if not is_email(text):
        raise FieldError(field, _EXPECTED[field.type], _shown(value))
    return _text(field, text, offset)


def _number(field: Field, value: object, _offset: int) -> Stored:
    if type(value) is int and _LOWEST <= value <= _HIGHEST:
        return value
    number = _decimal(field, value)
    if number != number.to_integral_value() or number.adjusted() > 20 or not _LOWEST <= number <= _HIGHEST:
        raise FieldError(field, "a whole number of 64 bits", _shown(value), "value")
    return int(number)


def _scaled(field: Field, value: object, _offset: int) -> Stored:
    number = _decimal(field, value)
    digits = field.length or 18
    if number.adjusted() < digits:
        scaled = int(number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP).scaleb(field.scale))
        if abs(scaled) < 10**digits:
            return scaled
    raise FieldError(
        field, f"a decimal of {digits} digits, {field.scale} of them after the point", _shown(value), "value"
    )


def _decimal(field: Field, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise FieldError(field, _EXPECTED[field.type], _shown(value))
    if isinstance(value, int) and value.bit_length() < 64:
        return Decimal(value)
    text = str(value).strip()
    if _DECIMAL.fullmatch(text) is None:
        raise FieldError(field, _EXPECTED[field.type], _shown(value))
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise FieldError(field, _EXPECTED[field.type], _shown(value)) from error


def _date(field: Field, value: object, offset_minutes: int) -> Stored:
    if isinstance(value, str):
        try:
            return parse_date(value, offset_minutes)
        except ValueError:
            pass
    raise FieldError(field, _EXPECTED[field.type], _shown(value))


def _boolean(field: Field, value: object, _offset: int) -> Stored:
    known = _BOOLEANS.get(str(value).strip().casefold()) if isinstance(value, (str, int)) else None
    if known is None:
        raise FieldError(field, _EXPECTED[field.type], _shown(value))
    return known


def _unscaled(field: Field, stored: int) -> Decimal:
    return Decimal(stored).scaleb(-field.scale)


def _shown(value: object) -> str:
    if isinstance(value, (Mapping, list)):
        return "an object" if isinstance(value, Mapping) else "an array"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_CONVERSIONS: Final[Mapping[FieldType, Callable[[Field, object, int], Stored]]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DECIMAL: _scaled,
    FieldType.DATE: _date,
    FieldType.BOOLEAN: _boolean,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _text,
    FieldType.LOCALE: _text,
}
