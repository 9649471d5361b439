"""Stopping versions: at once and for good (api.md 4.4, journey-spec 8.5, design 8.12)."""

from __future__ import annotations

from waystage.engine import lifecycle
from waystage.ground.errors import BadRequest
from waystage.ground.ids import InboxNumbers
from waystage.operations import select_versions
from waystage.store.sql import Tx
from waystage.store.versions import Selector

_STOPPABLE = ("Published", "Paused", "Unpublished")
_REFUSAL = "Published/Paused/Unpublished interaction matching criteria not found."


def stop(tx: Tx, account: int, selector: Selector, version_number: int | None, numbers: InboxNumbers, now: int) -> int:
    """Stop one version, or all running ones of the journey (None); returns how many contacts were ejected.

    InteractionNotFound; BadRequest (10000) when no version is in a status that can be stopped, or the journey is a
    transactional one, which can only be paused.
    """
    found = select_versions.in_status(tx, account, selector, version_number, _STOPPABLE, _REFUSAL)
    if any(one.document["definitionType"] == "Transactional" for one in found):
        raise BadRequest("A transactional journey cannot be stopped; pause it with transactional/pause.")
    return lifecycle.stop(tx, [one.number for one in found], numbers, now)
