"""LISTEN and NOTIFY: hints between the processes of one database, each on a connection of its own (design 2)."""

from __future__ import annotations

import psycopg

#: The one channel; what is said stands in the payload.
_CHANNEL = "waystage"
#: A payload must be shorter than 8,000 bytes.
_MOST = 7_000


class PostgresqlEar:
    """See `connection.Ear`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        connection.execute(f"LISTEN {_CHANNEL}", prepare=False)

    def hear(self, seconds: float) -> list[str]:
        """See `Ear.hear`: what lies there already is taken together."""
        return [one.payload for one in self._connection.notifies(timeout=seconds, stop_after=1)]

    def close(self) -> None:
        """See `Ear.close`."""
        self._connection.close()


class PostgresqlMouth:
    """See `connection.Mouth`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def say(self, word: str) -> None:
        """See `Mouth.say`; what is too long for a hint is cut at a blank."""
        if len(word) > _MOST:
            word = word[:_MOST].rpartition(" ")[0]
        self._connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, word))

    def close(self) -> None:
        """See `Mouth.close`."""
        self._connection.close()
