"""Reading the audit: of one journey, or of everything in a business unit (api.md 5.9, D-46)."""

from __future__ import annotations

from waystage.ground.errors import InteractionNotFound, ValueNotAllowed
from waystage.store import audit, versions
from waystage.store.audit import Entry, Wanted
from waystage.store.sql import Tx
from waystage.store.versions import Selector

#: The word of every action in an address; `all` has them all.
ACTIONS = {
    word.lower(): word for word in ("Create", "Modify", "Publish", "Unpublish", "Stop", "Pause", "Resume", "Delete")
}
ALL = "all"


def read_action(word: str) -> str | None:
    """The action that an address names, None for all; ValueNotAllowed."""
    if word.lower() == ALL:
        return None
    if word.lower() not in ACTIONS:
        raise ValueNotAllowed(f"action must be one of {', '.join([ALL, *ACTIONS])}.")
    return ACTIONS[word.lower()]


def of_journey(
    tx: Tx, account: int, selector: Selector, version: int | None, action: str | None, limit: int, offset: int
) -> tuple[int, list[Entry]]:
    """What was done to a journey, also to one that is deleted, the newest first; InteractionNotFound."""
    found = versions.find_journey_ever(tx, account, selector)
    if found is None:
        raise InteractionNotFound
    journey, named = found
    actions = () if action is None else (action,)
    wanted = Wanted(account, journey=journey.number, version=named if version is None else version, actions=actions)
    return audit.page(tx, wanted, limit, offset)
