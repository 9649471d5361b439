"""Pausing and resuming versions (api.md 4.5, journey-spec 8.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waystage.engine import lifecycle
from waystage.ground.errors import BadRequest, ValueNotAllowed, WrongType
from waystage.ground.ids import InboxNumbers
from waystage.operations import select_versions
from waystage.store.pauses import Pause
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

_DAY = 24 * 3_600_000
_LONGEST = 14
_GUARDS = ("stop", "resume", "none")
_CANNOT_PAUSE = "An interaction must be in published or unpublished status to be paused."
_CANNOT_RESUME = "An interaction must be in paused status to be resumed."

#: The properties of the body as the reference writes them; they are read in any case.
NAMES = (
    "ExtendWaitEndDates",
    "PausedDays",
    "GuardrailAction",
    "RetainContactInjectionWhileJourneyPaused",
    "ProcessWaitUntilEvents",
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a version is to be paused; see store.pauses.Pause."""

    extend: bool
    retain: bool
    hears: bool
    guard: str
    days: int


def read(body: Mapping[str, Any]) -> Wishes:
    """The body of pause; WrongType, ValueNotAllowed. More than 14 days are 14 (contract 7)."""
    extend, _, guard, retain, hears = NAMES
    action = body.get(guard)
    if action is not None and not isinstance(action, str):
        raise WrongType(f"{guard} must be text: {', '.join(_GUARDS)}.")
    word = (action or "none").strip().lower() or "none"
    if word not in _GUARDS:
        raise ValueNotAllowed(f"{guard} must be one of {', '.join(_GUARDS)}.")
    return Wishes(_flag(body, extend), _flag(body, retain), _flag(body, hears, default=True), word, _days(body))


def _flag(body: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise WrongType(f"{name} must be true or false.")


def _days(body: Mapping[str, Any]) -> int:
    value = body.get("PausedDays")
    if value is None:
        return _LONGEST
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:4])
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType("PausedDays must be a whole number.")
    if value < 1:
        raise ValueNotAllowed(f"PausedDays must be 1 to {_LONGEST}.")
    return min(value, _LONGEST)


def pause(
    tx: Tx,
    account: int,
    selector: Selector,
    version_number: int | None,
    wishes: Wishes,
    numbers: InboxNumbers,
    now: int,
) -> None:
    """Hold one version, or all running ones of the journey (None).

    InteractionNotFound; BadRequest (10000) when none is running, or the journey is a transactional one.
    """
    found = select_versions.in_status(
        tx, account, selector, version_number, ("Published", "Unpublished"), _CANNOT_PAUSE
    )
    _refuse_transactional(found)
    how = Pause(now, None, "", wishes.extend, wishes.retain, wishes.hears, wishes.guard, now + wishes.days * _DAY)
    lifecycle.pause(tx, [one.number for one in found], how, numbers)


def resume(
    tx: Tx, account: int, selector: Selector, version_number: int | None, numbers: InboxNumbers, now: int
) -> None:
    """Let one paused version, or all of the journey (None), go on; errors as for pause."""
    found = select_versions.in_status(tx, account, selector, version_number, ("Paused",), _CANNOT_RESUME)
    _refuse_transactional(found)
    lifecycle.resume(tx, [one.number for one in found], numbers, now)


def _refuse_transactional(found: list[Version]) -> None:
    if any(one.document["definitionType"] == "Transactional" for one in found):
        raise BadRequest("A transactional journey is paused and resumed by interactions/transactional/....")
