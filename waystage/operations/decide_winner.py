"""Somebody decides which path of an optimizer is the best (journey-spec 3.8, winnerEvaluationType Manual)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from waystage.engine.plans import Plans
from waystage.ground.errors import InteractionNotFound, InvalidTransition, MissingValue, NotFound, ValueNotAllowed
from waystage.ground.ids import InboxNumbers
from waystage.operations.body_check import BodyCheck
from waystage.plan.compile import Kinds
from waystage.plan.moves import Verdict, park_of
from waystage.spec.document import Activity, parse
from waystage.store import audit, catalogs, inbox, plans, versions, winners
from waystage.store.audit import Kind
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

_RUNNING = ("Published", "Unpublished", "Paused")


class Choice(NamedTuple):
    """A path that is to win."""

    journey_key: str
    version: int
    activity_key: str
    outcome_key: str


def read(journey_key: str, activity_key: str, body: Mapping[str, Any]) -> Choice:
    """The choice of a body; ValidationErrors."""
    check = BodyCheck(body)
    version = check.whole("versionNumber", 1, 2**31)
    if body.get("versionNumber") in (None, ""):
        check.refuse(MissingValue("versionNumber is required."))
    outcome = check.text("outcomeKey", required=True)
    check.settle()
    return Choice(journey_key, version or 0, activity_key, outcome or "")


def decide(tx: Tx, kinds: Kinds, account: int, choice: Choice, numbers: InboxNumbers, now: int) -> None:
    """Let a path win from now on, whatever was decided before; every lane is told.

    InteractionNotFound, NotFound for the activity, ValueNotAllowed for the outcome; InvalidTransition if nobody can be
    inside of the version.
    """
    version = versions.find(tx, account, Selector("key", choice.journey_key), choice.version)
    if version is None:
        raise InteractionNotFound
    place, activity = _optimizer(tx, kinds, version, choice.activity_key)
    outcomes = [outcome.key for outcome in activity.outcomes]
    if choice.outcome_key not in outcomes:
        raise ValueNotAllowed(f"outcomeKey must be one of {', '.join(outcomes)}.")
    if version.status not in _RUNNING:
        raise InvalidTransition(f"A winner can be chosen in a running journey, not in one that is {version.status}.")
    winners.settle(tx, version.number, place, outcomes.index(choice.outcome_key), now)
    inbox.tell_lanes(tx, InboxKind.RECOMPILE, numbers.take()[0])
    place_of = {"versionNumber": version.version, "activityKey": activity.key, "outcomeKey": choice.outcome_key}
    audit.record(tx, account, Kind.WINNER, "Decide", version.definition_id, version.key, **place_of)


def _optimizer(tx: Tx, kinds: Kinds, version: Version, key: str) -> tuple[int, Activity]:
    """The number and the document of a path optimizer: an activity that waits for a verdict."""
    row = plans.version_of(tx, version.number)
    activities = parse(version.document).activities
    place = next((number for number, one in enumerate(activities, start=1) if one.key == key), 0)
    if place and row is not None:
        catalog = catalogs.read(tx, version.account, 0, with_deleted=True)
        plan = Plans(kinds, 0).compile(row, catalog, anyway=True).plan
        park = park_of(plan.activity(place).step) if plan is not None else None
        if park is not None and isinstance(park.until, Verdict):
            return place, activities[place - 1]
    raise NotFound("The version has no path optimizer with this key.")
