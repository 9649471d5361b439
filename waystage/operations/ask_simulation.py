"""What a simulation is asked to do: a body becomes a task, with everything that it names (contract 21, 36)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waystage.ground import ids
from waystage.ground.errors import (
    InteractionNotFound,
    MissingValue,
    ValidationErrors,
    ValueNotAllowed,
    WaystageError,
    WrongFormat,
    WrongType,
)
from waystage.operations import definitions_copy, fire_event
from waystage.operations.body_check import BodyCheck, as_object
from waystage.operations.definitions_copy import Definitions
from waystage.operations.made_engagements import KINDS
from waystage.operations.save_version import formed
from waystage.operations.simulate import Given, Task
from waystage.operations.simulated_event import with_event
from waystage.spec.document import complete, parse, without_server_fields
from waystage.spec.moments import parse_date
from waystage.store import versions
from waystage.store.event_definitions import EventDefinition
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version

_DAY = 86_400_000
#: The time that is simulated where the body does not say, and at most.
_USUAL, _LONGEST = 365 * _DAY, 5 * 366 * _DAY
MOST_MADE, MOST_GIVEN = 100_000, 10_000
_LAST_VERSION = 2**31 - 1
_LONGEST_SEED = 200
_KEY = "simulated"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose body it is, at which instant (ms of journey time); `offset` in minutes."""

    account: int
    now: int
    offset: int
    test_wait_seconds: int = 10


@dataclass(frozen=True, slots=True)
class _Times:
    start: int
    until: int


def task_of(tx: Tx, asker: Asker, body: object) -> Task:
    """The task of a body; ValidationErrors, InteractionNotFound. Nothing is changed."""
    given = as_object(body)
    check = BodyCheck(given)
    version = _version(tx, asker, given, check)
    times, seed = _times(asker, given, check), _seed(given, check)
    shares = _shares(given, check)
    count, listed = _contacts(given, check)
    check.settle()
    copy = definitions_copy.read(tx, version, [key for key in map(_key_of, listed) if key is not None])
    copy, event = _event(copy, asker, given, check)
    entrants = _entrants(copy, event, asker, times, listed, check)
    check.settle()
    return Task(
        copy, event.key if event is not None else None, seed, times.start, times.until, count, entrants, shares,
        asker.offset, asker.test_wait_seconds,
    )  # fmt: skip


# -- what is run ----------------------------------------------------------------------------------------------------


def _version(tx: Tx, asker: Asker, given: Mapping[str, Any], check: BodyCheck) -> Version:
    """A stored version, or the body of a journey as a version that is stored nowhere."""
    key, number = check.text("journeyKey"), check.whole("version", 1, _LAST_VERSION)
    document = check.members("journey")
    if (key is None) is (document is None):
        check.refuse(MissingValue("Either journey or journeyKey is required."))
        check.settle()
    if document is not None:
        return _unstored(asker, document)
    found = versions.find(tx, asker.account, Selector("key", key or ""), number)
    if found is None:
        raise InteractionNotFound
    return found


def _unstored(asker: Asker, body: Mapping[str, Any]) -> Version:
    raw = formed(dict(body), (), ValidationErrors)
    document = {"key": _KEY, "name": _KEY} | complete(without_server_fields(raw), lambda: ids.NIL_GUID)
    key, now = str(document["key"] or _KEY), asker.now
    return Version(0, asker.account, 0, ids.NIL_GUID, key, ids.NIL_GUID, 1, "Draft", document, now, 0, now, 0, None)


def _event(
    copy: Definitions, asker: Asker, given: Mapping[str, Any], check: BodyCheck
) -> tuple[Definitions, EventDefinition | None]:
    """The event definition by which contacts come: the one that starts the journey, stored or in the body."""
    asked = given.get("eventDefinition")
    if isinstance(asked, Mapping):
        copy, event = with_event(copy, asked, asker.now)
        if not _starts(copy.version, event):
            check.refuse(ValueNotAllowed("eventDefinition does not start the journey."))
        return copy, event
    if asked is not None and not isinstance(asked, str):
        check.refuse(WrongType("eventDefinition must be a key or an object."))
        return copy, None
    known = [one for one in copy.events if _starts(copy.version, one)]
    if asked is None:
        if not known:
            check.refuse(ValueNotAllowed("The journey names no event definition that exists: give eventDefinition."))
        return copy, known[0] if known else None
    named = [one for one in known if asked.casefold() in {one.key.casefold(), one.guid}]
    if not named:
        check.refuse(ValueNotAllowed(f"eventDefinition names none that starts the journey: {asked[:60]!r}."))
    return copy, named[0] if named else None


def _starts(version: Version, event: EventDefinition) -> bool:
    journey = parse(version.document)
    names = {("id", event.guid), ("key", event.key.casefold())}
    return journey.trigger is not None and any(
        (one.by, one.text.casefold()) in names for one in journey.references_of(journey.trigger)
    )


# -- when, and by which chance --------------------------------------------------------------------------------------


def _times(asker: Asker, given: Mapping[str, Any], check: BodyCheck) -> _Times:
    start = _date(given, "start", asker.offset, check)
    start = asker.now if start is None else start
    until = _date(given, "until", asker.offset, check)
    until = start + _USUAL if until is None else until
    if not start <= until <= start + _LONGEST:
        check.refuse(ValueNotAllowed("until must lie between start and five years after it."))
    return _Times(start, until)


def _date(given: Mapping[str, Any], name: str, offset: int, check: BodyCheck) -> int | None:
    text = check.text(name)
    if not text:
        return None
    try:
        return parse_date(text, offset)
    except ValueError as error:
        check.refuse(WrongFormat(f"{check.path(name)}: {error}"))
        return None


def _seed(given: Mapping[str, Any], check: BodyCheck) -> int | str:
    """A whole number or a text; nothing is 0."""
    seed = given.get("seed", 0)
    if seed is None:
        return 0
    if isinstance(seed, bool) or not isinstance(seed, int | str):
        check.refuse(WrongType("seed must be a whole number or a text."))
    elif isinstance(seed, str):
        return check.text("seed", longest=_LONGEST_SEED) or ""
    elif not -(2**63) <= seed < 2**63:
        check.refuse(ValueNotAllowed("seed must be a number of 64 bits."))
    else:
        return seed
    return 0


def _shares(given: Mapping[str, Any], check: BodyCheck) -> dict[str, float]:
    members = check.members("engagement") or {}
    shares: dict[str, float] = {}
    for kind in KINDS:
        share = members.get(kind)
        if share is None:
            continue
        if isinstance(share, bool) or not isinstance(share, int | float):
            check.refuse(WrongType(f"engagement.{kind} must be a number."))
        elif not 0 <= share <= 1:
            check.refuse(ValueNotAllowed(f"engagement.{kind} must be a share between 0 and 1."))
        else:
            shares[kind] = float(share)
    return shares


# -- who comes ------------------------------------------------------------------------------------------------------


def _contacts(given: Mapping[str, Any], check: BodyCheck) -> tuple[int, list[Any]]:
    """How many are to be made, or those that are given."""
    asked = given.get("contacts")
    if isinstance(asked, list):
        if not 1 <= len(asked) <= MOST_GIVEN:
            check.refuse(ValueNotAllowed(f"contacts must list 1 to {MOST_GIVEN} contacts, not {len(asked)}."))
            return 0, []
        return 0, asked
    if asked is None or asked == "":
        check.refuse(MissingValue("contacts is required: how many, or which."))
    elif isinstance(asked, int | str):
        return check.whole("contacts", 1, MOST_MADE) or 0, []
    else:
        check.refuse(WrongType("contacts must be a whole number or an array."))
    return 0, []


def _key_of(listed: object) -> str | None:
    key = listed.get("contactKey") if isinstance(listed, Mapping) else None
    return key if isinstance(key, str) and "\0" not in key else None


def _entrants(
    copy: Definitions,
    event: EventDefinition | None,
    asker: Asker,
    times: _Times,
    listed: list[Any],
    check: BodyCheck,
) -> list[Given]:
    """The contacts of a body, each as its event would be accepted; faults are noted in `check`."""
    if event is None or not listed:
        return []
    extension = next((one for one in copy.extensions if one.number == event.data_extension), None)
    form = fire_event.form_of(event, extension, asker.offset)
    found: list[Given] = []
    for place, raw in enumerate(listed):
        if len(check.items) >= 50:
            break
        one = _entrant(raw, f"contacts[{place}]", asker, times, check)
        if one is not None:
            _accept(form, one, f"contacts[{place}]", check)
            found.append(one)
    return found


def _entrant(raw: Any, place: str, asker: Asker, times: _Times, check: BodyCheck) -> Given | None:
    if not isinstance(raw, Mapping):
        check.refuse(WrongType(f"{place} must be an object."))
        return None
    inner = BodyCheck(raw, f"{place}.", check.items)
    key, data = inner.text("contactKey", required=True), inner.members("data")
    at = _date(raw, "at", asker.offset, inner)
    if at is not None and not times.start <= at <= times.until:
        inner.refuse(ValueNotAllowed(f"{place}.at must lie between start and until."))
    return Given(key, data or {}, times.start if at is None else at) if key is not None else None


def _accept(form: fire_event.EventForm, one: Given, place: str, check: BodyCheck) -> None:
    try:
        fire_event.accept(form, one.contact_key, one.data)
    except WaystageError as error:
        check.refuse(type(error)(f"{place}: {error.message}"))
