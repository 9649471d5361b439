"""The database as commands see it: opened, up to date, and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from waystage.cli.words import Refusal
from waystage.ground.settings import Settings
from waystage.store.database import Database
from waystage.store.migrate import migrate


def shown(url: str) -> str:
    """The address of a database without its password."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    user = f"{parts.username or ''}:***@"
    return urlunsplit(parts._replace(netloc=user + parts.netloc.rpartition("@")[2]))


@contextmanager
def opened(settings: Settings, more: Path | None = None) -> Iterator[tuple[Database, list[str]]]:
    """The database, brought up to date, with the schema files applied just now; Refusal if it cannot be used.

    `more` is a folder of further schema files.
    """
    database = Database(settings.database_url)
    try:
        try:
            database.read(lambda tx: tx.lanes).result()  # reaching it at all comes first: that fails soonest
            applied = migrate(database, settings.lanes, more=more)
        except Exception as error:
            reason = str(error).strip().rstrip(".").replace("\n", "; ")
            raise Refusal(
                f"The database {shown(settings.database_url)} cannot be used: {reason}. Check WAYSTAGE_DATABASE_URL."
            ) from error
        yield database, applied
    finally:
        database.close()
