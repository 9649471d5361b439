"""The query parameters of the journey list, read into a filter and an order (api.md 3.6)."""

from __future__ import annotations

from typing import Literal

from waystage.api.requests import Query
from waystage.ground.errors import ValueNotAllowed
from waystage.spec.document import DEFINITION_TYPES
from waystage.store.version_lists import Filter, Order

STATUSES = (
    "Draft", "Published", "ScheduledToPublish", "Paused", "Unpublished", "Stopped", "Deleted", "ScheduledToSend",
    "Sent",
)  # fmt: skip
Column = Literal["modified", "name", "performance"]
COLUMNS: dict[str, Column] = {"modifieddate": "modified", "name": "name", "performance": "performance"}
DIRECTIONS = {"asc": False, "desc": True}


def asked_filter(query: Query) -> Filter:
    """Read the filters; WrongType, ValueNotAllowed naming the parameter."""
    return Filter(
        statuses=tuple(dict.fromkeys(_one_of("status", word, STATUSES) for word in query.words("status"))),
        version=query.integer("versionNumber"),
        workflow=query.number("specificApiVersionNumber"),
        definition_type=_definition_type(query),
        text=query.text("nameOrDescription") or None,
        name=query.text("name") or None,
        key=query.text("key") or None,
        id=query.text("id") or None,
        tag=query.text("tag") or None,
        recent_only=query.flag("mostRecentVersionOnly", default=True),
        or_running=query.flag("mostRecentVersionOrRunningOnly"),
    )


def asked_order(query: Query) -> Order:
    """Read `$orderBy`: a column and an optional direction, ascending if left out; ValueNotAllowed."""
    words = (query.text("$orderBy") or "").lower().split()
    if not words:
        return Order()
    direction = words[1] if len(words) > 1 else "asc"
    if words[0] not in COLUMNS or direction not in DIRECTIONS or len(words) > len(("column", "direction")):
        raise ValueNotAllowed("$orderBy must be ModifiedDate, Name or Performance, followed by ASC or DESC.")
    return Order(COLUMNS[words[0]], DIRECTIONS[direction])


def _definition_type(query: Query) -> str | None:
    word = query.text("definitionType")
    return _one_of("definitionType", word.strip(), DEFINITION_TYPES) if word and word.strip() else None


def _one_of(name: str, word: str, words: tuple[str, ...]) -> str:
    known = {one.lower(): one for one in words}
    if word.lower() not in known:
        raise ValueNotAllowed(f"{name} must be one of {', '.join(words)}, not {word[:60]!r}.")
    return known[word.lower()]
