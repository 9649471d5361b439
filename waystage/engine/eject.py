"""Contacts that are taken out of journeys before their time: by request, or because they were deleted (design 8.10).

They leave from wherever they rest, a paused version too. Whoever is inside a stopped version is out already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from waystage.engine import erase, leave
from waystage.engine.lane import Batch
from waystage.engine.plans import Plans, Seat
from waystage.plan.moves import Reason
from waystage.store import batches, exits, trace
from waystage.store.exits import Passage, Place
from waystage.store.inbox import Command


class ExitData(msgspec.Struct):
    """What an exit command says besides whom and where: numbers of versions, None for all of the journey."""

    versions: list[int] | None = None


_EXIT = msgspec.json.Decoder(ExitData)


def exit_journeys(batch: Batch, plans: Plans, commands: Sequence[Command]) -> None:
    """End the passages that these commands name (journey-spec 8.7)."""
    wanted: defaultdict[tuple[int, str], list[ExitData]] = defaultdict(list)
    for command in commands:
        wanted[command.definition, command.contact_key].append(_EXIT.decode(command.data))
    found = [
        passage
        for passage in exits.inside_of_meant(batch.tx, batch.number, commands[0].id, commands[-1].id)
        if any(
            data.versions is None or passage.version in data.versions
            for data in wanted.get((passage.journey, passage.contact_key), ())
        )
    ]
    _end(batch, plans, found, Reason.EJECTED)


def delete_contacts(batch: Batch, plans: Plans, commands: Sequence[Command]) -> None:
    """End every passage of these contacts and forget who they were (contract 17)."""
    low, high = commands[0].id, commands[-1].id
    _end(batch, plans, exits.inside_of_meant(batch.tx, batch.number, low, high), Reason.CONTACT_DELETED)
    erase.begin(batch, exits.meant(batch.tx, batch.number, low, high))


def _end(batch: Batch, plans: Plans, passages: Sequence[Passage], why: Reason) -> None:
    """End these passages: a few statements for each seat that somebody leaves."""
    if not passages:
        return
    merge(batch)
    tx, lane = batch.tx, batch.number
    places = exits.resting(tx, lane, [passage.instance for passage in passages])
    for seat, dues in by_seat(plans, places):
        taken = exits.take(tx, lane, seat.number, seat.activity, dues)
        if taken:
            leave.end_all(batch, seat, taken, why)
            batch.emptied[seat.number] = batches.earliest(tx, lane, seat.number)


def merge(batch: Batch) -> None:
    """The newest hop is found by its key only where the log has been merged."""
    mark, last = trace.unmerged(batch.tx, batch.number)
    if last > mark:
        trace.merge(batch.tx, batch.number, mark, last)
        batch.merged = not batch.hops


def by_seat(plans: Plans, places: dict[int, Place]) -> list[tuple[Seat, dict[int, int]]]:
    """Each seat in which some of these may rest, with the due instants of those: where they came to rest, and where an
    event would have moved them.
    """
    dues: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for instance, place in places.items():
        try:
            seat = plans.seat(place.seat)
        except KeyError:
            continue  # of a version that cannot run here, and holds whoever is inside
        if seat.running.status == "Stopped":
            continue
        dues[seat.number][instance] = place.due
        released = seat.running.released.get(seat.activity)
        if place.heard is not None and released is not None:
            dues[released][instance] = place.heard
    return [(plans.seat(number), found) for number, found in sorted(dues.items())]
