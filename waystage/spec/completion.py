"""Completing a document on save: defaults, ids of parts, tags; and comparing two documents (api.md 3.1, D-24)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

NewId = Callable[[], str]

JOURNEY_DEFAULTS: Final[Mapping[str, Any]] = {
    "description": "",
    "activities": [],
    "triggers": [],
    "goals": [],
    "exits": [],
    "notifiers": [],
    "entryMode": "NotSet",
    "definitionType": "Multistep",
    "channel": "",
    "defaults": {"properties": {}},
    "metaData": {},
    "executionMode": "Production",
}
"""What a new journey has where the caller says nothing, in the order of a reply (api.md 3.1)."""

SERVER_FIELDS: Final = frozenset(
    {
        "id",
        "definitionId",
        "version",
        "status",
        "scheduledStatus",
        "createdDate",
        "modifiedDate",
        "lastPublishedDate",
        "stats",
        "healthStats",
    }
)
"""Properties that the server assigns; what a caller sends there is ignored (journey-spec 1.2)."""

_ACTIVITY_DEFAULTS: Final[Mapping[str, Any]] = {
    "outcomes": [],
    "arguments": {},
    "configurationArguments": {},
    "metaData": {},
}
_PART_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "activities": _ACTIVITY_DEFAULTS,
    "triggers": {},
    "goals": {},
    "exits": {},
}


def copied(value: Any) -> Any:
    """A copy of a JSON value down to its leaves."""
    if isinstance(value, Mapping):
        return {name: copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def same(one: object, other: object) -> bool:
    """Whether two JSON values mean the same (D-24): key order and 1 or 1.0 do not count, array order counts."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    # In Python True equals 1; in JSON it does not.
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def without_server_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a body that a caller may set; run-time leftovers of the UI fall away too (journey-spec 1.2)."""
    return {
        name: value
        for name, value in raw.items()
        if name not in SERVER_FIELDS and not name.startswith("persistenceModel_")
    }


def merge(previous: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """What an update leaves (D-27): a property that is present replaces the stored one whole, others stay."""
    return {**previous, **sent}


def complete(raw: Mapping[str, Any], new_id: NewId, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A copy of a checked document with everything filled in that a save fills in.

    Adds the defaults of a journey, `id`s of activities, triggers, goals and exits, keys of outcomes and their empty
    objects; turns tags into `{name}` objects; drops empty tags and campaigns, which reads show anyway. `new_id` makes a
    GUID. Ids and outcome keys that the caller left out are taken from the part with the same key in `previous`, so that
    re-sending a document changes nothing (D-24).
    """
    document: dict[str, Any] = copied(raw)
    for name, default in JOURNEY_DEFAULTS.items():
        _default(document, name, default)
    _whole_number(document, "workflowApiVersion")
    for name in ("tags", "campaigns"):
        if not document.get(name):
            document.pop(name, None)
    if "tags" in document:
        document["tags"] = [{"name": tag} if isinstance(tag, str) else tag for tag in document["tags"]]
    for name, defaults in _PART_DEFAULTS.items():
        earlier = _Earlier(previous, name)
        for place, part in enumerate(_parts(document, name)):
            _complete_part(part, new_id, earlier.of(part, place), defaults)
    return document


def _complete_part(
    part: dict[str, Any], new_id: NewId, earlier: Mapping[str, Any], defaults: Mapping[str, Any]
) -> None:
    if not part.get("id"):
        part["id"] = earlier.get("id") or new_id()
    for name, default in defaults.items():
        _default(part, name, default)
    outcomes = _parts(part, "outcomes")
    known = {outcome.get("key") for outcome in outcomes}
    before = _parts(earlier, "outcomes")
    for place, outcome in enumerate(outcomes):
        if not outcome.get("key"):
            kept = before[place].get("key") if place < len(before) else None
            outcome["key"] = kept if kept and kept not in known else new_id()
        _default(outcome, "arguments", {})
        _default(outcome, "metaData", {})


class _Earlier:
    """The parts of the previous document, to be found by key; a part without key by its place."""

    def __init__(self, previous: Mapping[str, Any] | None, name: str) -> None:
        self._parts = _parts(previous, name)
        self._by_key: dict[str, Mapping[str, Any]] = {
            str(part.get("key")): part for part in reversed(self._parts) if part.get("key")
        }

    def of(self, part: Mapping[str, Any], place: int) -> Mapping[str, Any]:
        if part.get("key"):
            return self._by_key.get(str(part["key"]), {})
        return self._parts[place] if place < len(self._parts) and not self._parts[place].get("key") else {}


def _parts(raw: Mapping[str, Any] | None, name: str) -> list[dict[str, Any]]:
    value = raw.get(name) if raw else None
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _default(raw: dict[str, Any], name: str, default: object) -> None:
    """Absent and null are the same: both take the default (D-27)."""
    if raw.get(name) is None:
        raw[name] = copied(default)


def _whole_number(raw: dict[str, Any], name: str) -> None:
    """1.0 is written as 1 (api.md 1.5)."""
    value = raw.get(name)
    if isinstance(value, float) and value.is_integer():
        raw[name] = int(value)
