"""What ails a database that only its own kind can say, for `waystage doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from waystage.ground.ailments import Finding
from waystage.store.dialects.postgresql_checkup import PostgresqlCheckup
from waystage.store.dialects.sqlite_checkup import SqliteCheckup
from waystage.store.sql import Tx


class Checkup(Protocol):
    """What one kind of database can be asked."""

    @property
    def address(self) -> str:
        """The address, such that a server that does not answer is not waited for without an end."""
        ...

    def absent(self) -> str | None:
        """What is not there at all, so that opening would make it; None if all is there."""
        ...

    def findings(self, tx: Tx) -> Iterator[Finding]:
        """What is wrong with the database itself and where it lies."""
        ...


def checkup_of(url: str) -> Checkup:
    """How to look after the database with this address."""
    return SqliteCheckup(url) if url.startswith("sqlite:") else PostgresqlCheckup(url)
