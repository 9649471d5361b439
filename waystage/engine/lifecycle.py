"""Stop, pause and resume as changes of definitions, told to lanes and audit in the same transaction (design 8.13).

Callers ask for them (operations), and so does the guard of a pause (engine.guard).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from waystage.engine.lane import NEVER
from waystage.ground.ids import InboxNumbers
from waystage.store import audit, farewells, inbox, pauses, plans, statistics, timers, versions
from waystage.store.inbox import InboxKind
from waystage.store.pauses import Pause
from waystage.store.sql import Tx
from waystage.store.timers import TimerKind


def stop(tx: Tx, numbers: Sequence[int], ids: InboxNumbers, now: int) -> int:
    """End versions for good; nobody is inside as soon as this is committed (design 8.12). Returns how many were."""
    inside = {number: current for number, (current, *_) in statistics.population(tx, numbers).items()}
    for number in numbers:
        version = versions.find_number(tx, number)
        if version is not None and version.status in versions.RUNNING:
            audit.of_version(tx, version, "Stop", {"ContactsEjected": inside[number]}, at=now)
        versions.set_stopped(tx, number, now)
        farewells.owe(tx, number, farewells.STOP)
        pauses.end(tx, number, now)
    inbox.tell_lanes(tx, InboxKind.REFRESH, ids.take()[0])
    return sum(inside.values())


def pause(tx: Tx, numbers: Sequence[int], how: Pause, ids: InboxNumbers) -> None:
    """Hold versions; `how.former` is filled in with the status of each."""
    for number in numbers:
        version = versions.find_number(tx, number)
        if version is not None:
            pauses.begin(tx, number, replace(how, former=version.status))
            versions.set_status(tx, number, "Paused")
            audit.of_version(tx, version, "Pause", at=how.since)
    inbox.tell_lanes(tx, InboxKind.REFRESH, ids.take()[0])


def resume(tx: Tx, numbers: Sequence[int], ids: InboxNumbers, now: int) -> None:
    """Let paused versions go on; durations are extended by the real length of the pause if it said so (D-37)."""
    for number in numbers:
        how, version = pauses.find(tx, number), versions.find_number(tx, number)
        if how is not None and version is not None:
            audit.of_version(tx, version, "Resume", at=now)
            versions.set_status(tx, number, how.former)
            pauses.end(tx, number, now)
            if how.extend and now > how.since:
                plans.shift_seats(tx, number, now - how.since)
    inbox.tell_lanes(tx, InboxKind.REFRESH, ids.take()[0])


def finish(tx: Tx, numbers: Sequence[int], ids: InboxNumbers) -> None:
    """Those of these single sends that every lane has finished with are Sent from now on."""
    running = [number for number in numbers if (one := versions.find_number(tx, number)) and one.status == "Published"]
    done = [number for number in running if timers.all_done(tx, TimerKind.AUDIENCE, number, NEVER)]
    for number in done:
        versions.set_status(tx, number, "Sent")
    if done:
        inbox.tell_lanes(tx, InboxKind.REFRESH, ids.take()[0])
