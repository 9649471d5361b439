"""Whether this process can serve: the database answers and has every table that the program knows."""

from __future__ import annotations

from waystage.store import migrate
from waystage.store.sql import Tx


def schema_is_current(tx: Tx) -> bool:
    """Tell whether every schema file has been applied; raises what the database raises when it does not answer."""
    return migrate.is_current(tx)
