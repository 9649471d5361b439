"""Reading what became of many events that were fired at once (api.md 7.3, D-53)."""

from __future__ import annotations

from waystage.store import event_requests
from waystage.store.event_requests import Status, Wanted
from waystage.store.sql import Tx

#: How long requests are kept, and what is shown without a start: 30 days, in ms.
KEPT = 30 * 86_400_000
STATUSES = ("Errored", "Queued", "Processed")


def page(tx: Tx, account: int, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[Status]]:
    """How many members are meant, and one page of them."""
    return event_requests.search(tx, account, wanted, limit, offset)
