"""The form of a journey body: what is refused on save, and nothing more (contract 4, api.md 3.2, D-28)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from waystage.spec.document import DEFINITION_TYPES, ENTRY_MODES
from waystage.spec.moments import parse_date
from waystage.spec.problems import Finding

REQUIRED_TO_CREATE: Final = ("key", "name", "workflowApiVersion")
REQUIRED_TO_UPDATE: Final = ("key", "name", "workflowApiVersion", "version", "modifiedDate")
#: What says which version an update is meant for, and that nobody saved in between.
SELECTING: Final = ("version", "modifiedDate")
MAX_NAME: Final = 200
MAX_PARTS: Final = 2_000
MAX_FINDINGS: Final = 200

Check = Callable[[str, Any], Iterator[Finding]]


def check(raw: object, required: Sequence[str] = REQUIRED_TO_CREATE, spared: Collection[str] = ()) -> list[Finding]:
    """The faults in the form of a journey body, all of them (at most MAX_FINDINGS), in the order of the fields.

    `required` are the properties that must be there: REQUIRED_TO_CREATE or REQUIRED_TO_UPDATE; those of them that are
    `spared` may be absent. Dangling `next`s,
    unreachable parts and missing configuration are no faults of form: drafts may have them.
    """
    if not isinstance(raw, Mapping):
        return [_wrong_type("body", "an object", raw)]
    findings = [
        Finding("missing", name, f"{name} is required.")
        for name in required
        if name not in spared and (raw.get(name) is None or _blank(raw, name))
    ]
    for name, rule in _JOURNEY.items():
        if raw.get(name) is not None and not _blank(raw, name):
            findings.extend(rule(name, raw[name]))
    for name in SELECTING:
        if name in required and raw.get(name) is not None:
            findings.extend(_SELECTORS[name](name, raw[name]))
    return findings[:MAX_FINDINGS]


def _blank(raw: Mapping[str, Any], name: str) -> bool:
    value = raw.get(name)
    return name in {"key", "name"} and isinstance(value, str) and not value.strip()


def _shown(value: object) -> str:
    """What came, in the words of JSON and short enough for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _wrong_type(path: str, expected: str, value: object) -> Finding:
    return Finding("type", path, f"{path} must be {expected}, not {_shown(value)}.")


def _is_text(path: str, value: Any) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _wrong_type(path, "text", value)


def _is_label(path: str, value: Any) -> Iterator[Finding]:
    """A key or name: it becomes a column and part of addresses, so it is short and without control characters."""
    if not isinstance(value, str):
        yield _wrong_type(path, "text", value)
    elif len(value) > MAX_NAME:
        yield Finding("value", path, f"{path} must have at most {MAX_NAME} characters, not {len(value)}.")
    elif any(ord(sign) < 32 or ord(sign) == 127 or 0xD800 <= ord(sign) <= 0xDFFF for sign in value):
        yield Finding("format", path, f"{path} must not contain control characters.")


def _is_object(path: str, value: Any) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "an object", value)


def _is_whole_number(path: str, value: Any) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        yield _wrong_type(path, "a whole number", value)
    elif not -(2**63) <= value < 2**63:
        yield Finding("value", path, f"{path} must fit into 64 bits.")


def _is_positive(path: str, value: Any) -> Iterator[Finding]:
    findings = list(_is_whole_number(path, value))
    yield from findings
    if not findings and value < 1:
        yield Finding("value", path, f"{path} must be 1 or more, not {_shown(value)}.")


def _is_date(path: str, value: Any) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _wrong_type(path, "a date such as 2026-02-11T07:40:02.6", value)
        return
    try:
        parse_date(value, 0)
    except ValueError:
        expected = f"{path} must be a date such as 2026-02-11T07:40:02.6, not {_shown(value)}."
        yield Finding("format", path, expected)


def _is_api_version(path: str, value: Any) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield _wrong_type(path, "the number 0.5 or 1.0", value)
    elif value not in (0.5, 1):
        yield Finding("value", path, f"{path} must be 0.5 or 1.0, not {_shown(value)}.")


def _one_of(words: Sequence[str]) -> Check:
    folded = {word.casefold() for word in words}

    def rule(path: str, value: Any) -> Iterator[Finding]:
        if not isinstance(value, str):
            yield _wrong_type(path, "text", value)
        elif value.casefold() not in folded:
            yield Finding("value", path, f"{path} must be one of {', '.join(words)}, not {_shown(value)}.")

    return rule


def _array_of(rule: Check | None = None) -> Check:
    def array(path: str, value: Any) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield _wrong_type(path, "an array", value)
        elif len(value) > MAX_PARTS:
            yield Finding("value", path, f"{path} must have at most {MAX_PARTS} entries, not {len(value)}.")
        elif rule is not None:
            for place, item in enumerate(value):
                yield from rule(f"{path}[{place}]", item)

    return array


def _object_of(fields: Mapping[str, Check], required: Sequence[str] = ()) -> Check:
    """An object whose listed fields, where they are present and not null, follow their rules."""

    def rule(path: str, value: Any) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            yield _wrong_type(path, "an object", value)
            return
        for name in required:
            if value.get(name) in (None, ""):
                yield Finding("missing", f"{path}.{name}", f"{path}.{name} is required.")
        for name, inner in fields.items():
            if value.get(name) is not None:
                yield from inner(f"{path}.{name}", value[name])

    return rule


def _is_tag(path: str, value: Any) -> Iterator[Finding]:
    name = value.get("name") if isinstance(value, Mapping) else value
    if not isinstance(name, str):
        yield _wrong_type(path, "text or an object with a name", value)
    elif len(name) > MAX_NAME:
        yield Finding("value", path, f"{path} must have at most {MAX_NAME} characters, not {len(name)}.")


def _activities(path: str, value: Any) -> Iterator[Finding]:
    yield from _array_of(_ACTIVITY)(path, value)
    if not isinstance(value, list) or len(value) > MAX_PARTS:
        return
    seen: set[str] = set()
    for place, activity in enumerate(value):
        key = activity.get("key") if isinstance(activity, Mapping) else None
        if isinstance(key, str) and key in seen:
            where = f"{path}[{place}].key"
            yield Finding("value", where, f"{where} must be unique in the journey, but {_shown(key)} occurs twice.")
        elif isinstance(key, str) and key:
            seen.add(key)


_OUTCOME: Final = _object_of(
    {"key": _is_label, "next": _is_text, "arguments": _is_object, "metaData": _is_object},
)
_PART_FIELDS: Final[Mapping[str, Check]] = {
    "id": _is_label,
    "key": _is_label,
    "type": _is_label,
    "name": _is_text,
    "description": _is_text,
    "outcomes": _array_of(_OUTCOME),
    "arguments": _is_object,
    "configurationArguments": _is_object,
    "metaData": _is_object,
}
_ACTIVITY: Final = _object_of(_PART_FIELDS, required=("key", "type"))
_PART: Final = _object_of(_PART_FIELDS)
_JOURNEY: Final[Mapping[str, Check]] = {
    "key": _is_label,
    "name": _is_label,
    "workflowApiVersion": _is_api_version,
    "description": _is_text,
    "activities": _activities,
    "triggers": _array_of(_PART),
    "goals": _array_of(_PART),
    "exits": _array_of(_PART),
    "notifiers": _array_of(),
    "campaigns": _array_of(),
    "entryMode": _one_of(ENTRY_MODES),
    "definitionType": _one_of(DEFINITION_TYPES),
    "channel": _is_text,
    "defaults": _object_of(
        {"email": _array_of(_is_text), "mobileNumber": _array_of(_is_text), "properties": _is_object}
    ),
    "metaData": _is_object,
    "executionMode": _is_text,
    "categoryId": _is_whole_number,
    "tags": _array_of(_is_tag),
}
_SELECTORS: Final[Mapping[str, Check]] = {"version": _is_positive, "modifiedDate": _is_date}
