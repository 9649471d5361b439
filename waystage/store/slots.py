"""Slots: how many calls may be under way at once at a custom activity, over all processes of a database (design 8.17).

Two processes that reach for the same slot change the same row, so one of them is told to look again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from waystage.ground.identity import is_gone
from waystage.store.calls import Site
from waystage.store.in_lists import in_list
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Claim:
    """What a process wants at a site with so many slots in all: `busy` calls of its own are under way."""

    site: Site
    at_once: int
    busy: int
    is_wanted: bool = True
    """Whether somebody is to be called there; otherwise what is held is given back."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a process has at a site: slots, and how many of them another waits for."""

    held: int
    wanted: int
    is_shared: bool
    """Whether another process has slots here, or waits for some."""


@dataclass(frozen=True, slots=True)
class _Slot:
    number: int
    owner: str
    wanted: str


def renew(tx: Tx, owner: str, now: int, until: int) -> None:
    """Hold on to all slots that are still held."""
    tx.run("UPDATE slot SET until = :until WHERE owner = :owner AND until > :now", owner=owner, until=until, now=now)


def release(tx: Tx, owner: str) -> None:
    """Give all slots back."""
    tx.run("DELETE FROM slot WHERE owner = :owner", owner=owner)


def settle(tx: Tx, owner: str, claim: Claim, now: int, until: int) -> Holding:
    """Give what another waits for, take what is free, and ask for a fair share of the rest."""
    living = _living(tx, claim.site, now)
    mine = [slot for slot in living if slot.owner == owner]
    others = {slot.owner for slot in living} | {slot.wanted for slot in living}
    others -= {owner, ""}
    if not claim.is_wanted:
        _give(tx, owner, claim.site, [slot.number for slot in mine if slot.wanted in others], until)
        _drop(tx, owner, claim.site)
        return Holding(0, 0, bool(others))
    asked = [slot.number for slot in mine if slot.wanted in others]
    given = asked[: max(0, len(mine) - claim.busy)]
    _give(tx, owner, claim.site, given, until)
    held = len(mine) - len(given)
    most = -(-claim.at_once // (len(others) + 1))
    taken_numbers = {slot.number for slot in living}
    free = [number for number in range(1, claim.at_once + 1) if number not in taken_numbers][: max(0, most - held)]
    _take(tx, owner, claim.site, free, now, until)
    held += len(free)
    missing = max(1, claim.at_once // (len(others) + 1)) - held
    if missing > 0:
        _ask(tx, owner, claim.site, [slot for slot in living if slot.owner in others], missing)
    return Holding(held, len(asked) - len(given), bool(others))


def _living(tx: Tx, site: Site, now: int) -> list[_Slot]:
    """Slots in the hands of somebody; those of a process that is known to be gone fall free before their lease ends."""
    version, activity = site
    rows = tx.rows(
        "SELECT number, owner, wanted FROM slot"
        " WHERE version = :version AND activity = :activity AND until > :now ORDER BY number",
        version=version, activity=activity, now=now,
    )  # fmt: skip
    found = [_Slot(*row) for row in rows]
    gone = {slot.owner for slot in found if is_gone(slot.owner)}
    for one in sorted(gone):
        release(tx, one)
    return [slot for slot in found if slot.owner not in gone]


def _give(tx: Tx, owner: str, site: Site, numbers: Sequence[int], until: int) -> None:
    """To whom waits for them, who holds them from now on."""
    if numbers:
        listed, values = in_list(numbers)
        tx.run(
            "UPDATE slot SET owner = wanted, wanted = '', until = :until"
            f" WHERE version = :version AND activity = :activity AND owner = :owner AND number IN {listed}",
            version=site[0], activity=site[1], owner=owner, until=until, **values,
        )  # fmt: skip


def _drop(tx: Tx, owner: str, site: Site) -> None:
    """Hold nothing, and wait for nothing."""
    where = "WHERE version = :version AND activity = :activity"
    tx.run(f"DELETE FROM slot {where} AND owner = :owner", version=site[0], activity=site[1], owner=owner)
    tx.run(f"UPDATE slot SET wanted = '' {where} AND wanted = :owner", version=site[0], activity=site[1], owner=owner)


def _take(tx: Tx, owner: str, site: Site, numbers: Collection[int], now: int, until: int) -> None:
    """Free ones; a row that is there has run out."""
    tx.many(
        "INSERT INTO slot (version, activity, number, owner, until, wanted)"
        " VALUES (:version, :activity, :number, :owner, :until, '')"
        " ON CONFLICT (version, activity, number) DO UPDATE SET owner = excluded.owner, until = excluded.until,"
        " wanted = '' WHERE slot.until <= :now",
        [
            {"version": site[0], "activity": site[1], "number": one, "owner": owner, "until": until, "now": now}
            for one in numbers
        ],
    )  # fmt: skip


def _ask(tx: Tx, owner: str, site: Site, slots: Sequence[_Slot], missing: int) -> None:
    """Wait for slots of those who have the most, one after the other; wishes that are there already count."""
    missing -= sum(slot.wanted == owner for slot in slots)
    left = Counter(slot.owner for slot in slots)
    numbers: list[int] = []
    while missing > len(numbers):
        open_ones = [slot for slot in slots if not slot.wanted and slot.number not in numbers]
        if not open_ones:
            break
        richest = max(open_ones, key=lambda slot: (left[slot.owner], -slot.number))
        left[richest.owner] -= 1
        numbers.append(richest.number)
    if numbers:
        listed, values = in_list(numbers)
        tx.run(
            "UPDATE slot SET wanted = :owner"
            f" WHERE version = :version AND activity = :activity AND wanted = '' AND number IN {listed}",
            version=site[0], activity=site[1], owner=owner, **values,
        )  # fmt: skip
