"""The versions that a call like stop, pause or resume is about (D-38)."""

from __future__ import annotations

from collections.abc import Collection

from waystage.ground.errors import BadRequest, InteractionNotFound
from waystage.store import versions
from waystage.store.sql import Tx
from waystage.store.versions import Selector, Version


def in_status(
    tx: Tx, account: int, selector: Selector, version_number: int | None, statuses: Collection[str], refusal: str
) -> list[Version]:
    """One version, or with None all of the journey, that are in one of these statuses.

    InteractionNotFound; BadRequest (10000) with the text `refusal` when none is.
    """
    named = versions.find(tx, account, selector, version_number)
    if named is None:
        raise InteractionNotFound
    candidates = [named] if version_number is not None else versions.of_journey(tx, named.journey)
    found = [one for one in candidates if one.status in statuses]
    if not found:
        raise BadRequest(refusal)
    return found
