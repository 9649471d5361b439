"""Event definitions that rows fire: which of them somebody listens to (journey-spec 2.2, ContactEvent)."""

from __future__ import annotations

from collections import defaultdict

from waystage.store.sql import Tx

_LISTENED = (
    "lower(d.type) = 'contactevent' AND d.deleted IS NULL AND EXISTS (SELECT 1 FROM version_event e"
    " JOIN version v ON v.number = e.version WHERE e.event_definition = d.number"
    " AND v.status IN ('Published', 'Paused', 'Unpublished'))"
)


def of_extension(tx: Tx, account: int, extension: int) -> list[int]:
    """The numbers of those that rows of this data extension fire."""
    rows = tx.rows(
        "SELECT d.number FROM event_definition d"
        f" WHERE d.account = :account AND d.data_extension = :extension AND {_LISTENED} ORDER BY d.number",
        account=account, extension=extension,
    )  # fmt: skip
    return [row[0] for row in rows]


def by_extension(tx: Tx) -> dict[int, list[int]]:
    """The numbers of all of them, by the data extension whose rows fire them."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for extension, number in tx.rows(
        f"SELECT d.data_extension, d.number FROM event_definition d WHERE {_LISTENED} ORDER BY d.number"
    ):
        found[extension].append(number)
    return dict(found)
