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


def newest_version(tx: Tx, account: int, event_definition: int) -> int | None:
    """The number of the version that events of a definition start: a Draft before a running one, the newest first."""
    row = tx.one(
        "SELECT v.number FROM version_event e JOIN version v ON v.number = e.version"
        " WHERE e.account = :account AND e.event_definition = :definition AND e.enters = 1"
        " AND v.status IN ('Draft', 'Published', 'Paused', 'Unpublished')"
        " ORDER BY CASE v.status WHEN 'Draft' THEN 0 WHEN 'Published' THEN 1 ELSE 2 END, v.number DESC LIMIT 1",
        account=account, definition=event_definition,
    )  # fmt: skip
    return int(row[0]) if row else None


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
