"""The latest pause of each version (journey-spec 8.6)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Pause:
    """How a version was paused: times in ms of journey time, `resumed` None while it lasts.

    `former` is the status to go back to. `extend`: durations that run end later by its length. `retain`: entries wait
    for its end. `hears`: events release who waits for them. `guard` (stop, resume or none) happens at `guard_due`.
    """

    since: int
    resumed: int | None
    former: str
    extend: bool
    retain: bool
    hears: bool
    guard: str
    guard_due: int


def begin(tx: Tx, version: int, pause: Pause) -> None:
    """Note a pause in place of a former one."""
    tx.run(
        "INSERT INTO pause (version, since, resumed, former, extend, retain, hears, guard, guard_due)"
        " VALUES (:version, :since, NULL, :former, :extend, :retain, :hears, :guard, :guard_due)"
        " ON CONFLICT (version) DO UPDATE SET since = excluded.since, resumed = NULL, former = excluded.former,"
        " extend = excluded.extend, retain = excluded.retain, hears = excluded.hears, guard = excluded.guard,"
        " guard_due = excluded.guard_due",
        version=version, since=pause.since, former=pause.former, extend=int(pause.extend), retain=int(pause.retain),
        hears=int(pause.hears), guard=pause.guard, guard_due=pause.guard_due,
    )  # fmt: skip


def end(tx: Tx, version: int, now: int) -> None:
    """The pause is over."""
    tx.run("UPDATE pause SET resumed = :now WHERE version = :version", version=version, now=now)


def find(tx: Tx, version: int) -> Pause | None:
    """The latest pause of a version."""
    row = tx.one(
        "SELECT since, resumed, former, extend, retain, hears, guard, guard_due FROM pause WHERE version = :version",
        version=version,
    )
    if row is None:
        return None
    since, resumed, former, extend, retain, hears, guard, guard_due = row
    return Pause(since, resumed, former, bool(extend), bool(retain), bool(hears), guard, guard_due)


def outdate(tx: Tx, version: int) -> None:
    """A newer version was published meanwhile: after the pause this one only finishes (journey-spec 8.2)."""
    tx.run("UPDATE pause SET former = 'Unpublished' WHERE version = :version", version=version)
