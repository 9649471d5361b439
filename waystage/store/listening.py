"""Which journey versions listen to which event definitions: what keeps a definition from being changed or deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx

#: Statuses in which contacts may be inside a version or may still enter it (D-49).
_RUNNING = "('Published', 'Paused', 'Unpublished', 'ScheduledToPublish')"


class Uses(NamedTuple):
    """How many journeys name an event definition, and how many of them have a running version that does."""

    journeys: int
    running: int


def set_for(tx: Tx, account: int, version: int, event_definitions: Iterable[int], awaited: Iterable[int] = ()) -> None:
    """Replace what `version` listens to: `event_definitions` start it, for `awaited` it only waits."""
    tx.run("DELETE FROM version_event WHERE version = :version", version=version)
    numbers = dict.fromkeys(sorted(set(awaited)), 0) | dict.fromkeys(sorted(set(event_definitions)), 1)
    if numbers:
        tx.many(
            "INSERT INTO version_event (account, version, event_definition, enters)"
            " VALUES (:account, :version, :number, :enters)",
            [
                {"account": account, "version": version, "number": number, "enters": enters}
                for number, enters in numbers.items()
            ],
        )


def counts(tx: Tx, account: int, numbers: Sequence[int]) -> dict[int, Uses]:
    """The journeys that use each event definition (api.md 6.1); deleted versions do not count."""
    found = dict.fromkeys(numbers, Uses(0, 0))
    for chunk in chunks(sorted(set(numbers))):
        wanted, values = in_list(chunk)
        rows = tx.rows(
            f"""
            SELECT e.event_definition,
                   count(DISTINCT v.journey),
                   count(DISTINCT CASE WHEN v.status IN {_RUNNING} THEN v.journey END)
            FROM version_event e JOIN version v ON v.number = e.version
            WHERE e.account = :account AND v.status <> 'Deleted' AND e.event_definition IN {wanted}
            GROUP BY e.event_definition
            """,
            account=account,
            **values,
        )
        found.update((number, Uses(journeys, running)) for number, journeys, running in rows)
    return found
