"""Reading how a request to write rows is getting on (api.md 11.5)."""

from __future__ import annotations

from collections.abc import Mapping

from waystage.store import row_requests
from waystage.store.row_requests import Refusal, RowRequest
from waystage.store.sql import Tx


def find(tx: Tx, account: int, guid: str) -> RowRequest | None:
    """The request with this id; None for an unknown one or another business unit's."""
    found = row_requests.find(tx, guid.lower())
    return found if found is not None and found.account == account else None


def results(
    tx: Tx, account: int, guid: str, limit: int, offset: int
) -> tuple[RowRequest, range, Mapping[int, Refusal]] | None:
    """The request, the places of one page of its rows that were looked at, and the refused among them."""
    asked = find(tx, account, guid)
    if asked is None:
        return None
    places = range(min(offset, asked.done), min(offset + limit, asked.done))
    return asked, places, row_requests.refusals(tx, asked.guid, places.start, len(places)) if places else {}
