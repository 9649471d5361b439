"""Timers and senders in a database with another number of lanes: what is under way goes on, nothing is done twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from waystage.ground import ids
from waystage.ground.settings import CHANNELS
from waystage.store.copying import Page, pages
from waystage.store.relocated_lanes import Seen
from waystage.store.relocation import NotAtRest, Relocation
from waystage.store.sql import Tx
from waystage.store.tables import all_tables
from waystage.store.timers import TimerKind

#: These belong to the first lane only.
_ONE_LANE = frozenset({TimerKind.GUARD, TimerKind.WINNER})
_AT_A_TIME = 10_000

#: (due, cursor) of a timer in each lane that has it.
_Set = dict[int, tuple[int, str]]


def audiences(tx: Tx) -> dict[int, dict[int, dict[str, Any]]]:
    """What the timers of audiences remember, by lane and version (engine.audience.Progress)."""
    found: defaultdict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for lane, version, cursor in tx.rows(
        "SELECT lane, version, cursor FROM timer WHERE kind = :kind", kind=int(TimerKind.AUDIENCE)
    ):
        found[lane][version] = msgspec.json.decode(cursor) if cursor else {}
    return dict(found)


def move_timers(move: Relocation, seen: Seen) -> None:
    """Each lane gets every timer that some lane had; one with nothing to do there drops it."""
    timers: defaultdict[tuple[int, int], _Set] = defaultdict(dict)
    for page in pages(move.source, all_tables()["timer"]):
        for lane, kind, version, due, cursor in zip(*page.values(), strict=True):
            timers[kind, version][lane] = (due, cursor)
    for (kind, version), lanes in sorted(timers.items()):
        due = min(one for one, _ in lanes.values())
        if kind == TimerKind.AUDIENCE:
            cursor = _audience(move, version, lanes, seen)
        elif kind == TimerKind.ERASE:
            _erase(move, due, [(lane, cursor) for lane, (_, cursor) in sorted(lanes.items())])
            continue
        else:  # a sweep may look at somebody twice, and counts nobody twice
            cursor = ""
        _write(move, kind, version, due, dict.fromkeys((1,) if kind in _ONE_LANE else move.new_lanes, cursor))


def _write(move: Relocation, kind: int, version: int, due: int, cursors: Mapping[int, str]) -> None:
    many = len(cursors)
    table = all_tables()["timer"]
    page = {"lane": list(cursors), "kind": [kind] * many, "version": [version] * many, "due": [due] * many}
    move.write(table, page | {"cursor": list(cursors.values())})


def _audience(move: Relocation, version: int, lanes: _Set, seen: Seen) -> str:
    """What an audience has seen; one lane that is looking through it does so in the same order afterwards."""
    told = {lane: msgspec.json.decode(cursor) if cursor else {} for lane, (_, cursor) in lanes.items()}
    if len(move.old_lanes) > 1 and (
        len({due for due, _ in lanes.values()}) > 1
        or len(lanes) < len(move.old_lanes)
        or any(one.get("contact") for one in told.values())
    ):
        raise NotAtRest(f"the audience of version number {version} is being looked through")
    lane, progress = min(told.items())
    for name in ("seen", "upto"):
        if progress.get(name) is not None:
            progress[name] = seen.mark((name, version))
    for name in ("first", "contact"):
        if progress.get(name):
            progress[name] = ids.moved(lane, progress[name])
    return msgspec.json.encode(progress).decode() if progress else ""


def _erase(move: Relocation, due: int, cursors: Iterable[tuple[int, str]]) -> None:
    """Deleted contacts whose messages are still to be emptied: all of them again (engine.erase.Job)."""
    contacts: defaultdict[int, list[int]] = defaultdict(list)
    for lane, cursor in cursors:
        for _, numbers in msgspec.json.decode(cursor) if cursor else ():
            for number, goal in zip(numbers, move.lanes_by("contact", lane, numbers), strict=True):
                contacts[goal].append(ids.moved(lane, number))
    jobs = {lane: [[move.first_number - 1, sorted(set(numbers))]] for lane, numbers in contacts.items()}
    written = {lane: msgspec.json.encode(job).decode() for lane, job in sorted(jobs.items())}
    if written:
        _write(move, int(TimerKind.ERASE), 0, due, written)


def move_marks(move: Relocation) -> None:
    """Senders begin behind all that was copied; what none has handed over yet is tried at once, as a first attempt."""
    channels: dict[int, str] = dict(move.source.rows("SELECT id, channel FROM form"))
    marks: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for lane, name, seq in move.source.rows("SELECT lane, name, seq FROM mark WHERE name <> 'merge'"):
        marks[lane][name] = seq
    for lane in move.old_lanes:
        _send_first(move, lane, channels, marks[lane])
    names = {*CHANNELS, *channels.values(), *(name for lane in marks.values() for name in lane)}
    move.target.many(
        "INSERT INTO mark (lane, name, seq) VALUES (:lane, :name, :seq)",
        [
            {"lane": lane, "name": name, "seq": move.first_number - 1}
            for lane in move.new_lanes
            for name in sorted(names)
        ],
    )


def _send_first(move: Relocation, lane: int, channels: Mapping[int, str], marks: Mapping[str, int]) -> None:
    after = 0
    while rows := move.source.rows(
        "SELECT seq, content FROM outbox WHERE lane = :lane AND seq > :after AND state = 0 ORDER BY seq LIMIT :limit",
        lane=lane, after=after, limit=_AT_A_TIME,
    ):  # fmt: skip
        after = rows[-1][0]
        unsent = [(seq, name) for seq, form in rows if (name := channels.get(form)) and seq > marks.get(name, 0)]
        seqs = [seq for seq, _ in unsent]
        page: Page = {
            "lane": move.lanes_by("seq", lane, seqs),
            "channel": [name for _, name in unsent],
            "due": [0] * len(seqs),
            "seq": [ids.moved(lane, seq) for seq in seqs],
            "attempt": [1] * len(seqs),
        }
        move.write(all_tables()["retry"], page)
