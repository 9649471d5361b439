"""Where the lanes of a database that is spread over machines lie: a batch runs on the machine that has its lane.

Any machine can say where which lane is, so that a worker needs none of them in particular. A lane that has been moved
meanwhile is still reached, by a longer way, until this is looked up again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from waystage.ground import clock
from waystage.store.dialects import citus
from waystage.store.dialects.connection import Connection

#: Real seconds after which it is looked up again.
_KEPT: Final = 60.0


class Places:
    """The addresses of the lanes of one database."""

    def __init__(self, url: str) -> None:
        """`url` is the address that was given: its user and its settings hold for all machines."""
        self._url = url
        self._addresses: Mapping[int, str] = {}
        self._looked: float | None = None
        self._are_spread: bool | None = None

    def address_of(self, lane: int, connect: Callable[..., Connection]) -> str | None:
        """The address of the machine that has a lane; None if the database is not spread."""
        if self._looked is None or (self._addresses and clock.monotonic() - self._looked > _KEPT):
            self._addresses = self._found(connect(write=False))
            self._looked = clock.monotonic()
        return self._addresses.get(lane)

    def _found(self, connection: Connection) -> Mapping[int, str]:
        try:
            nodes = citus.nodes_of_lanes(connection.begin(write=False))
            connection.commit()
        finally:
            connection.close()
        return {lane: make_conninfo(self._url, host=one.host, port=one.port) for lane, one in nodes.items()}

    def are_spread(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether the server keeps tables on several machines; asked once."""
        if self._are_spread is None:
            row = connection.execute("SELECT current_setting('citus.shard_count', TRUE)", prepare=False).fetchone()
            self._are_spread = bool(row and row[0])
        return self._are_spread
