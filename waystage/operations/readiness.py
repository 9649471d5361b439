"""Whether this process can serve: the database answers and has every table that the program knows."""

from __future__ import annotations

from typing import Literal

from waystage.store import migrate
from waystage.store.sql import Tx


def schema_state(tx: Tx) -> Literal["current", "newer", "not migrated"]:
    """Whether every schema file has been applied, and perhaps some that this program does not know.

    Raises what the database raises when it does not answer.
    """
    if not migrate.is_current(tx):
        return "not migrated"
    return "newer" if migrate.newer(tx) else "current"
