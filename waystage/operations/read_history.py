"""Searching the history: every row that a filter means, in the order of time, read only as far as somebody looks.

`rows` is what every reader of history walks: pages, trace events, and whatever wants all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from waystage.ground.ids import born, read_guid
from waystage.operations.history_origins import Origin, Origins
from waystage.operations.history_rows import (
    COMPLETE,
    ENDED,
    FAILED,
    WAITING,
    WARNING,
    HistoryRow,
    Shape,
    of_hop,
    of_note,
)
from waystage.plan.compile import Kinds
from waystage.store import (
    contacts,
    history,
    history_filters,
    history_notes,
    history_passages,
    history_versions,
    whereabouts,
)
from waystage.store.history import Hop
from waystage.store.history_filters import Places, Reach, Source
from waystage.store.history_notes import Note
from waystage.store.history_versions import Shown
from waystage.store.sql import Tx

#: Rows that a search shows and counts at most (api.md 9.1).
MOST = 10_000
#: A word of clientStatuses that some clients send for "all" (api.md 9.1).
ALL = "allactivitymembership"

ENTRY_TYPES = frozenset({"startinteractionactivity", "trigger"})
ENDING_TYPES = frozenset({"stopinteractionactivity", "exitcriteriaactivity"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as a caller gives it; an empty list does not restrict. Times in ms, inclusive.

    Contact keys and tags are exact; ids, types and statuses are taken in any letter case.
    """

    start: int | None = None
    end: int | None = None
    definition_ids: tuple[str, ...] = ()
    activity_ids: tuple[str, ...] = ()
    activity_types: tuple[str, ...] = ()
    contact_keys: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    client_statuses: tuple[str, ...] = ()
    instance_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    descending: bool = True


def page(tx: Tx, kinds: Kinds, account: int, asked: Asked, limit: int, offset: int) -> tuple[int, list[HistoryRow]]:
    """How many rows match, up to MOST, and one page of them."""
    return cut((row for row in rows(tx, kinds, account, asked) if row.shape is not Shape.RELEASE), limit, offset)


def cut(found: Iterable[HistoryRow], limit: int, offset: int) -> tuple[int, list[HistoryRow]]:
    """Count rows up to MOST and keep one page of them; nothing else is held."""
    kept: list[HistoryRow] = []
    count = 0
    for row in islice(found, MOST):
        if offset <= count < offset + limit:
            kept.append(row)
        count += 1
    return count, kept


def rows(tx: Tx, kinds: Kinds, account: int, asked: Asked) -> Iterator[HistoryRow]:
    """Every row that matches, releases included, in the order of time; they are read while they are asked for."""
    origins = Origins(tx, kinds)
    reach = reach_of(tx, origins, account, asked)
    if reach is None:
        return iter(())
    fits = test_of(asked)
    return (row for found in facts(tx, reach, asked) for row in told(found, origins, reach) if fits(row))


def facts(tx: Tx, reach: Reach, asked: Asked) -> Iterator[Hop | Note]:
    """What there is to tell, in the order of time; it is read while it is asked for."""
    sources = [source for lane in reach.lanes(tx) for source in _sources(tx, lane, reach, asked)]
    return merge(*sources, key=order_of, reverse=reach.descending)


def told(found: Hop | Note, origins: Origins, reach: Reach) -> Iterable[HistoryRow]:
    """The rows of one fact, in the order of time; none if its version is not wanted."""
    version = found.path.version if isinstance(found, Hop) else found.version
    if version not in reach.wanted:
        return ()
    if isinstance(found, Note):
        return (of_note(found, origins.of(version)),)
    rows = of_hop(found, origins.of(version), reach)
    return reversed(list(rows)) if reach.descending else rows


def order_of(found: Hop | Note) -> tuple[int, int, Source]:
    """Its place among all facts but those of its own lane and source."""
    return found.at, found.lane, source_of(found)


def source_of(found: Hop | Note) -> Source:
    """Where it comes from."""
    return Source.HOP if isinstance(found, Hop) else found.source


def _sources(tx: Tx, lane: int, reach: Reach, asked: Asked) -> Iterator[Iterable[Hop | Note]]:
    """What has to be read of a lane: nothing that the asked statuses leave out."""
    statuses, clients = _folded(asked.statuses), _clients(asked)

    def may_have(status: str, *others: str) -> bool:
        words = {status.casefold(), *(other.casefold() for other in others)}
        return (not statuses or bool(words & statuses)) and (not clients or bool(words & clients))

    if may_have(COMPLETE, WAITING, ENDED, WARNING):
        yield history.hops(tx, lane, reach)
    if may_have(COMPLETE):
        yield history_notes.goals(tx, lane, reach)
        yield history_notes.stopped(tx, lane, reach)
    if may_have(COMPLETE, WARNING):
        yield history_notes.suppressed(tx, lane, reach)
    if may_have(FAILED):
        yield history_notes.failed(tx, lane, reach)
    if reach.words is None or reach.words:
        yield history_notes.remarks(tx, lane, reach)


def _clients(asked: Asked) -> frozenset[str]:
    words = _folded(asked.client_statuses)
    return frozenset() if ALL in words else words


def _remark_words(asked: Asked) -> frozenset[str] | None:
    """Statuses that remarks must have, in small letters; a warning is a remark on what is complete."""
    statuses, clients = _folded(asked.statuses), _clients(asked)
    words = None
    if statuses:
        words = statuses | ({WARNING.casefold()} if COMPLETE.casefold() in statuses else frozenset())
    if clients and FAILED.casefold() not in clients:
        only = frozenset({WARNING.casefold()} & clients)
        words = only if words is None else words & only
    return words


# -- from the filter to the tables ----------------------------------------------------------------------------------


def reach_of(tx: Tx, origins: Origins, account: int, asked: Asked) -> Reach | None:
    """The filter in the store's numbers; None if something that it names does not exist, so that nothing can match."""
    passages, among = history_passages.NONE, None
    if asked.contact_keys or asked.instance_ids:
        passages = _passages(tx, account, asked)
        if not passages.contacts:
            return None
        among = history_passages.versions_of(tx, passages.contacts)
    shown = history_versions.find(tx, account, asked.definition_ids, asked.tags, among)
    wanted = _wanted(origins, shown, asked)
    if not wanted:
        return None
    statuses = _folded(asked.statuses) or _clients(asked)
    return Reach(
        wanted=wanted,
        logs=history_filters.logs_of(tx),
        stopped={one.number: one.stopped for one in shown if one.stopped is not None},
        seats=history_versions.seats(tx, wanted),
        contacts=passages.contacts,
        instances=passages.instances,
        start=asked.start,
        end=asked.end,
        descending=asked.descending,
        words=_remark_words(asked),
        with_refusals=not (asked.activity_ids or asked.activity_types) or _holds_entries(wanted),
        only_waiting=statuses == {WAITING.casefold()},
    )


def _holds_entries(wanted: Mapping[int, Places | None]) -> bool:
    return any(places is not None and places.entries for places in wanted.values())


def _passages(tx: Tx, account: int, asked: Asked) -> history_passages.Passages:
    """Of which contacts and passages the filter speaks; where it names both, of those that are named by both."""
    known = contacts.find(tx, account, asked.contact_keys) if asked.contact_keys else None
    named = None
    if asked.instance_ids:
        found = (whereabouts.find(tx, "instance", *one) for one in _instances(asked.instance_ids))
        named = [place for place in found if place is not None]
    return history_passages.find(
        tx, account, None if known is None else [(one.lane, one.number) for one in known.values()], named
    )


def _instances(ids: Iterable[str]) -> list[tuple[int, int]]:
    """Where these passages began: (lane, number)."""
    found = [read_guid(one) for one in ids]
    return [(one[1], one[2]) for one in found if one is not None and one[0] == "instance"]


def _wanted(origins: Origins, shown: list[Shown], asked: Asked) -> dict[int, Places | None]:
    """The versions with the places of them that are asked for; versions without any are left out."""
    numbers = [one.number for one in shown]
    if asked.activity_ids or asked.activity_types:
        places = {origin.texts.number: _places(origin, asked) for origin in origins.read(numbers)}
        return {number: one for number, one in places.items() if one is not None}
    clients = _clients(asked)
    if clients and clients <= {WARNING.casefold(), FAILED.casefold()}:
        return {origin.texts.number: _passed_by(origin) for origin in origins.read(numbers)}
    return dict.fromkeys(numbers)


def _passed_by(origin: Origin) -> Places:
    """The only visits that are warnings, and refusals at the entry."""
    activities = [number for number, one in enumerate(origin.activities, start=1) if one.warning]
    return Places(frozenset(activities), entries=False, endings=False)


def _places(origin: Origin, asked: Asked) -> Places | None:
    ids, types = _folded(asked.activity_ids), _folded(asked.activity_types)

    def asks_for(id_: str, type_: str) -> bool:
        return (not ids or id_.casefold() in ids) and (not types or type_ in types)

    activities = [number for number, one in enumerate(origin.activities, start=1) if asks_for(one.id, one.type)]
    entries = asks_for(origin.trigger.id, "trigger") or asks_for("", "startinteractionactivity")
    endings = asks_for(origin.exit.id, "exitcriteriaactivity") or asks_for("", "stopinteractionactivity")
    goal = asks_for(origin.goal.id, "goalcriteriaactivity")
    return Places(frozenset(activities), entries, endings) if activities or entries or endings or goal else None


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def test_of(asked: Asked) -> Callable[[HistoryRow], bool]:
    """The whole filter on a row, but for versions and time of notes, which were looked at before."""
    ids, types, statuses = _folded(asked.activity_ids), _folded(asked.activity_types), _folded(asked.statuses)
    clients = _clients(asked)
    instances = frozenset(_instances(asked.instance_ids))
    contact_keys = frozenset(asked.contact_keys)

    def fits(row: HistoryRow) -> bool:
        return (
            (asked.start is None or row.at >= asked.start)
            and (asked.end is None or row.at <= asked.end)
            and (not statuses or row.status.casefold() in statuses)
            and (not clients or row.client_status.casefold() in clients)
            and (not types or row.place.type in types)
            and (not ids or row.place.id.casefold() in ids)
            and (not contact_keys or row.contact_key in contact_keys)
            and (not asked.instance_ids or born(row.lane, row.instance) in instances)
        )

    return fits
