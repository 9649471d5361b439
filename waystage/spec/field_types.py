"""The fields of data extensions as declared: types, lengths, keys, and who holds the contact key (journey-spec 2.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from waystage.spec.problems import Finding

MAX_FIELDS: Final = 1_000
MAX_FIELD_NAME: Final = 128
MAX_PRECISION: Final = 18
"""Decimals are kept as integers scaled by ten to the scale: 18 digits fit into 64 bits."""
RESERVED: Final = "eventinstanceid"
"""A folded name whose value the server sets (api.md 7.1)."""


class FieldType(Enum):
    """The types of fields by their wire names."""

    TEXT = "Text"
    NUMBER = "Number"
    DECIMAL = "Decimal"
    DATE = "Date"
    BOOLEAN = "Boolean"
    EMAIL = "EmailAddress"
    PHONE = "Phone"
    LOCALE = "Locale"


_TYPES: Final = {kind.value.casefold(): kind for kind in FieldType} | {
    "email": FieldType.EMAIL,
    "longnumber": FieldType.NUMBER,
    "integer": FieldType.NUMBER,
    "datetime": FieldType.DATE,
    "bool": FieldType.BOOLEAN,
    "string": FieldType.TEXT,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `length` counts characters of texts, and digits of decimals together with `scale` after the point."""

    name: str
    type: FieldType = FieldType.TEXT
    length: int | None = None
    scale: int = 0
    is_nullable: bool = True
    is_primary_key: bool = False
    default: str | None = None

    @property
    def is_required(self) -> bool:
        """Whether a row must bring a value: not nullable, without default, and not set by the server."""
        return not self.is_nullable and self.default is None and self.name.casefold() != RESERVED


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a data extension in order; `contact_field` names the one that holds the contact key."""

    fields: tuple[Field, ...]
    contact_field: str | None = None
    _by_name: Mapping[str, Field] = field(init=False, compare=False, repr=False)
    required: tuple[Field, ...] = field(init=False, compare=False, repr=False)
    primary_key: tuple[Field, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name.casefold(): column for column in self.fields})
        object.__setattr__(self, "required", tuple(column for column in self.fields if column.is_required))
        object.__setattr__(self, "primary_key", tuple(column for column in self.fields if column.is_primary_key))

    def find(self, name: str) -> Field | None:
        """The field with this name, without regard to case."""
        return self._by_name.get(name.casefold())


class SchemaError(ValueError):
    """A schema that cannot be used; `findings` lists every fault."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = tuple(findings)


def field_type_of(name: str) -> FieldType:
    """The type with this wire name or alias in any case; raises ValueError naming the choices."""
    kind = _TYPES.get(name.strip().casefold())
    if kind is None:
        raise ValueError(f'"{name[:40]}" is no field type: give one of {", ".join(kind.value for kind in FieldType)}.')
    return kind


def read_schema(raw: Mapping[str, Any], path: str = "schema") -> Schema:
    """The schema of an event definition or data extension as it is sent (journey-spec 2.4, contract, our resources).

    Reads `dataType` or `type`, `maxLength` or `length` (numbers or text, decimals as `"18,2"`). Raises SchemaError
    with everything that is wrong; default values are checked by `waystage.spec.fields.check_defaults`.
    """
    entries = raw.get("fields")
    if not isinstance(entries, list) or not entries:
        raise SchemaError([Finding("missing", f"{path}.fields", f"{path}.fields must list at least one field.")])
    if len(entries) > MAX_FIELDS:
        text = f"{path}.fields must have at most {MAX_FIELDS} entries, not {len(entries)}."
        raise SchemaError([Finding("value", f"{path}.fields", text)])
    fields: list[Field] = []
    findings: list[Finding] = []
    for place, entry in enumerate(entries):
        where = f"{path}.fields[{place}]"
        try:
            fields.append(_field(entry, where))
        except SchemaError as error:
            findings.extend(error.findings)
    findings.extend(_repeated(fields, path))
    contact_field = _contact_field(raw, fields, path, findings)
    if findings:
        raise SchemaError(findings)
    return Schema(tuple(fields), contact_field)


def _field(entry: Any, where: str) -> Field:
    if not isinstance(entry, Mapping):
        raise _refused("type", where, "must be an object")
    name = _name(entry.get("name"), f"{where}.name")
    kind = _type(entry.get("dataType", entry.get("type")), where)
    length, scale = _length(kind, entry, where)
    is_primary_key = _flag(entry, "isPrimaryKey", where, default=False)
    default = entry.get("defaultValue")
    return Field(
        name,
        kind,
        length,
        scale,
        is_nullable=_flag(entry, "isNullable", where, default=not is_primary_key) and not is_primary_key,
        is_primary_key=is_primary_key,
        default=None if default in (None, "") else _text(default, f"{where}.defaultValue"),
    )


def _name(value: Any, where: str) -> str:
    if value is None or value == "":
        raise _refused("missing", where, "is required")
    if not isinstance(value, str):
        raise _refused("type", where, "must be text")
    if len(value) > MAX_FIELD_NAME:
        raise _refused("value", where, f"must have at most {MAX_FIELD_NAME} characters, not {len(value)}")
    # Names become JSON paths and quoted parts of expressions.
    if any(sign in '"\\' or ord(sign) < 32 or ord(sign) == 127 or 0xD800 <= ord(sign) <= 0xDFFF for sign in value):
        raise _refused("format", where, "must not contain double quotes, backslashes or control characters")
    return value


def _type(value: Any, where: str) -> FieldType:
    if value is None:
        return FieldType.TEXT
    try:
        return field_type_of(_text(value, f"{where}.dataType"))
    except SchemaError:
        raise
    except ValueError as error:
        raise SchemaError([Finding("value", f"{where}.dataType", f"{where}.dataType: {error}")]) from error


def _length(kind: FieldType, entry: Mapping[str, Any], where: str) -> tuple[int | None, int]:
    """Length and scale: `50`, `"50"`, `"18,2"`, or length 18 beside scale 2; a decimal without any is 18,2."""
    value = entry.get("maxLength", entry.get("length"))
    text = "" if value is None else _text(value, f"{where}.maxLength").replace(" ", "")
    found = re.fullmatch(r"([0-9]{1,6})(?:,([0-9]{1,2}))?", text)
    if text and (found is None or not int(found.group(1))):
        raise _refused("value", f"{where}.maxLength", 'must be a number of characters, or such as "18,2" for decimals')
    length = int(found.group(1)) if found else None
    if kind is not FieldType.DECIMAL:
        return length, 0
    written = found.group(2) if found and found.group(2) else _text(entry.get("scale", 0 if found else 2), where)
    scale = int(written) if re.fullmatch("[0-9]{1,2}", written) else MAX_PRECISION + 1
    length = length or MAX_PRECISION
    if length > MAX_PRECISION or scale > length:
        raise _refused("value", f"{where}.maxLength", f"must have at most {MAX_PRECISION} digits, the scale included")
    return length, scale


def _flag(entry: Mapping[str, Any], name: str, where: str, *, default: bool) -> bool:
    value = entry.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in {"true", "false"}:
        return value.casefold() == "true"
    raise _refused("type", f"{where}.{name}", "must be true or false")


def _text(value: Any, where: str) -> str:
    """A text, or a number or truth value as text: recorded schemas carry all of them."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (str, int, float)):
        return str(value)
    raise _refused("type", where, "must be text or a number")


def _repeated(fields: Sequence[Field], path: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for column in fields:
        if column.name.casefold() in seen:
            yield Finding("value", f"{path}.fields", f'{path}.fields has the field "{column.name}" twice.')
        seen.add(column.name.casefold())


def _contact_field(raw: Mapping[str, Any], fields: Sequence[Field], path: str, findings: list[Finding]) -> str | None:
    """The declared spelling of the field that holds the contact key; None for an extension nobody is sent to."""
    name = raw.get("sendableCustomObjectField")
    if raw.get("isSendable") is False or name is None or name == "":
        return None
    found = [column.name for column in fields if isinstance(name, str) and column.name.casefold() == name.casefold()]
    if not found:
        where = f"{path}.sendableCustomObjectField"
        findings.append(Finding("value", where, f"{where} must name one of the fields."))
    return found[0] if found else None


def _refused(kind: Any, where: str, expected: str) -> SchemaError:
    return SchemaError([Finding(kind, where, f"{where} {expected}.")])
