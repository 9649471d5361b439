"""The journey object on the wire: stored and server-owned properties, counters, in their order (api.md 3.1)."""

from __future__ import annotations

from typing import Any

from waystage.api.replies import tidy_number, whole_second_date, wire_date
from waystage.operations.read_versions import DELAY_MINUTES, Reading, Stats
from waystage.store.versions import Version

FIELDS = (
    "id", "key", "name", "lastPublishedDate", "description", "version", "workflowApiVersion", "createdDate",
    "modifiedDate", "activities", "triggers", "goals", "exits", "notifiers", "stats", "healthStats", "entryMode",
    "definitionType", "channel", "defaults", "metaData", "executionMode", "categoryId", "tags", "campaigns", "status",
    "definitionId", "scheduledStatus",
)  # fmt: skip
STRUCTURE = frozenset({"activities", "triggers"})
ON_DEMAND = frozenset({"tags", "campaigns", "healthStats"})
EXTRAS = ("activities", "outcomes", "stats", "triggers", "tags", "campaigns", "summary", "healthStats")


def extras(words: list[str]) -> frozenset[str]:
    """Read the `extras` words: singular or plural, `all` for everything, unknown ones ignored (D-30)."""
    known = {form: name for name in EXTRAS for form in (name.lower(), name.lower().removesuffix("s"))}
    known["activity"] = "activities"
    found = {known[word.lower()] for word in words if word.lower() in known}
    return frozenset(EXTRAS) if any(word.lower() == "all" for word in words) else frozenset(found)


def single(reading: Reading, asked: frozenset[str], offset: int) -> dict[str, Any]:
    """Write a single read: the whole structure, the rest on demand."""
    return _ordered(reading, offset, leave_out=ON_DEMAND - asked)


def row(reading: Reading, asked: frozenset[str], offset: int) -> dict[str, Any]:
    """Write a row of a collection: without activities and triggers unless they are asked for."""
    wanted = asked | ({"activities"} if "outcomes" in asked else set())
    return _ordered(reading, offset, leave_out=(ON_DEMAND | STRUCTURE) - wanted)


def saved(reading: Reading, offset: int, *, with_stats: bool) -> dict[str, Any]:
    """Write the answer to a save: everything the caller may have sent; a POST has no counters."""
    absent = set() if reading.version.document.get("tags") else {"tags"}
    absent |= set() if "campaigns" in reading.version.document else {"campaigns"}
    return _ordered(reading, offset, leave_out=absent | {"healthStats"} | (set() if with_stats else {"stats"}))


def _ordered(reading: Reading, offset: int, leave_out: frozenset[str] | set[str]) -> dict[str, Any]:
    """Put the documented properties first, in order, then those that only the caller knows."""
    document = reading.version.document
    values = {**document, "tags": document.get("tags") or [], "campaigns": document.get("campaigns") or []}
    values |= _server_owned(reading.version, offset) | _counters(reading)
    shown = {name: values[name] for name in FIELDS if name in values and name not in leave_out}
    return shown | {name: value for name, value in document.items() if name not in FIELDS}


def _server_owned(version: Version, offset: int) -> dict[str, Any]:
    transactional = version.document["definitionType"] == "Transactional"
    return {
        "id": version.guid,
        "key": version.key,
        "lastPublishedDate": whole_second_date(None if transactional else version.published, offset),
        "version": version.version,
        "createdDate": wire_date(version.created, offset),
        "modifiedDate": wire_date(version.modified, offset),
        "status": version.status,
        "definitionId": version.definition_id,
        "scheduledStatus": "Draft",
    }


def _counters(reading: Reading) -> dict[str, Any]:
    """Write the counters; a published transactional journey has none (D-30)."""
    version = reading.version
    if version.document["definitionType"] == "Transactional" and version.status == "Published":
        return {}
    health = {
        "currentlyInCount": reading.stats.current,
        "delayedContactCount": reading.stats.delayed,
        "delayedMinuteInterval": DELAY_MINUTES,
    }
    return {"stats": _stats(reading.stats), "healthStats": health}


def _stats(stats: Stats) -> dict[str, float]:
    return {
        "currentPopulation": stats.current,
        "cumulativePopulation": stats.cumulative,
        "metGoal": stats.met_goal,
        "metExitCriteria": stats.met_exit,
        "goalPerformance": tidy_number(stats.performance),
    }
