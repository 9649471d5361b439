"""How late timers are on the system clock while many others wait (design 2, gates).

The shortest wait of a journey is a minute, so the contacts are parked by the journey on a virtual clock and, while no
engine runs, the due instants of a few of them are set to random milliseconds of the next seconds. Then the product is
started on the system clock and finds them as after any restart. The store has got over the arrival of the many: they
have been waiting for a while. A timer has been served when its batch is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waystage.bench import documents, raw
from waystage.bench.engine import until_merged
from waystage.bench.scene import expect, product, scene
from waystage.bench.stores import Store, fresh
from waystage.engine.lane import Batch
from waystage.ground import clock, ids
from waystage.store.database import Database

#: ms from the setting of the timers until the first may be due; the product starts meanwhile.
_LEAD = 4_000
#: ms after the last due instant at which all must have been served.
_PATIENCE = 20_000


@dataclass(frozen=True, slots=True)
class Lateness:
    """ms from the due instant to the commit of the batch that served it."""

    store: str
    timers: int
    waiting: int
    p50: float
    p99: float
    worst: float


def measure(store: Store, timers: int, waiting: int, seconds: float, *, lanes: int | None) -> Lateness:
    """`timers` random timers within so many seconds, among `waiting` others."""
    with fresh(store) as url:
        with scene(url, documents.PLAIN, clock="virtual", lanes=lanes) as made:
            made.fill_inbox(timers + waiting)
            made.built.engine.notify()
            made.built.engine.settle().result()
            until_merged(made)
            parked = made.built.database.read(lambda tx: raw.parked(tx, timers)).result()
        store.come_to_rest(url)
        store.tidy(url)
        first = clock.real_now() + _LEAD
        dues = {one: first + draw for one, draw in zip(parked, _draws(timers, int(1000 * seconds)), strict=True)}
        _set_dues(url, dues)
        late = _served(url, dues)
    ordered = sorted(late)
    return Lateness(store.name, timers, waiting, ordered[len(late) // 2], ordered[len(late) * 99 // 100], ordered[-1])


def _draws(count: int, below: int) -> list[int]:
    """`count` random numbers from 0."""
    raw_bytes = ids.new_bytes(4 * count)
    return [int.from_bytes(raw_bytes[4 * i : 4 * i + 4], "big") % below for i in range(count)]


def _set_dues(url: str, dues: dict[raw.Parked, int]) -> None:
    database = Database(url)
    try:
        database.write(lambda tx: raw.set_dues(tx, dues)).result()
    finally:
        database.close()


def _served(url: str, dues: dict[raw.Parked, int]) -> list[int]:
    with product(url, clock="system") as built:
        expect("timers are set ahead of the start", clock.real_now() < min(dues.values()), True)
        commits = _watch_commits(built.database)
        end = max(dues.values()) + _PATIENCE
        wanted = {(one.lane, one.instance): due for one, due in dues.items()}
        served: dict[tuple[int, int], int] = {}
        clock.pause((max(dues.values()) - clock.real_now()) / 1000)
        while len(served) < len(wanted) and clock.real_now() < end:
            clock.pause(0.5)
            served = built.database.read(raw.left_at).result()
    expect("timers served", len(served), len(wanted))
    return [commits[lane, served[lane, instance]] - due for (lane, instance), due in wanted.items()]


def _watch_commits(database: Database) -> dict[tuple[int, int], int]:
    """(lane, journey instant of a batch) to the real instant of its commit, from now on."""
    commits: dict[tuple[int, int], int] = {}
    step = database.step

    def watched(job: Any, lane: int | None = None) -> Any:
        result = step(job, lane)
        if isinstance(result, Batch):
            commits[result.number, result.now] = clock.real_now()
        return result

    # An attribute of the instance hides the method, whoever built the database.
    vars(database)["step"] = watched
    return commits
